# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from stillwatch.stats.intervals import at_least, at_most, effective_trials, interval, rate, trials_needed


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


@given(
    st.integers(1, 5_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))), st.sampled_from([0.9, 0.99])
)
def test_bounds_agree_with_scipy(seen: tuple[int, int], level: float) -> None:
    count, of = seen
    exact = binomtest(count, of).proportion_ci(level, method="exact")
    assert interval(count, of, level=level) == pytest.approx((exact.low, exact.high), abs=1e-9)
    above = binomtest(count, of, alternative="less").proportion_ci(level, method="exact")
    assert at_most(count, of, level=level) == pytest.approx(above.high, abs=1e-9)
    below = binomtest(count, of, alternative="greater").proportion_ci(level, method="exact")
    assert at_least(count, of, level=level) == pytest.approx(below.low, abs=1e-9)


@given(st.floats(0, 50), st.floats(50.1, 500), st.floats(0.01, 5))
def test_more_successes_raise_both_bounds_and_more_trials_lower_them(count: float, trials: float, more: float) -> None:
    (low, high), (raised_low, raised_high) = interval(count, trials + more), interval(count + more, trials + more)
    assert low <= raised_low
    assert high <= raised_high
    assert at_most(count, trials + more) <= at_most(count, trials)


def test_bounds_miss_the_rate_no_more_often_than_they_may() -> None:
    counts = np.random.default_rng(1).binomial(400, 0.01, 4_000)
    highest = {count: at_most(count, 400) for count in set(counts.tolist())}
    missed = np.mean([highest[count] < 0.01 for count in counts.tolist()])
    assert missed <= 0.05 + 4 * (0.05 * 0.95 / len(counts)) ** 0.5


def test_nothing_of_nothing_bounds_nothing() -> None:
    found = rate(0, 0)
    assert (found.value, found.low, found.high, found.at_most) == (0.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize("claimed", [0.5, 0.01, 0.001, 1e-4])
def test_a_rate_can_be_claimed_from_as_many_trials_as_are_said_to_be_needed(claimed: float) -> None:
    needed = trials_needed(claimed)
    assert at_most(0, needed) <= claimed < at_most(0, needed - 1)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_clusters_are_worth_at_least_one_trial_and_at_most_one_each(sizes: list[int]) -> None:
    assert 1.0 <= effective_trials(sizes) <= len(sizes) + 1e-9


def test_equal_clusters_are_worth_their_number_and_none_is_worth_nothing() -> None:
    assert effective_trials([7] * 12) == pytest.approx(12)
    assert effective_trials([]) == 0.0


def test_what_is_no_share_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and the number"):
        at_most(3, 2)
    with pytest.raises(ValueError, match="level"):
        at_least(1, 2, level=1.0)
    with pytest.raises(ValueError, match="rate"):
        trials_needed(0.0)
