# SPDX-License-Identifier: Apache-2.0
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fakes.groups import case_of
from fakes.traffic import DAY_US, START_US, World
from stillwatch.detection.grouping import Group, Ints, cohesion, fit_of, groups, organisations_of, sources
from stillwatch.detection.interface import Case


def _groups(case: Case, known: Sequence[Ints] = ()) -> list[Group]:
    return groups(case.chosen, case.links, known=known, score=4.0, smallest=5, draw=np.random.default_rng(1))


def _sources(case: Case, taken: npt.NDArray[np.bool_] | None = None) -> list[Group]:
    nobody = np.zeros(len(case.chosen.rows), np.bool_) if taken is None else taken
    return sources(case.chosen, case.links, nobody, known=(), smallest=8, draw=np.random.default_rng(1))


def test_two_operators_with_two_piles_are_two_groups() -> None:
    world = World(seed=61)
    world.people(120)
    world.hydra(24, exchanges=35)
    pile = [0, 5, 11, 17]
    for number in range(20):
        for at in np.sort(world.draw.random(35)):
            world.send(f"other-{number}", START_US + (1 + 3 * at) * DAY_US, world.prompt(pile))
    case = case_of(world, "hydra-")
    found = _groups(case)
    names = [{case.census.names[row].split("-")[0] for row in case.chosen.rows[group.members]} for group in found]
    assert {"hydra"} in names
    assert {"other"} in names
    assert all(len(one) == 1 for one in names)


def test_shards_of_one_pile_cohere_and_people_do_not() -> None:
    world = World(seed=62)
    world.people(80)
    world.hydra(16, exchanges=40)
    case = case_of(world, "hydra-")
    people = np.setdiff1d(np.arange(len(case.chosen.rows)), case.group.members)
    assert cohesion(case.chosen, case.group.members) > 0.7
    assert cohesion(case.chosen, people) < 0.3


def test_members_fit_their_group_and_strangers_mostly_do_not() -> None:
    world = World(seed=63)
    world.people(80)
    world.hydra(16, exchanges=40)
    case = case_of(world, "hydra-")
    inside = np.zeros(len(case.chosen.rows), np.bool_)
    inside[case.group.members] = True
    fitting = fit_of(case.chosen, case.group.members, np.arange(len(inside))).is_close
    assert fitting[inside].mean() > 0.8
    assert fitting[~inside].mean() < 0.1


def test_people_make_no_groups() -> None:
    world = World(seed=64)
    world.people(150)
    case = case_of(world, "person-1")
    assert _groups(case) == []


def test_a_group_once_found_is_found_again_from_its_members() -> None:
    world = World(seed=65)
    world.people(120)
    world.hydra(24, exchanges=35)
    case = case_of(world, "hydra-")
    again = _groups(case, known=[case.group.members[:12]])
    assert len(again) == 1
    assert len(np.intersect1d(again[0].members, case.group.members)) >= 20


def test_a_source_is_found_whenever_its_shards_were_sent() -> None:
    world = World(seed=66)
    world.people(120)
    pile = [3, 9, 14, 21, 27, 33]
    for number in range(24):
        begin, length = world.draw.uniform(0, 4), world.draw.uniform(2, 6)
        for at in world.draw.random(40):
            world.send(f"shard-{number}", START_US + (begin + at * length) * DAY_US, world.prompt(pile))
    case = case_of(world, "shard-")
    found = _sources(case)
    assert len(found) == 1
    assert found[0].is_found_by_content
    names = [case.census.names[row] for row in case.chosen.rows[found[0].members]]
    assert sum(name.startswith("shard-") for name in names) >= 20
    assert sum(name.startswith("person-") for name in names) <= len(names) / 4
    taken = np.zeros(len(case.chosen.rows), np.bool_)
    taken[found[0].members] = True
    assert _sources(case, taken) == []


def test_those_who_run_one_list_are_no_source() -> None:
    world = World(seed=67)
    world.people(120)
    benchmark = [world.prompt([1, 2, 3]) for _ in range(60)]
    for number in range(20):
        for at, prompt in enumerate(benchmark):
            world.send(f"lab-{number}", START_US + (2 + number * 0.2 + at / 24) * DAY_US, prompt)
    case = case_of(world, "lab-")
    for group in _sources(case):
        assert not np.isin(group.members, case.group.members).any()


def test_a_house_with_many_keys_counts_as_few_organisations() -> None:
    world = World(seed=68)
    world.people(60)
    world.hydra(20, columns=lambda number: {"org_id": "house" if number < 15 else f"org-{number}"})
    case = case_of(world, "hydra-")
    assert 1.0 < organisations_of(case.chosen, case.group.members) < 2.5


def test_a_newcomer_joins_on_a_shared_card_and_not_without_one() -> None:
    world = World(seed=69)
    world.people(120)
    pile = [3, 9]
    for number in range(24):
        for at in world.draw.random(35):
            day = 3 + 4 * at
            world.send(f"shard-{number}", START_US + day * DAY_US, world.prompt(pile), payment_fp=f"card-{number % 2}")
    for number in range(12):
        card = "card-0" if number < 6 else f"pay-new-{number}"
        for at in range(4):
            world.send(f"new-{number}", START_US + (6 + 0.1 * at) * DAY_US, world.prompt(pile), payment_fp=card)
    case = case_of(world, "shard-")
    group = max(_groups(case), key=lambda one: len(one.members))
    joined = {case.census.names[row] for row in case.chosen.rows[group.joined]}
    assert len(joined & {f"new-{number}" for number in range(6)}) >= 2
    assert not joined & {f"new-{number}" for number in range(6, 12)}
