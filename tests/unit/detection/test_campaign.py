# SPDX-License-Identifier: Apache-2.0
import copy
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from fakes.groups import case_of
from fakes.traffic import DAY_US, HOUR_US, START_US, World
from stillwatch.detection.campaign import CONTAINED_AFTER_S, CONTAINED_ALONE_S, Register, is_event
from stillwatch.detection.catalog import FAMILIES
from stillwatch.detection.interface import Case
from stillwatch.detection.settings import DetectionSettings
from stillwatch.records.finding import Recommendation

SETTINGS = DetectionSettings()


@pytest.fixture(scope="module")
def case() -> Case:
    world = World(seed=71)
    world.people(100)
    world.hydra(30, exchanges=35)
    return case_of(world, "hydra-")


def _part(case: Case, members: Sequence[int], score: float = 20.0) -> Case:
    chosen = case.group.members[list(members)]
    size = len(chosen)
    group = replace(case.group, members=chosen, scores=np.full(size, score), least_fit=np.ones(size))
    return replace(case, group=group)


def test_a_campaign_keeps_its_id_as_members_come_and_go(case: Case) -> None:
    register = Register(FAMILIES, SETTINGS)
    for number, members in enumerate((range(12), range(4, 18), range(9, 24))):
        register.update([_part(case, members)], now_us=START_US + number * HOUR_US)
    assert [one.campaign_id for one in register.campaigns] == ["c-1"]
    assert len(register.campaigns[0].members) == 24


def test_groups_without_common_members_are_two_campaigns_and_merge_when_one_swallows_both(case: Case) -> None:
    register = Register(FAMILIES, SETTINGS)
    register.update([_part(case, range(10)), _part(case, range(12, 20))], now_us=START_US)
    assert {one.campaign_id for one in register.campaigns} == {"c-1", "c-2"}
    register.update([_part(case, range(20))], now_us=START_US + HOUR_US)
    assert [one.campaign_id for one in register.campaigns] == ["c-1"]


def test_nobody_is_acted_on_by_one_pass(case: Case) -> None:
    register = Register(FAMILIES, SETTINGS)
    register.update([_part(case, range(12))], now_us=START_US)
    members = register.campaigns[0].members.values()
    assert all(one.watched_us is None and one.contained_us is None for one in members)


def test_containment_takes_hours_of_agreement(case: Case) -> None:
    register = Register(FAMILIES, SETTINGS)
    for hour in range(9):
        register.update([_part(case, range(20))], now_us=START_US + hour * HOUR_US)
    times = {one.contained_us for one in register.campaigns[0].members.values()}
    assert times == {START_US + int(CONTAINED_AFTER_S) * 1_000_000}
    assert register.campaigns[0].action is Recommendation.CONTAIN


def test_weak_coincidence_without_corroboration_is_only_watched(case: Case) -> None:
    register = Register(FAMILIES, SETTINGS)
    for hour in range(9):
        register.update([_part(case, range(20), score=5.0)], now_us=START_US + hour * HOUR_US)
    assert register.campaigns[0].action is Recommendation.WATCH


def test_a_small_group_is_never_contained(case: Case) -> None:
    register = Register(FAMILIES, SETTINGS)
    for hour in range(9):
        register.update([_part(case, range(6))], now_us=START_US + hour * HOUR_US)
    assert register.campaigns[0].action is Recommendation.WATCH


def test_who_hardly_draws_on_the_source_is_let_go(case: Case) -> None:
    whole = _part(case, range(20))
    least_fit = np.where(np.arange(20) < 5, 0.2, 1.0)
    register = Register(FAMILIES, SETTINGS)
    for hour in range(9):
        loose = replace(whole, group=replace(whole.group, least_fit=least_fit))
        register.update([loose], now_us=START_US + hour * HOUR_US)
    members = register.campaigns[0].members
    watched = {row for row, one in members.items() if one.watched_us is not None}
    assert watched == set(whole.rows[5:].tolist())


def test_what_content_has_found_takes_longer(case: Case) -> None:
    whole = _part(case, range(20))
    by_content = replace(whole, group=replace(whole.group, is_found_by_content=True))
    register = Register(FAMILIES, SETTINGS)
    for hour in range(48):
        register.update([by_content], now_us=START_US + hour * HOUR_US)
    times = {one.contained_us for one in register.campaigns[0].members.values()} - {None}
    assert times == {START_US + int(CONTAINED_ALONE_S) * 1_000_000}


