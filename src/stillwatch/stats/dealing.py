# SPDX-License-Identifier: Apache-2.0
"""Whether several hands were dealt from one pile, each item once or as often as planned, or drew from it by chance.

Hands that draw independently of each other repeat each other's items: by an item as often as its popularity says, and
least often where all items are equally popular. A dealer repeats none, or each exactly so many times. Both are seen in
how many hands hold each item, and in nothing else.

Symbols: H hands, N items in the pile, I holdings (an item in a hand).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import sparse, stats

from stillwatch.stats.tails import binomial_log10_tail, poisson_log10_lower_tail

Ints = npt.NDArray[np.int64]

MOST_TIMES = 4
"""Planned repetitions that are looked for."""
HANDS_A_TIME = 3
"""Hands there must be for each repetition looked for: where every hand holds everything, nothing was dealt."""


SAME_SHARE, LEAST_COMMON = 0.5, 2
"""Share of the smaller hand, and items, that two hands must have in common to be one list given twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealing:
    """How the hands came by their items."""

    log10_p: float
    """Decimal logarithm of the p-value, at most 0."""
    times: int
    """How often each item seems to have been dealt."""
    covered: float
    """Share of the pile that the hands hold together."""
    repeated: int
    """Pairs of hands that hold the same item, counted for each item."""
    expected: float
    """The same if the hands drew independently, all items equally popular."""


def dealing(items: Ints, hands: Ints, *, pile: int) -> Dealing:
    """Test the null that the hands drew from the pile independently of each other.

    Two tests, and the better one's p-value times their number. *Once*: the pairs of hands that hold an item in common
    are too few, against a Poisson of the mean that equal popularity gives, which is the least of any popularity.
    *Several times* (2 to ``MOST_TIMES``): too many of the items that any hand holds are held by exactly so many,
    against the greatest chance of this that any popularity gives. Two hands of which one is mostly the other's copy do
    not count there: somebody runs a list twice.

    Args:
        items: What is held, numbers from the pile. Shape (I,).
        hands: Who holds it; each item at most once in a hand. Shape (I,).
        pile: N.

    Returns:
        Assumed under the null: the items of one hand are drawn one by one, and for *several times* the hands are about
        as large as each other. Hands that take whole chapters repeat each other less evenly than that. The p-value is
        1 where fewer than two hands hold anything.
    """
    _, sizes = np.unique(hands, return_counts=True)
    _, held_by = np.unique(items, return_counts=True)
    expected = float(sizes.sum() ** 2 - (sizes.astype(np.float64) ** 2).sum()) / (2.0 * pile)
    repeated = int((held_by * (held_by - 1) // 2).sum())
    tails = {1: poisson_log10_lower_tail(repeated, expected) if repeated < expected else 0.0}
    stays = ~_is_copy(items, hands)
    several, own = len(np.unique(hands[stays])), np.unique(items[stays], return_counts=True)[1]
    for times in range(2, MOST_TIMES + 1):
        if several >= HANDS_A_TIME * times:
            tails[times] = binomial_log10_tail(int((own == times).sum()), len(own), greatest_share_of(times, several))
    best = min(tails, key=lambda one: tails[one])
    return Dealing(
        log10_p=min(0.0, tails[best] + float(np.log10(len(tails)))),
        times=best,
        covered=len(held_by) / pile,
        repeated=repeated,
        expected=expected,
    )


def _is_copy(items: Ints, hands: Ints) -> npt.NDArray[np.bool_]:
    """Say of each holding whether it is of a hand that is mostly another's copy, or has one. Shape (I,)."""
    _, hand, sizes = np.unique(hands, return_inverse=True, return_counts=True)
    _, item = np.unique(items, return_inverse=True)
    has = sparse.csr_matrix((np.ones(len(hand), np.int64), (hand, item)), shape=(len(sizes), len(items)))
    common = (has @ has.T).tocoo()
    smaller = np.minimum(sizes[common.row], sizes[common.col])
    alike = (common.row != common.col) & (common.data >= np.maximum(SAME_SHARE * smaller, LEAST_COMMON))
    copies = np.zeros(len(sizes), np.bool_)
    copies[common.row[alike]] = True
    answer: npt.NDArray[np.bool_] = copies[hand]
    return answer


@lru_cache(maxsize=4_096)
def greatest_share_of(times: int, hands: int) -> float:
    """Give the greatest chance that an item which some hand holds is held by exactly so many hands.

    Each hand holds it with the same chance, independently; the chance at which exactly ``times`` is likeliest is taken.
    What holds for every item holds for a mixture of items of any popularity.

    Args:
        times: 1 to ``hands``.
        hands: H.

    Example:
        >>> round(greatest_share_of(2, 1_000), 3)
        0.324
    """
    chance = np.geomspace(1e-6, 1.0 - 1e-9, 2_000)
    share = stats.binom.pmf(times, hands, chance) / -np.expm1(hands * np.log1p(-chance))
    return float(share.max())
