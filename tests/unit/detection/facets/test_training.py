# SPDX-License-Identifier: Apache-2.0
from functools import cache

import numpy as np
from msgspec.structs import replace

from fakes.groups import case_of
from fakes.traffic import World
from stillwatch.detection.facets.training import Training
from stillwatch.detection.interface import Case


@cache
def _case(*, typical: int | None, known: float = 1.0) -> Case:
    """A hydra whose answers have so many tokens, typically, among people whose answers have some 250."""
    world = World(seed=44)
    world.people(110)
    world.hydra(20, exchanges=20)
    draw = np.random.default_rng(45)
    for at, one in enumerate(world.exchanges):
        is_hydra = one.account_id.startswith("hydra-")
        if is_hydra and int(one.account_id.removeprefix("hydra-")) >= 20 * known:
            continue
        middle = typical if is_hydra else 250
        tokens = None if middle is None else int(draw.lognormal(np.log(middle), 1.0))
        world.exchanges[at] = replace(one, output_tokens=tokens)
    return case_of(world, "hydra-")


def test_answers_four_times_as_long_are_evidence_of_one_in_a_thousand_and_of_no_more() -> None:
    evidence = Training().weigh(_case(typical=1_000))
    assert evidence is not None
    assert evidence.p_value == 1e-3
    assert "tokens" in evidence.why


def test_answers_as_long_as_others_are_none() -> None:
    evidence = Training().weigh(_case(typical=250))
    assert evidence is not None
    assert evidence.p_value > 0.05


def test_short_answers_are_none() -> None:
    evidence = Training().weigh(_case(typical=60))
    assert evidence is not None
    assert evidence.p_value > 0.5


def test_it_abstains_where_the_answers_lengths_are_not_known_of_half_the_members() -> None:
    assert Training().weigh(_case(typical=None)) is None
    assert Training().weigh(_case(typical=1_000, known=0.4)) is None
    assert Training().weigh(_case(typical=1_000, known=0.6)) is not None
