# SPDX-License-Identifier: Apache-2.0
from fakes.groups import case_of
from fakes.traffic import World
from stillwatch.detection.facets.client import Client


def test_a_fingerprint_of_their_own_is_surprising_and_a_common_one_is_not() -> None:
    world = World(seed=36)
    world.people(100)
    world.hydra(12, columns=lambda _: {"ja4": "t13d-home-made"})
    own = Client().weigh(case_of(world, "hydra-"))
    assert own is not None
    assert own.p_value < 1e-6
    common = World(seed=36)
    common.people(100)
    common.hydra(12, columns=lambda _: {"ja4": "t13d-1"})
    shared = Client().weigh(case_of(common, "hydra-"))
    assert shared is not None
    assert shared.p_value == 1.0
