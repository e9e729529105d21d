# SPDX-License-Identifier: Apache-2.0
"""Which organisations use which system prompt, and since when."""

from stillwatch.detection.relations.tables import Table, window_of


def systems(sightings: Table, *, cadence_us: int) -> Table:
    """Give ``SYSTEMS``.

    Args:
        sightings: Repeats do no harm.
        cadence_us: A window's length.
    """
    used = sightings.filter(sightings.system_hash != 0)
    first = used.group_by("system_hash", "org").agg(first_us=used.ts_us.min())
    return first.mutate(window_us=window_of(first.first_us, cadence_us))
