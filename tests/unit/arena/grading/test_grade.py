# SPDX-License-Identifier: Apache-2.0
import pytest

from fakes.worlds import small_world
from stillwatch.arena.grading.grade import planned, pooled
from stillwatch.arena.worlds.catalog import default_world
from stillwatch.errors import BadInput
from stillwatch.stats.intervals import rate


def test_a_full_plan_has_the_headline_and_every_sweep_with_three_seeds() -> None:
    plan = planned(quick=False, only=(), world=None, seed=5, seeds=None)
    assert plan.world is not None
    assert plan.seeds == plan.sweep_seeds == (5, 6, 7)
    assert len(plan.factors) == 11
    assert plan.points > 150


def test_a_quick_plan_is_small() -> None:
    plan = planned(quick=True, only=(), world=None, seed=1, seeds=None)
    assert plan.points <= 12
    assert sum(crowd.accounts for crowd in plan.reference.crowds) < 700


def test_one_factor_alone_leaves_the_headline_out() -> None:
    plan = planned(quick=False, only=("dilution", "dilution"), world=None, seed=1, seeds=1)
    assert plan.world is None
    assert [factor.name for factor, _ in plan.factors] == ["dilution"]


def test_a_world_of_ones_own_is_the_headline_alone() -> None:
    plan = planned(quick=False, only=(), world=small_world(), seed=1, seeds=2)
    assert plan.points == 2


def test_a_factor_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(BadInput, match=r"'weather'.*dilution"):
        planned(quick=False, only=("weather",), world=None, seed=1, seeds=None)


def test_a_sweep_needs_a_world_with_one_operator() -> None:
    with pytest.raises(BadInput, match="7 operators"):
        planned(quick=False, only=("dilution",), world=default_world(), seed=1, seeds=None)


def test_pooling_adds_counts() -> None:
    assert pooled([rate(1, 10), rate(2, 20)]) == rate(3, 30)
    assert pooled([]).of == 0
