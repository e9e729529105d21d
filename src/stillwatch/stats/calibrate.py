# SPDX-License-Identifier: Apache-2.0
"""From p-values to e-values: the currency in which dependent evidence can be averaged.

An e-value is a number that is at least 1/alpha with chance at most alpha when the null holds. The mean of e-values is
one again, whatever their dependence; of p-values that is not so.
"""

from collections.abc import Sequence
from math import expm1, inf, log, log1p, log10

import numpy as np

LN10 = log(10.0)


def log10_e_of_p(log10_p: float) -> float:
    """Calibrate a p-value into an e-value without a tuning parameter: the mixture of all power calibrators.

    Args:
        log10_p: Decimal logarithm of a p-value, at most 0; minus infinity for one that underflowed.

    Returns:
        Decimal logarithm of ``(1 - p + p ln p) / (p (ln p)^2)``. At p = 1 it is log10(1/2). Its mean under a uniform p
        is exactly one, so the result is an e-value whenever the input is a p-value.

    Raises:
        ValueError: The logarithm is positive or not a number.

    Source:
        Vovk & Wang, "E-values: calibration, combination and applications", Annals of Statistics 49(3), 2021, sec. 2,
        eq. (2).

    Example:
        >>> round(log10_e_of_p(-4.0), 3)
        2.071
    """
    if not log10_p <= 0.0:
        raise ValueError("the logarithm of a p-value is at most 0")
    if log10_p == -inf:
        return inf
    log_p = log10_p * LN10
    if log_p > -1e-4:
        # Both parts vanish at p = 1; the series is 1/2 + (1 - p)/6 + ...
        return log10(0.5 - expm1(log_p) / 6.0)
    p = np.exp(max(log_p, -745.0))
    return log1p(float(p * (log_p - 1.0))) / LN10 - log10_p - 2.0 * log10(-log_p)


def log10_mean_e(log10_es: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """Merge e-values of any dependence: the decimal logarithm of their mean.

    Args:
        log10_es: Their decimal logarithms.
        weights: Positive weights that were fixed before anything was seen; None weighs all alike.

    Raises:
        ValueError: There are none, or the weights are not as many, or not positive.

    Source:
        Vovk & Wang 2021, Theorem 3.1: the arithmetic mean is essentially the only admissible symmetric merging. A
        weighted one is an e-value too, because each e-value's mean is at most one.

    Example:
        >>> round(log10_mean_e([2.0, 0.0]), 4)
        1.7033
        >>> round(log10_mean_e([2.0, 0.0], [1.0, 0.1]), 4)
        1.959
    """
    if not log10_es:
        raise ValueError("there is no e-value to merge")
    shares = np.ones(len(log10_es)) if weights is None else np.array(weights, np.float64)
    if len(shares) != len(log10_es) or not (shares > 0.0).all():
        raise ValueError("each e-value has one positive weight")
    logs = np.array(log10_es, np.float64) * LN10 + np.log(shares / shares.sum())
    return float(np.logaddexp.reduce(logs)) / LN10
