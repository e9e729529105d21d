# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np

from fakes.groups import NOW_S, case_of
from fakes.traffic import DAY_US, START_US, World
from stillwatch.detection.linking import Candidates, _alike, candidates, link
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


def test_buckets_find_most_of_what_comparing_all_finds() -> None:
    chosen = case_of(_world(), "hydra-").chosen
    sharp: Candidates = replace(chosen, mean=chosen.mean)
    every = set(zip(*(one.tolist() for one in _alike(sharp, 10_000)), strict=True))
    some = set(zip(*(one.tolist() for one in _alike(sharp, 60)), strict=True))
    assert some <= every
    assert len(some) > 0.6 * len(every)


def test_no_candidates_below_the_minimum_of_organisations() -> None:
    case = case_of(_world(), "hydra-")
    assert candidates(case.census, DetectionSettings(minimum_organisations=10_000)) is None


def test_many_accounts_of_one_organisation_count_once() -> None:
    world = _world()
    case = case_of(world, "hydra-")
    before = link(case.census, case.chosen, DetectionSettings(), now_s=NOW_S).score
    one_org = np.where(np.isin(np.arange(len(case.chosen.rows)), case.group.members), 10_000, case.chosen.org)
    after = link(case.census, replace(case.chosen, org=one_org), DetectionSettings(), now_s=NOW_S).score
    assert after[case.group.members].max() < before[case.group.members].min() + 1.0
