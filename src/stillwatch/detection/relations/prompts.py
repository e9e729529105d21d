# SPDX-License-Identifier: Apache-2.0
"""Prompts as postings, so that two accounts that run the same list are found as two that share a card are."""

import ibis

from stillwatch.detection.relations.interface import POSTINGS, PROMPTS_CAP
from stillwatch.detection.relations.tables import Table

KIND = "prompt"


def prompts(firsts: Table) -> Table:
    """Give ``POSTINGS`` of the kind ``prompt``: each account's smallest prompt hashes among its first messages.

    The smallest hashes are a consistent sample: two accounts that send the same prompts keep the same ones.

    Args:
        firsts: ``FIRSTS_AND_ORG``.
    """
    sent = firsts.filter(firsts.prompt_hash != 0)
    first = sent.group_by(account=sent.account, token=sent.prompt_hash).agg(
        window_us=sent.window_us.min(), org=sent.org.min(), first_us=sent.ts_us.min()
    )
    smallest = ibis.window(group_by="account", order_by="token")
    placed = first.mutate(place=ibis.row_number().over(smallest), kind=ibis.literal(KIND))
    return placed.filter(placed.place < PROMPTS_CAP).select(*POSTINGS.names)
