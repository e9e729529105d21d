# SPDX-License-Identifier: Apache-2.0
from collections.abc import Mapping
from types import SimpleNamespace

import numpy as np
import pytest

from fakes.replayed import absorbed, replayed
from fakes.traffic import DAY_US, START_US, World
from stillwatch.detection.census import Census
from stillwatch.detection.settings import DetectionSettings
from stillwatch.detection.streams import NEWCOMER_EXCHANGES, open_streams
from stillwatch.detection.turns import Turns, parted
from stillwatch.records.finding import Recommendation

A_PASS = 100
SETTINGS = DetectionSettings(accounts_a_pass=A_PASS)


def _world() -> World:
    world = World(seed=61)
    world.people(330)
    world.hydra(30, exchanges=35, shared=0.4)
    return world


@pytest.fixture(scope="module")
def census() -> Census:
    return absorbed(_world().log()).census


def _hydra(census: Census) -> list[int]:
    return [row for row, name in enumerate(census.names) if name.startswith("hydra-")]


def _round(turns: Turns, census: Census, homes: Mapping[int, object]) -> list[list[int]]:
    taken = [turns.next(census, homes)]
    while turns._waiting:
        taken.append(turns.next(census, homes))
    return [(one // 2).tolist() for one in taken if one is not None]


def test_where_all_can_be_looked_at_nobody_takes_turns(census: Census) -> None:
    assert Turns(DetectionSettings()).next(census, {}) is None


def test_everybody_has_one_turn_in_a_round_and_a_pass_is_bounded(census: Census) -> None:
    parts = _round(Turns(SETTINGS), census, {})
    everybody = open_streams(census, SETTINGS.minimum_exchanges, fewest=NEWCOMER_EXCHANGES).rows
    assert sorted(row for part in parts for row in part) == everybody.tolist()
    assert len(parts) == 4
    assert max(map(len, parts)) <= A_PASS + 1


def test_rounds_part_differently_and_the_same_in_every_run(census: Census) -> None:
    one, other = Turns(SETTINGS), Turns(SETTINGS)
    first, second = _round(one, census, {}), _round(one, census, {})
    assert first != second
    assert [_round(other, census, {}), _round(other, census, {})] == [first, second]


def test_who_talks_alike_is_mostly_looked_at_together_and_sooner_or_later_wholly(census: Census) -> None:
    turns, hydra = Turns(SETTINGS), set(_hydra(census))
    largest = [max(len(hydra.intersection(part)) for part in _round(turns, census, {})) for _ in range(6)]
    assert np.median(largest) > 0.5 * len(hydra)
    assert max(largest) > 0.9 * len(hydra)


def test_the_accounts_of_a_campaign_have_their_turn_together(census: Census) -> None:
    campaign = SimpleNamespace()
    homes = dict.fromkeys(_hydra(census)[::2] + list(range(7)), campaign)
    for _ in range(3):
        held = [len(set(homes).intersection(part)) for part in _round(Turns(SETTINGS), census, homes)]
        assert sorted(held)[:-1] == [0] * (len(held) - 1)


def test_accounts_that_all_say_the_same_are_parted_too(census: Census) -> None:
    streams = open_streams(census, SETTINGS.minimum_exchanges, fewest=NEWCOMER_EXCHANGES)
    streams.content[:] = streams.content[0] / streams.count[0] * streams.count[:, None].astype(np.float32)
    parts = parted(streams, census.space.centre(), {}, count=4, draw=np.random.default_rng(1))
    assert sum(map(len, parts)) == len(streams.key)
    assert len(parts) == 4


def _contained(settings: DetectionSettings) -> set[str]:
    findings = replayed(_world().log(), until_us=START_US + 10 * DAY_US, settings=settings)
    return {one.account_id for one in findings.accounts if one.action is Recommendation.CONTAIN}


def test_a_hydra_is_contained_though_accounts_take_turns_and_no_more_people_than_else() -> None:
    at_once, in_turns = _contained(DetectionSettings()), _contained(SETTINGS)
    assert sum(one.startswith("hydra-") for one in in_turns) >= 0.8 * 30
    assert sum(not one.startswith("hydra-") for one in in_turns) <= sum(not one.startswith("hydra-") for one in at_once)
