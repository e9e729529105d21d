# SPDX-License-Identifier: Apache-2.0
import pytest
from scipy.stats import binom

from stillwatch.arena.grading.intervals import rate


def test_nothing_of_three_thousand_rules_out_one_in_a_thousand() -> None:
    assert rate(0, 3_000).at_most == pytest.approx(1 - 0.05 ** (1 / 3_000))


@pytest.mark.parametrize(("count", "of"), [(0, 20), (3, 20), (19, 20), (20, 20)])
def test_bounds_are_where_the_binomial_tails_are_what_they_should_be(count: int, of: int) -> None:
    found = rate(count, of)
    if count:
        assert binom.sf(count - 1, of, found.low) == pytest.approx(0.025)
    if count < of:
        assert binom.cdf(count, of, found.high) == pytest.approx(0.025)
        assert binom.cdf(count, of, found.at_most) == pytest.approx(0.05)
    assert 0 <= found.low <= found.value <= found.at_most <= found.high <= 1


def test_nothing_of_nothing_bounds_nothing() -> None:
    found = rate(0, 0)
    assert (found.value, found.low, found.high, found.at_most) == (0.0, 0.0, 1.0, 1.0)
