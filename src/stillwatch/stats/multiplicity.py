# SPDX-License-Identifier: Apache-2.0
"""Several tests at once: which of them stand when the share of false ones among those that are named is held down.

The *false discovery rate* is the mean share of true nulls among what is named, counted as 0 where nothing is named.
"""

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def benjamini_hochberg(p_values: npt.ArrayLike) -> Doubles:
    """Adjust p-values: naming those whose result is at most alpha keeps the false discovery rate at alpha.

    Holds where the p-values are independent, or positively dependent on the true nulls (PRDS); under any dependence,
    divide alpha by 1 + 1/2 + ... + 1/m.

    Args:
        p_values: In [0, 1], shape (M,).

    Returns:
        Adjusted p-values in the same order, at most 1.

    Raises:
        ValueError: One lies outside its range.

    Source:
        Benjamini and Hochberg, "Controlling the false discovery rate", JRSS-B 57(1), 1995; Benjamini and Yekutieli,
        Annals of Statistics 29(4), 2001, for dependence.

    Example:
        >>> benjamini_hochberg([0.01, 0.5, 0.02]).round(3).tolist()
        [0.03, 0.5, 0.03]
    """
    p = np.asarray(p_values, np.float64)
    if not np.all((p >= 0.0) & (p <= 1.0)):
        raise ValueError("a p-value lies between 0 and 1")
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return np.minimum(adjusted, 1.0)


def e_benjamini_hochberg(log10_es: npt.ArrayLike, *, alpha: float) -> Bools:
    """Name those e-values that stand together: the false discovery rate is at most alpha whatever their dependence.

    Args:
        log10_es: Decimal logarithms of the e-values of *all* hypotheses that were looked at, shape (M,). One that was
            looked at and left out makes the result void.
        alpha: In (0, 1).

    Returns:
        True for the k greatest, where k is the most for which the k-th greatest is at least M / (k alpha).

    Raises:
        ValueError: alpha lies outside its range, or a logarithm is not a number.

    Source:
        Wang and Ramdas, "False discovery rate control with e-values", JRSS-B 84(3), 2022, Theorem 2.

    Example:
        >>> e_benjamini_hochberg([2.2, 0.0, 2.0], alpha=0.05).tolist()
        [True, False, True]
    """
    if not 0.0 < alpha < 1.0:
        raise ValueError("alpha lies strictly between 0 and 1")
    values = np.asarray(log10_es, np.float64)
    if np.isnan(values).any():
        raise ValueError("the logarithm of an e-value is a number")
    order = np.argsort(-values, kind="stable")
    needed = np.log10(len(values) / (np.arange(1, len(values) + 1) * alpha))
    reached = np.flatnonzero(values[order] >= needed)
    named = np.zeros(len(values), np.bool_)
    if len(reached):
        named[order[: reached[-1] + 1]] = True
    return named
