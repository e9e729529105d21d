# SPDX-License-Identifier: Apache-2.0
"""What each account's first exchanges were about."""

import ibis

from stillwatch.detection.relations.interface import LESSONS_CAP
from stillwatch.detection.relations.tables import KEY, Table, in_order, window_of


def lessons(sightings: Table, known: Table, *, cadence_us: int) -> Table:
    """Give ``LESSONS``.

    Args:
        sightings: Each counted once.
        known: ``KNOWN``: how many of each account's exchanges came before these; absent means none.
        cadence_us: A window's length.
    """
    placed = sightings.select(*KEY, "has_content").mutate(place=ibis.row_number().over(in_order("account")))
    # What no earlier count could bring below the cap is gone before the join.
    early = placed.filter(placed.place < LESSONS_CAP, placed.has_content)
    counted = early.left_join(known.select(account="account", before="count"), "account").select(
        *(early[name] for name in KEY), k=early.place + known["count"].coalesce(0) + 1
    )
    kept = counted.filter(counted.k <= LESSONS_CAP)
    return kept.join(sightings.select(*KEY, "features"), KEY).select(
        "account", "k", "features", window_us=window_of(kept.ts_us, cadence_us)
    )
