# SPDX-License-Identifier: Apache-2.0
"""A dossier's owners as the register that the rules of ownership are held against."""

from collections.abc import Mapping
from decimal import Decimal

from stillwatch.access.ownership.register import Control, Entity, EntityKind, Register, Stake
from stillwatch.access.vetting.consistency import exact
from stillwatch.access.vetting.dossier import SELF, Dossier, Owner, OwnerKind, Right

_KINDS = {
    OwnerKind.ORGANISATION: EntityKind.ORGANISATION,
    OwnerKind.PERSON: EntityKind.PERSON,
    OwnerKind.STATE: EntityKind.STATE,
    # Who may be an organisation may have owners that nobody knows.
    OwnerKind.UNKNOWN: EntityKind.ORGANISATION,
}
_MEANS = {
    Right.BOARD: "the right to name most of the board",
    Right.VETO: "a veto",
    Right.CONTRACT: "control by contract",
}


def register_of(dossier: Dossier, lists: Mapping[str, tuple[str, ...]] | None = None) -> Register:
    """The organisation (``self``) and its owners.

    Args:
        dossier: Whose; without the group of ownership the organisation stands alone, with no share accounted for.
        lists: The lists that one of them is confirmed to stand on, by the owner's id or ``self``.

    Raises:
        BadInput: They contradict each other: a ring that owns itself whole, a person that is owned, …
    """
    lists = lists or {}
    ownership = dossier.ownership
    identity = dossier.identity
    own = Entity(
        entity_id=SELF,
        name=identity.legal_name,
        country=identity.country,
        lists=lists.get(SELF, ()),
        unknown_percent=None if ownership is None else exact(ownership.unknown_percent),
        dispersed_percent=Decimal(0) if ownership is None else exact(ownership.dispersed_percent),
    )
    if ownership is None:
        return Register([own])
    return Register(
        [own, *(_entity(owner, lists.get(owner.id, ())) for owner in ownership.owners)],
        [
            Stake(owner=one.owner, owned=one.owned, percent=None if one.percent is None else exact(one.percent))
            for one in ownership.stakes
        ],
        [
            Control(holder=one.owner, over=one.owned, means=_MEANS[right])
            for one in ownership.stakes
            for right in one.rights
        ],
    )


def _entity(owner: Owner, lists: tuple[str, ...]) -> Entity:
    return Entity(
        entity_id=owner.id,
        name=owner.name,
        kind=_KINDS[owner.kind],
        country=owner.country,
        lists=lists,
        unknown_percent=None if owner.unknown_percent is None else exact(owner.unknown_percent),
        dispersed_percent=exact(owner.dispersed_percent),
    )
