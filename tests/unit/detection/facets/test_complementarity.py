# SPDX-License-Identifier: Apache-2.0
from fakes.groups import case_of
from fakes.traffic import DAY_US, START_US, World
from stillwatch.detection.facets.complementarity import Complementarity


def _world(repeats: int) -> World:
    """People who draw on a small pool of prompts, and a group that does so too, or never repeats itself."""
    world = World(seed=39)
    pool = [world.prompt([1, 2, 3]) for _ in range(400)]
    for number in range(60):
        for at in world.draw.random(20):
            world.send(f"person-{number}", START_US + 9 * at * DAY_US, pool[int(world.draw.integers(400))])
    dealt = iter(world.draw.permutation(400))
    for number in range(16):
        for at in world.draw.random(20):
            which = int(world.draw.integers(400)) if repeats else int(next(dealt))
            world.send(f"group-{number}", START_US + 9 * at * DAY_US, pool[which])
    return world


def test_a_pile_dealt_without_repetition_is_told_from_drawing_at_will() -> None:
    dealt = Complementarity().weigh(case_of(_world(repeats=0), "group-"))
    assert dealt is not None
    assert dealt.p_value < 0.01
    drawn = Complementarity().weigh(case_of(_world(repeats=1), "group-"))
    assert drawn is None or drawn.p_value > 0.01


def test_no_more_than_one_in_a_thousand_is_ever_believed() -> None:
    dealt = Complementarity().weigh(case_of(_world(repeats=0), "group-"))
    assert dealt is not None
    assert dealt.p_value >= 1e-3
