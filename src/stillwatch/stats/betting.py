# SPDX-License-Identifier: Apache-2.0
"""Tests by betting: evidence that may be looked at after every observation.

Bet against the null with money that is worth nothing if it is true. The wealth is an e-process: under the null it ever
reaches 1/alpha with chance at most alpha (Ville), however often one looks and whenever one stops.
"""

from dataclasses import dataclass
from math import exp, log, log1p


@dataclass(frozen=True, slots=True, kw_only=True)
class Wealth:
    """The bettor's state after n observations. Frozen, so it can be stored and replayed."""

    log_wealths: tuple[float, ...]
    """Natural logarithm of the wealth of each bettor of a mixture: the wealth itself overflows within a few thousand
    steps."""
    peak_log_e: float = 0.0
    """The most the mixture ever had. Evidence once given is not taken back by a quiet week; Ville allows that."""
    count: int = 0

    @property
    def log_e(self) -> float:
        """Natural logarithm of the mixture's wealth now: the e-value."""
        top = max(self.log_wealths)
        return top + log(sum(exp(one - top) for one in self.log_wealths) / len(self.log_wealths))


def fresh(bettors: int) -> Wealth:
    """Give the state before the first observation: everyone has 1."""
    return Wealth(log_wealths=(0.0,) * bettors)


def bet(wealth: Wealth, x: float, *, m0: float, stakes: tuple[float, ...]) -> Wealth:
    """Bet that the mean of x exceeds m0, and return the wealth after seeing x.

    Args:
        wealth: State after the observations so far, with as many bettors as stakes.
        x: The next observation, in [0, 1].
        m0: Mean under the null, in (0, 1).
        stakes: Fractions put at risk, each in [0, 1/m0). Fixed beforehand: a stake that looks at x voids the guarantee.

    Returns:
        The new state. If every x has mean at most m0 given the past, then the chance that ``log_e`` ever reaches
        log(1/alpha) is at most alpha.

    Raises:
        ValueError: x, m0 or a stake is out of range, or the number of stakes changed.

    Source:
        Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting", JRSS-B 86(1), 2024, sec. 4
        (the capital process); a mixture over stakes is again one.

    Example:
        >>> state = fresh(1)
        >>> for x in (1, 1, 0, 1, 1, 1):
        ...     state = bet(state, x, m0=0.2, stakes=(0.5,))
        >>> round(state.log_e, 3)
        1.577
    """
    if not 0.0 <= x <= 1.0:
        raise ValueError("an observation lies in [0, 1]")
    if not 0.0 < m0 < 1.0:
        raise ValueError("the mean under the null lies strictly between 0 and 1")
    if len(stakes) != len(wealth.log_wealths):
        raise ValueError("each bettor keeps one stake for life")
    if not all(0.0 <= stake < 1.0 / m0 for stake in stakes):
        raise ValueError("a stake lies in [0, 1/m0)")
    after = Wealth(
        log_wealths=tuple(one + log1p(stake * (x - m0)) for one, stake in zip(wealth.log_wealths, stakes, strict=True)),
        peak_log_e=wealth.peak_log_e,
        count=wealth.count + 1,
    )
    if after.log_e <= after.peak_log_e:
        return after
    return Wealth(log_wealths=after.log_wealths, peak_log_e=after.log_e, count=after.count)
