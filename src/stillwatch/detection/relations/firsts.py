# SPDX-License-Identifier: Apache-2.0
"""First messages that stayed alone: no second one of the account followed within the hour.

Whether one follows is only known when the hour has passed, so that is when such a message becomes known.
"""

import ibis
import pyarrow as pa

from stillwatch.detection.relations.interface import FIRSTS, FIRSTS_CAP, HOUR_US
from stillwatch.detection.relations.tables import KEY, Table, in_order, window_of

FIRSTS_AND_ORG = FIRSTS.append(pa.field("org", pa.string(), nullable=False))
"""What ``firsts`` gives. The organisation is for those who make postings of them."""


def firsts(sightings: Table, *, cadence_us: int) -> Table:
    """Give ``FIRSTS``, and their ``org``.

    A window's rows are complete where the sightings hold the hour before the window and the window itself.

    Args:
        sightings: Each counted once.
        cadence_us: A window's length.
    """
    alone = _alone(sightings)
    stamped = alone.mutate(window_us=window_of(alone.ts_us + HOUR_US, cadence_us))
    numbered = stamped.mutate(
        place=ibis.row_number().over(in_order("window_us", "account")),
        of_window=stamped.count().over(ibis.window(group_by=["window_us", "account"])),
    )
    kept = numbered.filter(numbered.place < FIRSTS_CAP).drop("place")
    # Only keys were sorted so far; what a message holds is looked up for those that are kept.
    held = [name for name in FIRSTS_AND_ORG.names if name in sightings.columns and name not in KEY]
    return kept.join(sightings.select(*KEY, *held), KEY).select(*FIRSTS_AND_ORG.names)


def _alone(sightings: Table) -> Table:
    """Give the keys of first messages whose account's next first or second message is no second one in time."""
    opening = sightings.filter(sightings.is_first | sightings.is_second).select(*KEY, "is_first", "is_second")
    account = in_order("account")
    led = opening.mutate(
        next_is_second=opening.is_second.lead().over(account), next_us=opening.ts_us.lead().over(account)
    )
    # The account's last message has no next one.
    is_second = led.next_is_second.coalesce(ibis.literal(False))
    waited_us = led.next_us.coalesce(led.ts_us) - led.ts_us
    return led.filter(led.is_first & ~(is_second & (waited_us < HOUR_US))).select(*KEY)
