# SPDX-License-Identifier: Apache-2.0
"""Registers of example organisations for tests, and a rule to hold them against."""

from decimal import Decimal

from stillwatch.access.ownership.register import Entity, EntityKind, Register, Stake
from stillwatch.access.ownership.rule import Listing, OwnershipRule

LISTINGS = (
    Listing(list="blocked", requirement="no dealings"),
    Listing(list="entity-list", requirement="licence for everything"),
)


def rule(**changes: object) -> OwnershipRule:
    """The 50 per cent rule, but for what is changed."""
    fields = {
        "rule_id": "fifty",
        "title": "the 50 per cent rule",
        "source": "an example",
        "reviewed": "never",
        "threshold_percent": Decimal(50),
        "is_inclusive": True,
        "is_aggregated": True,
        "is_cascading": True,
        "listings": LISTINGS,
    }
    return OwnershipRule(**{**fields, **changes})  # type: ignore[arg-type]


def entity(key: str, **changes: object) -> Entity:
    """An organisation called after its id, in Germany, of whose owners nothing is said."""
    return Entity(**{"entity_id": key, "name": f"Example {key}", "country": "DE", **changes})  # type: ignore[arg-type]


def person(key: str) -> Entity:
    """Somebody who has no owners."""
    return entity(key, kind=EntityKind.PERSON)


def stake(owner: str, owned: str, percent: str | None) -> Stake:
    """A stake; the per cent as text, so that nothing is rounded."""
    return Stake(owner=owner, owned=owned, percent=None if percent is None else Decimal(percent))


def register(*parts: Entity | Stake) -> Register:
    """A register of entities and stakes."""
    return Register(
        [part for part in parts if isinstance(part, Entity)], [part for part in parts if isinstance(part, Stake)]
    )
