# SPDX-License-Identifier: Apache-2.0
"""How far two distributions are apart, from counts over the same bins: by how much, and whether chance explains it."""

import numpy as np
import numpy.typing as npt
from scipy.stats import kstwobign

Doubles = npt.NDArray[np.float64]


def jensen_shannon(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    """Give the Jensen-Shannon divergence of two histograms, in bits.

    Args:
        one: Counts or weights over bins, at least 0, shape (B,).
        other: The same bins. Only proportions matter.

    Returns:
        From 0 where the proportions agree to 1 where no bin is in both. Samples of n of one source differ by about
        B / (4 n ln 2) on average, so small samples need a test beside it. 0 where one is empty.

    Raises:
        ValueError: The shapes differ, or a count is negative.

    Source:
        Lin, "Divergence measures based on the Shannon entropy", IEEE Transactions on Information Theory 37(1), 1991,
        eq. (4.1).

    Example:
        >>> jensen_shannon([1, 0], [0, 5]), jensen_shannon([1, 3], [2, 6])
        (1.0, 0.0)
    """
    first, second = _histograms(one, other)
    if not first.sum() or not second.sum():
        return 0.0
    p, q = first / first.sum(), second / second.sum()
    middle = (p + q) / 2.0
    return max(0.0, (_divergence(p, middle) + _divergence(q, middle)) / 2.0)


def _divergence(p: Doubles, q: Doubles) -> float:
    some = p > 0.0
    return float((p[some] * np.log2(p[some] / q[some])).sum())


def kolmogorov_smirnov(one: npt.ArrayLike, other: npt.ArrayLike, *, sizes: tuple[float, float]) -> tuple[float, float]:
    """Compare two histograms over ordered bins by the greatest distance of their distribution functions.

    Args:
        one: Counts or weights over bins in their order, at least 0, shape (B,).
        other: The same bins.
        sizes: Independent observations that each is worth; not more than the counts where these are dependent.

    Returns:
        The distance, in [0, 1], and its p-value, from the limiting distribution. Binning only makes the distance
        smaller, so the test is conservative; so are ties. Distance 0 and p-value 1 where one is empty.

    Raises:
        ValueError: The shapes differ, or a count is negative.

    Source:
        Smirnov, "Table for estimating the goodness of fit of empirical distributions", Annals of Mathematical
        Statistics 19(2), 1948; the correction of the argument is Stephens's, JRSS-B 32(1), 1970.

    Example:
        >>> distance, p_value = kolmogorov_smirnov([50, 50], [80, 20], sizes=(100, 100))
        >>> round(distance, 2), p_value < 0.001
        (0.3, True)
    """
    first, second = _histograms(one, other)
    if not first.sum() or not second.sum():
        return 0.0, 1.0
    distance = float(np.abs(np.cumsum(first) / first.sum() - np.cumsum(second) / second.sum()).max())
    root = float(np.sqrt(sizes[0] * sizes[1] / (sizes[0] + sizes[1])))
    return distance, float(kstwobign.sf(distance * (root + 0.12 + 0.11 / root)))


def _histograms(one: npt.ArrayLike, other: npt.ArrayLike) -> tuple[Doubles, Doubles]:
    first, second = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if first.shape != second.shape:
        raise ValueError("both histograms have the same bins")
    if np.any(first < 0.0) or np.any(second < 0.0):
        raise ValueError("no count is negative")
    return first, second
