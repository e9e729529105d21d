# SPDX-License-Identifier: Apache-2.0
"""Whether several hands were dealt from one pile, each item once or as often as planned, or drew from it by chance.

Hands that draw independently of each other repeat each other's items: by an item as often as its popularity says, and
least often where all items are equally popular. A dealer repeats none, or each exactly so many times. Both are seen in
how many hands hold each item, and in nothing else.

Symbols: H hands, N items in the pile, I holdings (an item in a hand).
"""

from dataclasses import dataclass
from functools import lru_cache
from math import ceil

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
    are too few, against a Poisson of the mean that equal popularity gives, which is the least of any popularity. Where
    the pairs that there are come in clumps (two hands that took the same chapter hold many items in common), both are
    counted in clumps of their mean size.
    *Several times* (2 to ``MOST_TIMES``): too many of the items that any hand holds are held by exactly so many,
    against the greatest chance of this that any popularity gives. Two hands of which one is mostly the other's copy do
    not count there: somebody runs a list twice.

    Args:
        items: What is held, numbers from the pile. Shape (I,).
        hands: Who holds it; each item at most once in a hand. Shape (I,).
        pile: N.

    Returns:
        Assumed under the null: for *several times*, hands about as large as each other; for *once*, clumps that the
        pairs seen tell the size of, so that a p-value far below the chance of no pair at all is overstated for hands
        that take chapters. The p-value is 1 where fewer than two hands hold anything.
    """
    _, hand, sizes = np.unique(hands, return_inverse=True, return_counts=True)
    _, item = np.unique(items, return_inverse=True)
    has = sparse.csr_matrix((np.ones(len(hand), np.int64), (hand, item)), shape=(len(sizes), len(items)))
    common = sparse.triu(has @ has.T, k=1).tocoo()
    _, held_by = np.unique(items, return_counts=True)
    expected = float(sizes.sum() ** 2 - (sizes.astype(np.float64) ** 2).sum()) / (2.0 * pile)
    repeated = int((held_by * (held_by - 1) // 2).sum())
    clump = _clump(common.data, expected / max(1, len(sizes) * (len(sizes) - 1) // 2))
    clumps, expected_clumps = ceil(repeated / clump), expected / clump
    tails = {1: poisson_log10_lower_tail(clumps, expected_clumps) if clumps < expected_clumps else 0.0}
    smaller = np.minimum(sizes[common.row], sizes[common.col])
    alike = common.data >= np.maximum(SAME_SHARE * smaller, LEAST_COMMON)
    is_copy = np.isin(np.arange(len(sizes)), np.append(common.row[alike], common.col[alike]))
    stays = ~is_copy[hand]
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


def _clump(common: Ints, mean: float) -> float:
    """Give how many items two hands have in common where they have any, beyond what chance alone explains.

    Args:
        common: Items in common of each pair of hands that has any.
        mean: Expected items in common of a pair.
    """
    total = float(common.sum())
    return max(1.0, float((common * common).sum()) / total - mean) if total else 1.0


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
