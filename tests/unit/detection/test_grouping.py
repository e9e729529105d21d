# SPDX-License-Identifier: Apache-2.0
import numpy as np

from fakes.groups import case_of
from fakes.traffic import World
from stillwatch.detection.grouping import cohesion, fits, groups


def test_two_operators_with_two_piles_are_two_groups() -> None:
    world = World(seed=61)
    world.people(120)
    world.hydra(24, exchanges=35)
    pile = [0, 5, 11, 17]
    for number in range(20):
        for at in np.sort(world.draw.random(35)):
            world.send(f"other-{number}", 1_780_272_000_000_000 + (1 + 3 * at) * 86_400_000_000, world.prompt(pile))
    case = case_of(world, "hydra-")
    found = groups(case.chosen, case.links, score=4.0, smallest=5)
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
    fitting = fits(case.chosen, case.group.members, np.arange(len(inside)))
    assert fitting[inside].mean() > 0.8
    assert fitting[~inside].mean() < 0.1


def test_people_make_no_groups() -> None:
    world = World(seed=64)
    world.people(150)
    case = case_of(world, "person-1")
    assert groups(case.chosen, case.links, score=4.0, smallest=5) == []
