# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np

from fakes.groups import NOW_S, case_of
from fakes.traffic import DAY_US, START_US, World
from stillwatch.detection.linking import best_of, candidates, keeps_time, link, shared_prompts
from stillwatch.detection.settings import DetectionSettings


def _world() -> World:
    world = World(seed=51)
    world.people(120)
    world.hydra(24, exchanges=30)
    return world


def test_dealt_accounts_are_more_surprising_than_people() -> None:
    case = case_of(_world(), "hydra-")
    is_hydra = np.zeros(len(case.chosen.rows), np.bool_)
    is_hydra[case.group.members] = True
    assert np.median(case.links.score[is_hydra]) > 4.0
    assert np.quantile(case.links.score[~is_hydra], 0.98) < 4.0


def test_links_go_both_ways_and_never_inside_an_organisation() -> None:
    world = _world()
    world.hydra(12, begin=1.0, columns=lambda _: {"org_id": "company"})
    case = case_of(world, "hydra-")
    pairs = set(zip(case.links.first.tolist(), case.links.second.tolist(), strict=True))
    assert pairs == {(second, first) for first, second in pairs}
    assert not np.any(case.chosen.org[case.links.first] == case.chosen.org[case.links.second])


def test_pairs_that_run_one_list_are_left_out() -> None:
    world = World(seed=52)
    world.people(60)
    listed = [world.prompt([1, 2]) for _ in range(30)]
    for number in range(6):
        for at, prompt in enumerate(listed):
            world.send(f"lab-{number}", START_US + (2 + 0.1 * at) * DAY_US, prompt)
    case = case_of(world, "lab-")
    labs = set(case.group.members.tolist())
    assert not any(
        a in labs and b in labs for a, b in zip(case.links.first.tolist(), case.links.second.tolist(), strict=True)
    )


def test_no_candidates_below_the_minimum_of_organisations() -> None:
    case = case_of(_world(), "hydra-")
    assert candidates(case.census, DetectionSettings(minimum_organisations=10_000)) is None


def test_many_accounts_of_one_organisation_count_once() -> None:
    world = _world()
    case = case_of(world, "hydra-")
    before = link(case.census, case.chosen, now_s=NOW_S).score
    one_org = np.where(np.isin(np.arange(len(case.chosen.rows)), case.group.members), 10_000, case.chosen.org)
    after = link(case.census, replace(case.chosen, org=one_org), now_s=NOW_S).score
    assert after[case.group.members].max() < before[case.group.members].min() + 1.0


def test_coincidences_in_time_and_infrastructure_add_up_and_one_alone_is_not_doubled() -> None:
    time_only, sharing_only, both = best_of(
        np.array([[4.0, 0.0, 4.0], [1.0, 0.0, 1.0], [0.0, 0.0, 0.0], [0.0, 4.0, 4.0]])
    )
    assert both > max(time_only, sharing_only) + 1.0
    assert both < 8.0
    assert time_only < sharing_only < 4.0


def test_prompts_that_members_share_are_told_from_shards() -> None:
    world = World(seed=53)
    world.people(60)
    world.hydra(10, exchanges=30)
    listed = [world.prompt([1, 2]) for _ in range(40)]
    for number in range(8):
        for at, prompt in enumerate(listed[: 20 + 2 * number]):
            world.send(f"lab-{number}", START_US + (2 + 0.1 * at) * DAY_US, prompt)
    labs, shards = case_of(world, "lab-"), case_of(world, "hydra-")
    assert shared_prompts(labs.chosen, labs.group.members).min() > 0.9
    assert shared_prompts(shards.chosen, shards.group.members).max() < 0.2


def test_those_who_began_together_keep_time_and_people_mostly_do_not() -> None:
    case = case_of(_world(), "hydra-")
    people = np.array([row for row, name in enumerate(case.census.names) if name.startswith("person-1")])
    assert np.quantile(keeps_time(case.census, case.rows, now_s=NOW_S), 0.9) < 1e-4
    assert np.mean(keeps_time(case.census, people, now_s=NOW_S) < 0.02) < 0.2
