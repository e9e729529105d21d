# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

from fakes.groups import case_of
from fakes.traffic import HOUR_US, START_US, World
from stillwatch.detection.facets.inheritance import Inheritance
from stillwatch.detection.interface import Case


def _world(seed: int, *, wait_hours: float, chains: int = 3) -> Case:
    world = World(seed=seed)
    world.people(220)
    world.relay(chains=chains, links=7, wait_hours=wait_hours)
    return case_of(world, "relay-")


def test_accounts_that_begin_hours_after_others_end_are_surprising() -> None:
    evidence = Inheritance().weigh(_world(41, wait_hours=1.0))
    assert evidence is not None
    assert evidence.p_value < 1e-3
    assert "within the 1 h before" in evidence.why


def test_accounts_that_come_and_go_when_they_like_are_not() -> None:
    """Over many worlds the p-value is small as seldom as it says."""
    tried, small = 0, 0
    for seed in range(24):
        world = World(seed=100 + seed)
        world.people(160)
        world.people(24, prefix="relay")
        evidence = Inheritance().weigh(case_of(world, "relay-"))
        if evidence is not None:
            tried += 1
            small += evidence.p_value < 0.05
    assert tried >= 12
    assert small <= 4


def test_those_who_begin_at_once_are_one_occasion() -> None:
    world = World(seed=42)
    world.people(220)
    for number in range(12):
        life = (0.8, 2.0) if number < 6 else (2.05, 3.5)
        for part in np.linspace(*life, 24):
            world.send(f"relay-{number}", START_US + part * 24 * HOUR_US, world.prompt([3, 9, 14]))
    assert Inheritance().weigh(case_of(world, "relay-")) is None


def test_being_contained_is_an_end_although_the_account_goes_on() -> None:
    world = World(seed=43)
    world.people(220)
    contained = {}
    for number in range(8):
        begin, stop = 0.7 + number * 0.9, 9.9
        for part in np.linspace(begin, stop, 60):
            world.send(f"relay-{number}", START_US + part * 24 * HOUR_US, world.prompt([3, 9, 14]))
        contained[f"relay-{number}"] = (START_US + (begin + 0.88) * 24 * HOUR_US) / 1e6
    case = case_of(world, "relay-")
    assert Inheritance().weigh(case) is None
    earlier = {case.census.index[name]: at_s for name, at_s in contained.items()}
    evidence = Inheritance().weigh(replace(case, earlier=earlier))
    assert evidence is not None
    assert evidence.p_value < 1e-3


@pytest.mark.parametrize("people", [40, 60])
def test_without_enough_newcomers_to_compare_with_it_abstains(people: int) -> None:
    world = World(seed=44)
    world.people(people)
    world.relay(chains=3, links=7)
    assert Inheritance().weigh(case_of(world, "relay-")) is None
