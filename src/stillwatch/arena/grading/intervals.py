# SPDX-License-Identifier: Apache-2.0
"""Bounds on a rate from k of n, without the normal approximation: k is mostly zero here.

Source: Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
Biometrika 26, 1934. Assumes independent trials; accounts of one campaign or one classroom are not, so a bound over them
is too narrow by an unknown amount.
"""

import msgspec
from scipy.stats import beta


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
    return Rate(
        count=count,
        of=of,
        low=float(beta.ppf(0.025, count, of - count + 1)) if count > 0 else 0.0,
        high=float(beta.ppf(0.975, count + 1, of - count)) if count < of else 1.0,
        at_most=float(beta.ppf(0.95, count + 1, of - count)) if count < of else 1.0,
    )
