# SPDX-License-Identifier: Apache-2.0
from fakes.groups import case_of
from fakes.traffic import World
from stillwatch.detection.facets.infrastructure import Infrastructure


def _world() -> World:
    world = World(seed=35)
    world.people(80)
    return world


def test_a_few_cards_for_many_organisations_are_surprising() -> None:
    world = _world()
    world.hydra(16, columns=lambda number: {"payment_fp": f"card-{number % 3}"})
    evidence = Infrastructure().weigh(case_of(world, "hydra-"))
    assert evidence is not None
    assert evidence.p_value < 1e-9
    assert "means of payment" in evidence.why


def test_a_public_place_counts_for_nothing() -> None:
    world = _world()
    for number in range(40):
        world.person(f"cafe-{number}", client_ip="198.51.100.7")
    world.hydra(16, columns=lambda _: {"client_ip": "198.51.100.8"})
    evidence = Infrastructure().weigh(case_of(world, "hydra-"))
    assert evidence is not None
    assert evidence.p_value == 1.0


def test_it_abstains_where_few_members_have_the_columns() -> None:
    world = _world()
    world.hydra(16, columns=lambda _: {"payment_fp": None, "client_ip": None})
    assert Infrastructure().weigh(case_of(world, "hydra-")) is None
