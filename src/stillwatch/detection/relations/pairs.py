# SPDX-License-Identifier: Apache-2.0
"""Accounts of different organisations that hold the same token, and how rare what they share is.

Cost: quadratic in the accounts that hold one token; the cap bounds a token's organisations, not its accounts.
"""

import ibis

from stillwatch.detection.relations.interface import PAIRS
from stillwatch.detection.relations.tables import Table

TOKEN = ("kind", "token")


def pairs(postings: Table, *, cap: int) -> Table:
    """Give ``PAIRS``.

    Args:
        postings: ``POSTINGS``, each ``account``, ``kind`` and ``token`` once.
        cap: A token that more organisations hold says nothing and makes no pair.
    """
    # Not a count of distinct organisations, which not every engine computes exactly.
    organisations = postings.select(*TOKEN, "org").distinct()
    holders = organisations.group_by(TOKEN).agg(df=organisations.count())
    telling = postings.join(holders.filter(holders.df.between(2, cap)), TOKEN)
    one, other = telling, telling.view()
    met = one.join(other, [*TOKEN, one.account < other.account, one.org != other.org])
    return met.select(
        account_a=one.account,
        account_b=other.account,
        kind=one.kind,
        token=one.token,
        df=one.df,
        since_us=ibis.greatest(one.first_us, other.first_us),
    ).select(*PAIRS.names)


def edges(pairs: Table, *, organisations: int) -> Table:
    """Give ``EDGES``.

    Args:
        pairs: ``PAIRS``.
        organisations: How many there are in all, at least as many as hold any token.
    """
    rarity = (ibis.literal(organisations).cast("float64") / pairs.df.cast("float64")).ln()
    return pairs.group_by("account_a", "account_b").agg(
        shared=pairs.count(), weight=rarity.sum(), since_us=pairs.since_us.min()
    )
