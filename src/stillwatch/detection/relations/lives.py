# SPDX-License-Identifier: Apache-2.0
"""What can be seen of each account without a label: how much it did, from when to when, and how it asks."""

from stillwatch.detection.relations.tables import Table


def lives(sightings: Table) -> Table:
    """Give ``LIVES``.

    Args:
        sightings: Repeats count twice here; nothing is decided on these counts.
    """
    rows = sightings
    return rows.group_by("account", "org").agg(
        count=rows.count(),
        firsts=rows.count(where=rows.is_first),
        systems=rows.count(where=rows.system_hash != 0),
        first_us=rows.ts_us.min(),
        last_us=rows.ts_us.max(),
    )
