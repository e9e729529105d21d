# SPDX-License-Identifier: Apache-2.0
"""The ultimate parents of an entity: who stands at the top of the chains through which it is held."""

from decimal import Decimal
from typing import Final

import msgspec

from stillwatch.access.ownership.register import Register

MAJORITY: Final = Decimal(50)
"""From this per cent an owner counts as a parent. Whoever has control counts whatever it owns."""


class Parents(msgspec.Struct, frozen=True, kw_only=True):
    """The tops of an entity's chains."""

    entities: tuple[str, ...]
    """Ids, in order; the entity itself where nobody is above it."""
    is_complete: bool
    """False where a share of half or more, somewhere on the way up, has no known holder."""

    def countries(self, register: Register, *, unknown: str) -> tuple[str, ...]:
        """The countries of their headquarters, in order, with ``unknown`` where one or a parent is not known."""
        found = {register.entities[parent].country or unknown for parent in self.entities}
        return tuple(sorted(found | (set() if self.is_complete else {unknown})))


def ultimate_parents(register: Register, entity_id: str) -> Parents:
    """Walk up from an entity through parents until nobody is above.

    A parent holds at least half, an unknown part (it may be half), or control. Entities that are each other's parents
    count all together.

    Raises:
        BadInput: The register has no such entity.
    """
    register.entity(entity_id)
    reached, waiting, tops, is_complete = {entity_id}, [entity_id], set(), True
    while waiting:
        current = waiting.pop()
        above = _parents(register, current)
        is_complete = is_complete and register.unaccounted_percent(current) < MAJORITY
        if not above:
            tops.add(current)
        waiting += sorted(above - reached)
        reached |= above
    # Where every chain ends in a ring of cross-holdings nobody is at the top: then all that were passed count.
    return Parents(entities=tuple(sorted(tops or reached)), is_complete=is_complete)


def _parents(register: Register, entity_id: str) -> set[str]:
    owners = {one.owner for one in register.owners.get(entity_id, ()) if one.percent is None or one.percent >= MAJORITY}
    return owners | {one.holder for one in register.controls.get(entity_id, ())}
