# SPDX-License-Identifier: Apache-2.0
from fakes.groups import case_of
from fakes.traffic import World
from stillwatch.detection.facets.rate import Rate


def test_it_names_the_relation_and_the_share_in_words() -> None:
    world = World(seed=33)
    world.people(100)
    world.hydra(20, exchanges=40)
    evidence = Rate().weigh(case_of(world, "hydra-"))
    assert evidence is not None
    assert "pace" in evidence.why
    assert evidence.p_value < 0.01


def test_it_abstains_where_the_group_is_most_of_the_population() -> None:
    world = World(seed=34)
    world.people(20)
    world.hydra(20)
    assert Rate().weigh(case_of(world, "hydra-")) is None
