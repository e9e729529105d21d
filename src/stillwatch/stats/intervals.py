# SPDX-License-Identifier: Apache-2.0
"""Bounds on a rate from k of n, without the normal approximation: k is mostly zero here.

Assumes independent trials. Accounts of one office or one campaign are not; ``effective_trials`` says how many
independent ones they are worth where those of one cluster always fare alike, which is the worst case.
"""

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.stats import beta

NO_COUNT = 1e-9
"""A weighted count up to which nothing counts as seen: the beta distribution cannot be inverted far below it."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """k of n with 95 % bounds. All bounds are 0 and 1 where n is 0."""

    count: int
    of: int
    low: float
    """Lower end of the two-sided interval."""
    high: float
    """Upper end of the two-sided interval."""
    at_most: float
    """One-sided upper bound: the rate is below it unless a chance of 5 % came about."""

    @property
    def value(self) -> float:
        """k/n, 0 where n is 0."""
        return self.count / self.of if self.of else 0.0


def rate(count: int, of: int) -> Rate:
    """Give k of n its bounds.

    Example:
        >>> round(rate(0, 3000).at_most, 5)
        0.001
    """
    low, high = interval(count, of)
    return Rate(count=count, of=of, low=low, high=high, at_most=at_most(count, of))


def at_most(count: float, trials: float, *, level: float = 0.95) -> float:
    """Give the one-sided upper bound of Clopper and Pearson.

    Args:
        count: Successes, 0 to ``trials``. A weighted count need not be whole.
        trials: Independent trials, or as many as dependent ones are worth.
        level: Chance, at least, that the bound is not below the rate, in (0, 1).

    Returns:
        The greatest rate under which so few successes still come about with a chance of 1 - ``level``; 1 without
        trials.

    Raises:
        ValueError: The count lies outside its range, or the level does.

    Source:
        Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
        Biometrika 26, 1934; with counts that are not whole, Korn and Graubard, "Confidence intervals for proportions
        with small expected number of positive counts estimated from survey data", Survey Methodology 24, 1998.

    Example:
        >>> round(at_most(0, 3344), 6)
        0.000895
    """
    _check(count, trials, level)
    return float(beta.ppf(level, count + 1.0, trials - count)) if count < trials else 1.0


def at_least(count: float, trials: float, *, level: float = 0.95) -> float:
    """Give the one-sided lower bound. See ``at_most``; 0 where nothing succeeded.

    Example:
        >>> round(at_least(3, 3), 4)
        0.3684
    """
    _check(count, trials, level)
    return float(beta.ppf(1.0 - level, count, trials - count + 1.0)) if count > NO_COUNT else 0.0


def interval(count: float, trials: float, *, level: float = 0.95) -> tuple[float, float]:
    """Give the two-sided interval: half of the chance of error on each side. See ``at_most``.

    Example:
        >>> tuple(round(end, 4) for end in interval(1, 10))
        (0.0025, 0.445)
    """
    side = (1.0 + level) / 2.0
    return at_least(count, trials, level=side), at_most(count, trials, level=side)


def trials_needed(rate: float, *, level: float = 0.95) -> int:
    """Give the trials without a success from which a rate can be claimed not to be exceeded.

    Args:
        rate: The rate to be claimed, in (0, 1).
        level: As in ``at_most``.

    Raises:
        ValueError: The rate lies outside its range.

    Example:
        >>> trials_needed(0.001), trials_needed(0.0001)
        (2995, 29956)
    """
    if not 0.0 < rate < 1.0:
        raise ValueError("the rate lies strictly between 0 and 1")
    return int(np.ceil(np.log1p(-level) / np.log1p(-rate)))


def effective_trials(sizes: npt.ArrayLike) -> float:
    """Give how many independent trials clusters of trials are worth where those of one cluster always fare alike.

    Args:
        sizes: Trials in each cluster, at least 0.

    Returns:
        The squared sum over the sum of squares: the number of clusters where all are equally large; 0 without trials.

    Source:
        Kish, "Survey Sampling", 1965, sec. 5.4, with an intraclass correlation of one.

    Example:
        >>> effective_trials([1, 1, 1, 3])
        3.0
    """
    size = np.asarray(sizes, np.float64)
    whole = float(size.sum())
    return whole * whole / float((size * size).sum()) if whole else 0.0


def _check(count: float, trials: float, level: float) -> None:
    if not 0.0 <= count <= trials:
        raise ValueError("successes lie between 0 and the number of trials")
    if not 0.0 < level < 1.0:
        raise ValueError("a level lies strictly between 0 and 1")
