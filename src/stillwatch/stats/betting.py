# SPDX-License-Identifier: Apache-2.0
"""Tests by betting: evidence that may be looked at after every observation.

Bet against the null with money that is worth nothing if it is true. The wealth is an e-process: under the null it ever
reaches 1/alpha with chance at most alpha (Ville), however often one looks and whenever one stops.
"""

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]


def log_wealth(successes: npt.ArrayLike, trials: npt.ArrayLike, *, m0: float, stakes: tuple[float, ...]) -> Doubles:
    """Give the wealth of having bet, trial by trial, that the chance of success exceeds m0.

    With stakes fixed beforehand the wealth of each bettor depends on the counts alone, whatever the order; a mixture of
    bettors is again one.

    Args:
        successes: Whole numbers from 0 to ``trials``. Any shape.
        trials: Whole numbers. Same shape.
        m0: Chance of success under the null, in (0, 1).
        stakes: Fractions put at risk by each bettor, each in [0, 1/m0).

    Returns:
        Natural logarithm of the mixture's wealth: the e-value; the wealth itself overflows within a few thousand
        trials. If every trial succeeds with chance at most m0 given the past, then the chance that this ever reaches
        log(1/alpha) is at most alpha.

    Raises:
        ValueError: m0, a stake or a count is out of range.

    Source:
        Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting", JRSS-B 86(1), 2024, sec. 4
        (the capital process).

    Example:
        >>> round(float(log_wealth(5, 6, m0=0.2, stakes=(0.5,))), 3)
        1.577
    """
    if not 0.0 < m0 < 1.0:
        raise ValueError("the chance under the null lies strictly between 0 and 1")
    if not stakes or not all(0.0 <= stake < 1.0 / m0 for stake in stakes):
        raise ValueError("a stake lies in [0, 1/m0)")
    won, tried = np.asarray(successes, np.float64), np.asarray(trials, np.float64)
    if np.any(won < 0) or np.any(won > tried):
        raise ValueError("successes lie between 0 and the number of trials")
    stake = np.array(stakes)
    gains, losses = np.log1p(stake * (1.0 - m0)), np.log1p(-stake * m0)
    each = won[..., None] * gains + (tried - won)[..., None] * losses
    wealth: Doubles = np.logaddexp.reduce(each, axis=-1) - np.log(len(stakes))
    return wealth
