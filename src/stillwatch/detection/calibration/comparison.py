# SPDX-License-Identifier: Apache-2.0
"""Has the traffic changed since a baseline was made? Each quantity of each cohort is compared with what it was.

A difference is *drift* where it is both large and beyond chance: Jensen-Shannon divergence of at least a bound, and a
Kolmogorov-Smirnov p-value that survives Benjamini and Hochberg over all comparisons. With little traffic only the first
would be met by chance, with much traffic only the second by trifles.
"""

import msgspec

from stillwatch.detection.calibration.baseline import Baseline, Histogram
from stillwatch.stats.drift import jensen_shannon, kolmogorov_smirnov
from stillwatch.stats.multiplicity import benjamini_hochberg

BOUND_BITS = 0.1
"""Divergence from which a difference is large: as between two normal distributions 0.8 standard deviations apart."""
LEVEL = 0.01
"""Share of false ones among the differences that are called drift, at most."""
FEWEST = 20.0
"""Independent observations that a histogram must be worth on both sides to be compared."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One quantity of one cohort, then and now."""

    quantity: str
    cohort: str
    divergence_bits: float
    """From 0 to 1."""
    distance: float
    """Greatest distance of the distribution functions, from 0 to 1."""
    p_value: float
    """Adjusted for all comparisons made."""
    is_drift: bool


def compare(baseline: Baseline, fresh: Baseline, *, bound_bits: float = BOUND_BITS) -> tuple[Difference, ...]:
    """Compare every quantity and cohort that both have, the greatest divergence first.

    Observations of one block count as one, so the test is conservative; cohorts overlap and repeat each other, which
    makes their p-values positively dependent, as the adjustment allows.

    Args:
        baseline: As it was.
        fresh: As it is, made the same way.
        bound_bits: Divergence from which a difference is large, in (0, 1).
    """
    known = {(one.quantity, one.cohort, one.edges): one for one in baseline.quantities}
    pairs = [
        (before, now)
        for now in fresh.quantities
        if (before := known.get((now.quantity, now.cohort, now.edges))) and min(before.worth, now.worth) >= FEWEST
    ]
    tests = [kolmogorov_smirnov(one.counts, other.counts, sizes=(one.worth, other.worth)) for one, other in pairs]
    adjusted = benjamini_hochberg([p_value for _, p_value in tests]).tolist()
    found = [
        _difference(now, jensen_shannon(before.counts, now.counts), distance, p_value, bound_bits)
        for (before, now), (distance, _), p_value in zip(pairs, tests, adjusted, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: -one.divergence_bits))


def _difference(now: Histogram, divergence: float, distance: float, p_value: float, bound_bits: float) -> Difference:
    return Difference(
        quantity=now.quantity,
        cohort=now.cohort,
        divergence_bits=round(divergence, 6),
        distance=round(distance, 6),
        p_value=p_value,
        is_drift=divergence >= bound_bits and p_value <= LEVEL,
    )
