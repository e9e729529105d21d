# SPDX-License-Identifier: Apache-2.0
"""Naming several campaigns at once keeps the share of false ones among them at most alpha.

Each run has hypotheses of which some are true nulls. The share of false ones is a number in [0, 1] for each run, so its
mean over runs lies within four standard errors of the rate, each at most 1 / (2 sqrt(runs)); the sample's own standard
deviation is far smaller and is used.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import norm

from stillwatch.stats.calibrate import log10_e_of_p
from stillwatch.stats.multiplicity import benjamini_hochberg, e_benjamini_hochberg

RUNS, NULLS, REAL, ALPHA = 1_500, 16, 4, 0.1
Doubles = npt.NDArray[np.float64]


def _p_values(draw: np.random.Generator, *, dependence: float) -> Doubles:
    """One-sided normal tests, the nulls first; each shares a common cause with all the others."""
    common = draw.standard_normal()
    noise = dependence**0.5 * common + (1 - dependence) ** 0.5 * draw.standard_normal(NULLS + REAL)
    p_values: Doubles = norm.sf(noise + np.repeat([0.0, 4.0], [NULLS, REAL]))
    return p_values


def _by_p(p_values: Doubles, alpha: float) -> npt.NDArray[np.bool_]:
    named: npt.NDArray[np.bool_] = benjamini_hochberg(p_values) <= alpha
    return named


def _by_e(p_values: Doubles, alpha: float) -> npt.NDArray[np.bool_]:
    return e_benjamini_hochberg([log10_e_of_p(float(np.log10(one))) for one in p_values], alpha=alpha)


def _false_shares(
    method: Callable[[Doubles, float], npt.NDArray[np.bool_]], *, dependence: float, alpha: float
) -> tuple[Doubles, float]:
    """The share of false ones among those named, for each run, and the share of the real ones that are named."""
    draw = np.random.default_rng(7)
    shares, found = np.zeros(RUNS), 0
    for run in range(RUNS):
        named = method(_p_values(draw, dependence=dependence), alpha)
        shares[run] = named[:NULLS].sum() / max(1, named.sum())
        found += int(named[NULLS:].sum())
    return shares, found / (RUNS * REAL)


@pytest.mark.parametrize("dependence", [0.0, 0.7], ids=["independent", "with a common cause"])
@pytest.mark.parametrize("method", [_by_p, _by_e], ids=["BH", "e-BH"])
def test_the_share_of_false_ones_is_at_most_alpha(
    method: Callable[[Doubles, float], npt.NDArray[np.bool_]], dependence: float
) -> None:
    shares, power = _false_shares(method, dependence=dependence, alpha=ALPHA)
    assert shares.mean() <= ALPHA + 4 * shares.std() / RUNS**0.5
    assert power > 0.5, "it would hold its level by naming nobody"


def test_a_level_three_times_too_high_would_be_noticed() -> None:
    shares, _ = _false_shares(_by_p, dependence=0.0, alpha=3 * ALPHA)
    assert shares.mean() > ALPHA + 4 * shares.std() / RUNS**0.5
