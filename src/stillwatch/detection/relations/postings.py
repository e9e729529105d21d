# SPDX-License-Identifier: Apache-2.0
"""What each account was seen to hold: means of payment, networks, clients, autonomous systems, claims, models."""

import ibis

from stillwatch.detection.relations.tables import Table, window_of

KINDS = ("payment", "network", "client", "asn", "claim", "model")
"""The columns of a sighting that are tokens; a null is no token."""


def postings(sightings: Table, *, cadence_us: int) -> Table:
    """Give ``POSTINGS`` of every kind but ``prompt``.

    Args:
        sightings: Repeats do no harm.
        cadence_us: A window's length.
    """
    return ibis.union(*(_of_kind(sightings, kind, cadence_us) for kind in KINDS))


def _of_kind(sightings: Table, kind: str, cadence_us: int) -> Table:
    # Grouped before they are brought together: the kind is then no part of a key.
    held = sightings.filter(sightings[kind].notnull())
    first = held.group_by(account=held.account, token=held[kind]).agg(org=held.org.min(), first_us=held.ts_us.min())
    return first.select(
        window_us=window_of(first.first_us, cadence_us),
        account=first.account,
        kind=ibis.literal(kind),
        token=first.token,
        org=first.org,
        first_us=first.first_us,
    )
