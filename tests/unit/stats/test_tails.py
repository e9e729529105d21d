# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from stillwatch.stats.tails import binomial_log10_tail, hypergeometric_log10_tail, poisson_log10_tail


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
