# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fakes.groups import case_of
from fakes.traffic import World
from stillwatch.detection.sharing import _expected_excess, weigh_shared


def test_expected_coincidences_agree_with_drawing() -> None:
    degrees, drawn, population = np.array([2.0, 5.0, 9.0]), 20, 100
    draw = np.random.default_rng(0)
    seen = []
    for _ in range(20_000):
        picked = draw.permutation(population)[:drawn]
        seen.append(sum(max(0, int((picked < degree).sum()) - 1) for degree in degrees))
    assert _expected_excess(degrees, drawn, population) == pytest.approx(np.mean(seen), abs=0.03)


def test_a_group_larger_than_the_rest_does_not_break_the_arithmetic() -> None:
    assert _expected_excess(np.array([3.0]), 100, 100) == pytest.approx(2.0)


def test_one_organisation_sharing_with_itself_is_no_coincidence() -> None:
    world = World(seed=41)
    world.people(60)
    world.hydra(12, columns=lambda number: {"org_id": f"org-{number // 12}", "payment_fp": "one-card"})
    found = weigh_shared(case_of(world, "hydra-"), family="infrastructure", kinds={"payment": "a card"}, hub=30)
    assert found is not None
    assert found.p_value == 1.0
