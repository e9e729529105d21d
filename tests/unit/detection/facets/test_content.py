# SPDX-License-Identifier: Apache-2.0
from fakes.groups import case_of
from fakes.traffic import World
from stillwatch.detection.facets.content import Content


def test_a_pile_dealt_to_strangers_coheres_beyond_chance() -> None:
    world = World(seed=31)
    world.people(60)
    world.hydra(16, exchanges=30)
    evidence = Content().weigh(case_of(world, "hydra-"))
    assert evidence is not None
    assert evidence.p_value <= 0.01


def test_it_abstains_where_there_is_nobody_to_compare_with() -> None:
    world = World(seed=32)
    world.people(6)
    world.hydra(30)
    assert Content().weigh(case_of(world, "hydra-")) is None
