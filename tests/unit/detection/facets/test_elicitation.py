# SPDX-License-Identifier: Apache-2.0
from fakes.groups import case_of
from fakes.traffic import DAY_US, START_US, World
from stillwatch.detection.facets.elicitation import Elicitation


def test_a_group_that_habitually_asks_for_reasoning_stands_out() -> None:
    world = World(seed=38)
    world.people(60)
    for number in range(12):
        for at in world.draw.random(20):
            prompt = world.prompt([1, 2]) + " Write out your chain of thought."
            world.send(f"asks-{number}", START_US + (3 + 4 * at) * DAY_US, prompt)
    evidence = Elicitation().weigh(case_of(world, "asks-"))
    assert evidence is not None
    assert evidence.p_value < 1e-9
    assert "to write out reasoning" in evidence.why


def test_a_group_that_does_not_ask_is_no_evidence() -> None:
    world = World(seed=38)
    world.people(60)
    world.hydra(12)
    evidence = Elicitation().weigh(case_of(world, "hydra-"))
    assert evidence is not None
    assert evidence.p_value > 0.05
