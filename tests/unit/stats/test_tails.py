# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from stillwatch.stats.tails import (
    binomial_log10_tail,
    hypergeometric_log10_tail,
    permutation_log10_tail,
    poisson_log10_lower_tail,
    poisson_log10_tail,
)


@settings(deadline=None)
@given(st.integers(0, 200), st.floats(0.01, 200))
def test_poisson_tail_agrees_with_scipy_where_scipy_can_say(count: int, mean: float) -> None:
    reference = float(stats.poisson.logsf(count - 1, mean) / np.log(10))
    if np.isfinite(reference):
        assert float(poisson_log10_tail(count, mean)) == pytest.approx(reference, rel=1e-6, abs=1e-9)


def test_poisson_tail_goes_on_smoothly_where_doubles_end() -> None:
    tails = poisson_log10_tail(np.arange(50, 2_000), 0.5)
    steps = np.diff(tails)
    assert np.all(np.isfinite(tails))
    assert np.all(steps < 0)
    assert np.all(np.abs(np.diff(steps)) < 0.02)


def test_poisson_mean_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        poisson_log10_tail(1, 0.0)
    with pytest.raises(ValueError, match="positive"):
        poisson_log10_lower_tail(1, 0.0)


@settings(deadline=None)
@given(st.integers(0, 200), st.floats(0.01, 400))
def test_poisson_lower_tail_agrees_with_scipy_where_scipy_can_say(count: int, mean: float) -> None:
    reference = float(stats.poisson.logcdf(count, mean) / np.log(10))
    assert poisson_log10_lower_tail(count, mean) == pytest.approx(reference, rel=1e-6, abs=1e-9)


def test_poisson_lower_tail_goes_on_smoothly_where_doubles_end() -> None:
    tails = np.array([poisson_log10_lower_tail(20, mean) for mean in range(600, 900)])
    steps = np.diff(tails)
    assert np.all(np.isfinite(tails))
    assert np.all(steps < 0)
    assert np.all(np.abs(np.diff(steps)) < 0.01)


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(1, 60), st.floats(0.001, 1.0))
def test_binomial_tail_agrees_with_scipy(count: int, trials: int, rate: float) -> None:
    if count > trials:
        return
    reference = stats.binom.sf(count - 1, trials, rate)
    assert 10 ** binomial_log10_tail(count, trials, rate) == pytest.approx(reference, rel=1e-6, abs=1e-300)


def test_a_success_that_cannot_happen_is_infinitely_surprising() -> None:
    assert binomial_log10_tail(1, 5, 0.0) == -np.inf


@settings(deadline=None)
@given(st.integers(0, 30), st.integers(1, 30), st.integers(1, 30), st.integers(31, 90))
def test_hypergeometric_tail_agrees_with_scipy(count: int, drawn: int, marked: int, population: int) -> None:
    reference = float(stats.hypergeom.sf(count - 1, population, marked, drawn))
    found = hypergeometric_log10_tail(count, drawn=drawn, marked=marked, population=population)
    assert 10**found == pytest.approx(reference, rel=1e-6, abs=1e-12)


def test_a_permutation_tail_follows_the_draws_and_goes_on_beyond_them() -> None:
    draws = np.random.default_rng(5).gamma(9.0, 1.0, 99)
    assert permutation_log10_tail(float(np.median(draws)), draws) == pytest.approx(np.log10(0.5), abs=0.02)
    beyond = [permutation_log10_tail(one, draws) for one in (20.0, 25.0, 35.0)]
    assert beyond[0] > beyond[1] > beyond[2] >= -8.0
    assert beyond[0] == pytest.approx(float(stats.gamma.logsf(20.0, 9.0)) / np.log(10), abs=1.0)


def test_a_permutation_tail_is_a_p_value_under_the_null() -> None:
    draw = np.random.default_rng(6)
    tails = [permutation_log10_tail(float(one[0]), one[1:]) for one in draw.gamma(4.0, 1.0, (4_000, 100))]
    for level in (0.2, 0.05, 0.01):
        # Beyond its draws the curve is an estimate, so some slack stands beside the sampling error of 4,000 tries.
        bound = level + 4.0 * np.sqrt(level / 4_000) + 0.2 * level
        assert np.mean(np.array(tails) <= np.log10(level)) <= bound


def test_a_tail_needs_draws() -> None:
    with pytest.raises(ValueError, match="at least 50"):
        permutation_log10_tail(1.0, np.zeros(10))
    assert permutation_log10_tail(1.0, np.zeros(60)) == pytest.approx(-np.log10(61))
