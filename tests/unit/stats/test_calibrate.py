# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.stats.calibrate import log10_e_of_p, log10_mean_e


def test_the_calibrator_has_mean_one_under_a_uniform_p() -> None:
    # Integrated on a grid even in ln p, where the integrand is smooth; the tail below 1e-300 holds 1/691 of the mass.
    log_p = np.linspace(math.log(1e-300), -1e-9, 400_001)
    values = np.array([10 ** (log10_e_of_p(one / math.log(10)) + one / math.log(10)) for one in log_p[::40]])
    mass = float(np.trapezoid(values, log_p[::40]))
    assert mass == pytest.approx(1.0 - 1.0 / 690.8, abs=2e-3)


@settings(deadline=None)
@given(st.floats(-500, 0), st.floats(-500, 0))
def test_a_smaller_p_never_gives_less_evidence(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert log10_e_of_p(low) >= log10_e_of_p(high) - 1e-6


def test_no_surprise_is_evidence_of_one_half() -> None:
    assert log10_e_of_p(0.0) == pytest.approx(math.log10(0.5))


def test_an_underflown_p_is_infinite_evidence() -> None:
    assert log10_e_of_p(-math.inf) == math.inf


@pytest.mark.parametrize("wrong", [0.1, math.nan])
def test_what_is_no_logarithm_of_a_p_value_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="at most 0"):
        log10_e_of_p(wrong)


@settings(deadline=None)
@given(st.lists(st.floats(-5, 200), min_size=1, max_size=8))
def test_the_mean_lies_between_the_least_and_the_most(es: list[float]) -> None:
    assert min(es) - 1e-9 <= log10_mean_e(es) <= max(es) + 1e-9


def test_nothing_cannot_be_merged() -> None:
    with pytest.raises(ValueError, match="no e-value"):
        log10_mean_e([])


@given(st.lists(st.tuples(st.floats(-3, 8), st.floats(0.01, 5.0)), min_size=1, max_size=8))
def test_a_weighted_mean_lies_between_and_equal_weights_are_the_plain_mean(pairs: list[tuple[float, float]]) -> None:
    es, weights = [e for e, _ in pairs], [weight for _, weight in pairs]
    assert min(es) - 1e-9 <= log10_mean_e(es, weights) <= max(es) + 1e-9
    assert log10_mean_e(es, [2.5] * len(es)) == pytest.approx(log10_mean_e(es))


@pytest.mark.parametrize("weights", [[1.0], [1.0, 0.0], [1.0, -1.0]])
def test_weights_are_positive_and_as_many(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="one positive weight"):
        log10_mean_e([1.0, 2.0], weights)
