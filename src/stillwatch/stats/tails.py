# SPDX-License-Identifier: Apache-2.0
"""Tails of counting distributions, in decimal logarithms, where the tails themselves underflow."""

import numpy as np
import numpy.typing as npt
from scipy import special, stats

Doubles = npt.NDArray[np.float64]

_LN10 = float(np.log(10.0))


def poisson_log10_tail(count: npt.ArrayLike, expected: npt.ArrayLike) -> Doubles:
    """Give the decimal logarithm of the chance that a Poisson count is at least ``count``.

    Args:
        count: Whole numbers, at least 0. 0 gives a chance of one, whose logarithm is 0.
        expected: Means, more than 0.

    Returns:
        Values at most 0, finite for any finite input.

    Raises:
        ValueError: A mean is not positive.

    Source:
        Abramowitz & Stegun 26.4.21 (the Poisson tail as an incomplete gamma function); below the range of doubles the
        leading term of the series, which is then exact to twelve digits.

    Example:
        >>> round(float(poisson_log10_tail(3, 1.0)), 4)
        -1.0953
        >>> round(float(poisson_log10_tail(1000, 1.0)), 1)
        -2568.0
    """
    k, mean = np.broadcast_arrays(np.asarray(count, float), np.asarray(expected, float))
    if np.any(mean <= 0):
        raise ValueError("the mean of a Poisson count must be positive")
    with np.errstate(divide="ignore"):
        tail = np.log(np.where(k > 0, special.gammainc(np.maximum(k, 1.0), mean), 1.0))
    far = tail < -650.0
    if np.any(far):
        leading = k * np.log(mean) - mean - special.gammaln(k + 1.0) - np.log1p(-np.minimum(mean / (k + 1.0), 0.999999))
        tail = np.where(far, leading, tail)
    answer: Doubles = np.minimum(tail, 0.0) / _LN10
    return answer


def poisson_log10_lower_tail(count: int, expected: float) -> float:
    """Give the decimal logarithm of the chance that a Poisson count is at most ``count``.

    Args:
        count: A whole number, at least 0.
        expected: The mean, more than 0.

    Returns:
        At most 0, finite for any finite input.

    Raises:
        ValueError: The mean is not positive.

    Source:
        Abramowitz & Stegun 26.4.21; below the range of doubles the geometric series that bounds the sum from above.

    Example:
        >>> round(poisson_log10_lower_tail(0, 10.0), 4)
        -4.3429
    """
    if not expected > 0.0:
        raise ValueError("the mean of a Poisson count must be positive")
    tail = float(special.gammaincc(count + 1.0, expected))
    if tail > 1e-290:
        return min(0.0, float(np.log10(tail)))
    leading = count * np.log(expected) - expected - special.gammaln(count + 1.0) - np.log1p(-count / expected)
    return float(leading / _LN10)


def binomial_log10_tail(count: int, trials: int, rate: float) -> float:
    """Give the decimal logarithm of the chance of at least ``count`` successes.

    Args:
        count: Successes seen, 0 to ``trials``.
        trials: Independent trials.
        rate: Chance of success in each, in [0, 1].

    Example:
        >>> round(binomial_log10_tail(10, 10, 0.1), 9)
        -10.0
    """
    if count <= 0:
        return 0.0
    if rate <= 0.0:
        return -np.inf
    return min(0.0, float(stats.binom.logsf(count - 1, trials, min(rate, 1.0)) / _LN10))


def hypergeometric_log10_tail(count: int, *, drawn: int, marked: int, population: int) -> float:
    """Give the decimal logarithm of the chance of drawing at least ``count`` marked ones.

    Args:
        count: Marked ones drawn.
        drawn: Draws without replacement.
        marked: Marked ones in the population.
        population: Size of the population.

    Example:
        >>> round(10 ** hypergeometric_log10_tail(2, drawn=2, marked=2, population=4), 6)
        0.166667
    """
    if count <= max(0, drawn + marked - population):
        return 0.0
    if count > min(drawn, marked):
        return -np.inf
    k = np.arange(count, min(drawn, marked) + 1, dtype=float)
    terms = (
        _log_choose(marked, k)
        + _log_choose(population - marked, drawn - k)
        - _log_choose(population, np.array([float(drawn)]))
    )
    return min(0.0, float(special.logsumexp(terms) / _LN10))


def _log_choose(n: float, k: Doubles) -> Doubles:
    value: Doubles = special.gammaln(n + 1.0) - special.gammaln(k + 1.0) - special.gammaln(n - k + 1.0)
    return value


def permutation_log10_tail(seen: float, drawn: npt.ArrayLike) -> float:
    """Give the decimal logarithm of the chance of at least ``seen``, from random draws of the same statistic.

    Where the draws reach as far, it is their share, the observation counted in. Beyond them a Pearson type III curve
    with the draws' mean, variance and skewness is followed, not further than its shape can be trusted.

    Args:
        seen: The statistic.
        drawn: The statistic under the null, at least 50 times.

    Returns:
        At most 0, and at least ``-8``.

    Source:
        Knijnenburg et al., "Fewer permutations, more accurate P-values", Bioinformatics 25(12), 2009, for extrapolating
        beyond the draws; Pearson type III as in Mielke & Berry, "Permutation Methods", 2007, ch. 2.

    Raises:
        ValueError: There are fewer than 50 draws.
    """
    draws = np.asarray(drawn, np.float64)
    if len(draws) < 50:
        raise ValueError("a tail needs at least 50 draws")
    as_great = int((draws >= seen).sum())
    share = float(np.log10((1 + as_great) / (1 + len(draws))))
    spread = float(draws.std(ddof=1))
    if as_great > 10 or spread == 0.0:
        return share
    skew = float(np.clip(stats.skew(draws), 0.0, 2.0))
    tail = float(stats.pearson3.logsf((seen - draws.mean()) / spread, skew) / _LN10)
    return max(-8.0, min(share if as_great else 0.0, tail))