def test_people_who_sign_up_and_begin_at_once_for_days_are_an_event() -> None:
    world = World(seed=72)
    world.people(60)
    signup = START_US + 3 * DAY_US
    world.hydra(12, begin=3.1, length=2.0, columns=lambda _: {"signup_ts_us": signup})
    assert is_event(case_of(world, "hydra-"))
    old = World(seed=72)
    old.people(60)
    old.hydra(12, begin=3.1, length=2.0, columns=lambda _: {"signup_ts_us": START_US - 90 * DAY_US})
    assert not is_event(case_of(old, "hydra-"))


def _contained_of(whole: Case) -> set[str]:
    register = Register(FAMILIES, SETTINGS)
    for hour in range(9):
        register.update([whole], now_us=START_US + hour * HOUR_US)
    members = register.campaigns[0].members
    return {whole.census.names[row] for row, one in members.items() if one.contained_us is not None}


def test_a_guest_of_three_days_is_waited_for_unless_it_shares_a_card_or_the_source_is_narrow() -> None:
    world = World(seed=73)
    world.people(100)
    world.hydra(
        24,
        exchanges=40,
        length=2.0,
        columns=lambda number: {
            "signup_ts_us": START_US + 2 * DAY_US if number < 8 else START_US - 60 * DAY_US,
            **({"payment_fp": "one-card"} if number in (0, 1, *range(10, 16)) else {}),
        },
    )
    whole = case_of(world, "hydra-")
    whole = _part(whole, range(len(whole.group.members)))
    whole = replace(whole, group=replace(whole.group, cohesion=1.0))
    fresh = {f"hydra-{number}" for number in range(8)}
    talk = np.ones(len(whole.chosen.rows))
    narrow = _contained_of(replace(whole, chosen=replace(whole.chosen, self_similarity=0.0 * talk)))
    assert len(narrow & fresh) >= 6
    broad = _contained_of(replace(whole, chosen=replace(whole.chosen, self_similarity=talk)))
    assert broad & fresh == {"hydra-0", "hydra-1"}
    assert len(broad - fresh) >= 12


def test_one_campaign_may_be_found_as_two_groups_and_keeps_one_id(case: Case) -> None:
    register = Register(FAMILIES, SETTINGS)
    register.update([_part(case, range(20))], now_us=START_US)
    register.update([_part(case, range(12)), _part(case, range(12, 20))], now_us=START_US + HOUR_US)
    assert [one.campaign_id for one in register.campaigns] == ["c-1"]
    assert {one.seen for one in register.campaigns[0].members.values()} == {2}


def test_whom_a_campaign_has_contained_no_other_campaign_takes(case: Case) -> None:
    register = Register(FAMILIES, SETTINGS)
    for hour in range(9):
        register.update([_part(case, range(20))], now_us=START_US + hour * HOUR_US)
    held = {row for row, one in register.campaigns[0].members.items() if one.contained_us is not None}
    size = len(case.group.members)
    register.update([_part(case, range(20, size))], now_us=START_US + 9 * HOUR_US)
    register.update([_part(case, range(14, size))], now_us=START_US + 10 * HOUR_US)
    assert held
    assert held <= register.campaigns[0].members.keys()
    assert {one.campaign_id for one in register.campaigns} == {"c-1", "c-2"}


def test_an_heir_of_a_contained_card_is_contained_with_its_reason(case: Case) -> None:
    register = Register(FAMILIES, SETTINGS)
    for hour in range(9):
        register.update([_part(case, range(20))], now_us=START_US + hour * HOUR_US)
    census = copy.deepcopy(case.census)
    held = [row for row, one in register.campaigns[0].members.items() if one.contained_us is not None]
    stranger = next(row for row in range(len(census)) if row not in register.home)
    census.tokens[[*held[:4], stranger], 0, 0] = 4_711
    register.succeed(census, now_us=START_US + 10 * HOUR_US)
    heir = register.campaigns[0].members[stranger]
    assert heir.contained_us == START_US + 10 * HOUR_US
    assert "payment card" in heir.inherits


def test_successors_are_proposed_where_more_began_after_an_end_than_by_chance() -> None:
    world = World(seed=74)
    world.people(220)
    world.relay(chains=3, links=7, wait_hours=1.0)
    relay = case_of(world, "relay-")
    register = Register(FAMILIES, SETTINGS)
    register.update([replace(relay, group=replace(relay.group, cohesion=1.0))], now_us=START_US)
    (campaign,) = register.campaigns
    assert len(campaign.successions) >= 10
    strangers = World(seed=75)
    strangers.people(160)
    strangers.people(24, prefix="relay")
    register = Register(FAMILIES, SETTINGS)
    register.update([case_of(strangers, "relay-")], now_us=START_US)
    assert register.campaigns[0].successions == ()
