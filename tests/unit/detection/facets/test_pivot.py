# SPDX-License-Identifier: Apache-2.0
import numpy as np
from msgspec.structs import replace

from fakes.groups import case_of
from fakes.traffic import DAY_US, HOUR_US, START_US, World
from stillwatch.detection.facets.pivot import Pivot
from stillwatch.detection.interface import Evidence

TURN_US = int(START_US + 5.5 * DAY_US)


def _weigh(
    *, members_over_hours: float | None, everybody_over_hours: float | None = None, org: str | None = None
) -> Evidence | None:
    """A world in which members, and everybody else, turn to another model within so many hours; None: they do not."""
    world = World(seed=51)
    world.people(220)
    world.hydra(16, exchanges=50, begin=3.0, length=5.0, columns=lambda _: {} if org is None else {"org_id": org})
    turns: dict[str, float] = {}
    for at, one in enumerate(world.exchanges):
        hours = members_over_hours if one.account_id.startswith("hydra-") else everybody_over_hours
        if hours is None:
            continue
        begin = turns.setdefault(one.account_id, TURN_US + world.draw.uniform(0.0, hours) * HOUR_US)
        if one.ts_us >= begin:
            world.exchanges[at] = replace(one, model="teacher-2")
    return Pivot().weigh(case_of(world, "hydra-"))


def test_members_that_turn_together_alone_are_surprising() -> None:
    together = _weigh(members_over_hours=0.5)
    assert together is not None
    assert together.p_value < 1e-9


def test_a_launch_at_which_everybody_turns_is_no_evidence() -> None:
    launch = _weigh(members_over_hours=0.5, everybody_over_hours=0.5)
    assert launch is not None
    assert launch.p_value > 0.01


def test_where_others_turn_and_members_do_not_there_is_no_evidence() -> None:
    stayed = _weigh(members_over_hours=None, everybody_over_hours=48.0)
    assert stayed is not None
    assert stayed.p_value == 1.0


def test_keys_of_one_organisation_count_once() -> None:
    assert _weigh(members_over_hours=0.5, org="one") is None


def test_one_model_for_everybody_makes_it_abstain() -> None:
    assert _weigh(members_over_hours=None) is None


def test_whoever_begins_with_a_model_has_not_turned() -> None:
    world = World(seed=52)
    world.people(120)
    world.hydra(16, exchanges=40)
    world.exchanges = [
        replace(one, model="teacher-2") if one.account_id.startswith("hydra-") else one for one in world.exchanges
    ]
    evidence = Pivot().weigh(case_of(world, "hydra-"))
    assert evidence is not None
    assert evidence.p_value == 1.0


def test_accounts_that_turn_when_they_like_are_seldom_surprising() -> None:
    """Over many worlds the p-value is small as seldom as it says."""
    small = tried = 0
    for seed in range(16):
        world = World(seed=200 + seed)
        world.people(120)
        world.people(20, prefix="group")
        draw = np.random.default_rng(seed)
        turns = {name: draw.uniform(0, 10) for name in sorted({one.account_id for one in world.exchanges})}
        world.exchanges = [
            replace(one, model="teacher-2") if one.ts_us > START_US + turns[one.account_id] * DAY_US else one
            for one in world.exchanges
        ]
        evidence = Pivot().weigh(case_of(world, "group-"))
        tried += evidence is not None
        small += evidence is not None and evidence.p_value < 0.05
    assert tried >= 12
    assert small <= 3
