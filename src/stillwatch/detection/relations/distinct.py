# SPDX-License-Identifier: Apache-2.0
"""Sightings that were given twice, counted once: the same account, instant and exchange hash.

Looking for them costs one aggregation of three columns; taking them out touches only them.
"""

import ibis
import pyarrow as pa

from stillwatch.detection.relations.tables import KEY, Table
from stillwatch.detection.sightings import SIGHTINGS

REPEATS = pa.schema([SIGHTINGS.field(name) for name in KEY])
"""Keys that more than one row has."""


def repeated(sightings: Table) -> Table:
    """Give ``REPEATS``."""
    counted = sightings.group_by(KEY).agg(times=sightings.count())
    return counted.filter(counted.times > 1).select(*KEY)


def distinct(sightings: Table, repeats: Table) -> Table:
    """Give the sightings, each key once; where its rows differ, the least by the other columns in their order.

    Args:
        sightings: The rows as they came.
        repeats: ``REPEATS`` of them.
    """
    others = [name for name in sightings.columns if name not in KEY]
    copies = sightings.semi_join(repeats, KEY)
    numbered = copies.mutate(copy=ibis.row_number().over(ibis.window(group_by=list(KEY), order_by=others)))
    return sightings.anti_join(repeats, KEY).union(numbered.filter(numbered.copy == 0).select(*sightings.columns))
