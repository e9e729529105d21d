# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.arena.grading.factors import FACTORS, Factor, accounts_set, crowds_scaled
from stillwatch.arena.worlds.catalog import reference_world


@pytest.mark.parametrize("factor", FACTORS, ids=lambda one: one.name)
def test_every_factor_passes_through_the_reference_once_and_changes_one_thing_at_a_time(factor: Factor) -> None:
    reference = reference_world()
    worlds = [step.change(reference) for step in factor.steps]
    # So that sweeps share their middle, and every curve can be read against the others.
    assert worlds.count(reference) == 1
    assert len({str(world) for world in worlds}) == len(worlds)
    assert len({step.label for step in factor.steps}) == len(worlds)
    assert all(0 <= position < len(worlds) for position in factor.quick)


def test_more_accounts_do_as_much_each() -> None:
    operator = accounts_set(80)(reference_world()).operators[0]
    assert (operator.accounts, operator.exchanges) == (80, 4_800)


def test_a_larger_background_keeps_every_kind() -> None:
    half, whole = crowds_scaled(0.5)(reference_world()), reference_world()
    assert [crowd.kind for crowd in half.crowds] == [crowd.kind for crowd in whole.crowds]
    assert sum(crowd.accounts for crowd in half.crowds) < 0.6 * sum(crowd.accounts for crowd in whole.crowds)
