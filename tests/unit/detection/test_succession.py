# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

from fakes.groups import case_of
from fakes.traffic import HOUR_US, START_US, World
from stillwatch.detection.interface import Case
from stillwatch.detection.succession import SOON_S, are_new, ends, lags, successions


@pytest.fixture(scope="module")
def case() -> Case:
    world = World(seed=45)
    world.people(120)
    world.relay(chains=4, links=6, wait_hours=2.0)
    return case_of(world, "relay-")


def test_each_link_of_a_chain_is_proposed_as_the_successor_of_one_that_had_ended(case: Case) -> None:
    found = successions(case)
    names = case.census.names
    assert len({one.row for one in found}) == len({one.predecessor for one in found}) == len(found)
    assert all(0.0 < one.lag_s <= SOON_S for one in found)
    own = [one for one in found if names[one.row].split("-")[1] == names[one.predecessor].split("-")[1]]
    assert len(own) >= 12
    assert all(one.lag_s <= 2.0 * 3_600.0 for one in own)


def test_who_goes_on_has_not_ended(case: Case) -> None:
    rows, ended = ends(case)
    assert np.all(np.diff(ended) >= 0)
    names = {case.census.names[row] for row in rows}
    assert {f"relay-{chain}-0" for chain in range(4)} <= names
    early = replace(case, now_s=float(case.census.total_last[case.census.index["relay-0-0"]]) + 60.0)
    assert case.census.index["relay-0-0"] not in ends(early)[0]


def test_an_account_of_the_campaign_that_has_left_the_group_can_be_a_predecessor(case: Case) -> None:
    census = case.census
    members = np.array([at for at in case.group.members if not census.names[case.chosen.rows[at]].endswith("-0")])
    group = replace(case.group, members=members)
    gone = {census.index[f"relay-{chain}-0"]: np.inf for chain in range(4)}
    assert not gone.keys() & set(ends(replace(case, group=group))[0].tolist())
    assert gone.keys() <= set(ends(replace(case, group=group, earlier=gone))[0].tolist())


def test_nobody_succeeds_an_account_of_its_own_organisation() -> None:
    world = World(seed=46)
    world.people(60)
    for number in range(2):
        for part in np.linspace(1.0 + 1.1 * number, 2.0 + 1.1 * number, 24):
            world.send(f"relay-{number}", START_US + part * 24 * HOUR_US, world.prompt([3]), org_id="one")
    assert successions(case_of(world, "relay-")) == ()


def test_whoever_was_there_when_watching_began_is_not_new(case: Case) -> None:
    census = case.census
    rows = np.arange(len(census))
    new = are_new(census, rows)
    assert new.any()
    assert np.all(census.total_first[rows[new]] > census.started_s + 12 * 3_600.0)


def test_a_lag_is_from_the_last_end_before() -> None:
    assert lags(np.array([1.0, 5.0, 9.0]), np.array([2.0, 4.0])).tolist() == [np.inf, 1.0, 5.0]
    assert lags(np.array([1.0]), np.zeros(0)).tolist() == [np.inf]
