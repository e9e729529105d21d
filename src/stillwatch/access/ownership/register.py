# SPDX-License-Identifier: Apache-2.0
"""Who owns and controls whom: entities and the stakes between them, as declared, checked for contradictions.

What is declared is never completed: a stake whose per cent is not known stays unknown, and so does whatever part of an
entity nobody is named for. Cross-holdings (cycles) exist in law and are allowed, unless a ring holds itself whole:
somebody outside must own something of it. Own shares are to be left out and per cents taken of the shares outstanding.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from stillwatch.errors import BadInput

WHOLE: Final = Decimal(100)


class EntityKind(StrEnum):
    """What an entity is. A person and a state have no owners."""

    ORGANISATION = "organisation"
    PERSON = "person"
    STATE = "state"


class Entity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A legal or natural person."""

    entity_id: str
    name: str
    kind: EntityKind = EntityKind.ORGANISATION
    country: str | None = None
    """Country of its headquarters (of a person: of nationality), ISO 3166-1 alpha-2; None: not known."""
    lists: tuple[str, ...] = ()
    """Lists it is confirmed to stand on, by the names that the rules use."""
    unknown_percent: Decimal | None = None
    """Share whose holders are not known, as declared. It is held against the sum; what counts as unknown is all that
    no stake of known size and no free float accounts for, declared or not."""
    dispersed_percent: Decimal = Decimal(0)
    """Share held by many small holders (a free float), of whom none has a part that must be reported."""


class Stake(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of ``owned`` that ``owner`` holds."""

    owner: str
    owned: str
    percent: Decimal | None = None
    """In (0, 100]; None: it holds something, nobody knows how much."""


class Control(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Power over an entity beside shares in it."""

    holder: str
    over: str
    means: str
    """In words that fit after "has": ``a seat on the board``, ``a veto``."""


class Register:
    """Entities, the stakes in them and the control over them.

    Raises:
        BadInput: Two entities with one id; a stake or a control that names nobody; a per cent out of range; two
            stakes of one owner in one entity; an entity that owns itself, or that is owned to more than 100 per cent;
            a person or state that is owned; a ring of entities that own each other whole.
    """

    def __init__(
        self, entities: Iterable[Entity], stakes: Iterable[Stake] = (), controls: Iterable[Control] = ()
    ) -> None:
        self.entities: Mapping[str, Entity] = _by_id(entities)
        self.owners: Mapping[str, Sequence[Stake]] = _grouped(stakes)
        """Stakes by what is owned, by owner's id."""
        self.controls: Mapping[str, Sequence[Control]] = _controls(controls)
        """Control by whom it is over."""
        self._check()

    def name(self, entity_id: str) -> str:
        """An entity's name."""
        return self.entities[entity_id].name

    def entity(self, entity_id: str) -> Entity:
        """One entity.

        Raises:
            BadInput: There is none of that id.
        """
        found = self.entities.get(entity_id)
        if found is None:
            raise BadInput(f'The register has no entity "{entity_id}".')
        return found

    def unaccounted_percent(self, entity_id: str) -> Decimal:
        """The share that no stake of known size and no free float accounts for, in [0, 100]: it may be anybody's.

        Of a person or a state it is 0.
        """
        entity = self.entities[entity_id]
        if entity.kind is not EntityKind.ORGANISATION:
            return Decimal(0)
        return WHOLE - self._declared(entity)

    def _declared(self, entity: Entity) -> Decimal:
        stakes = self.owners.get(entity.entity_id, ())
        return entity.dispersed_percent + sum((one.percent for one in stakes if one.percent is not None), Decimal(0))

    def _check(self) -> None:
        for owned, stakes in self.owners.items():
            for stake in stakes:
                self._check_stake(stake)
            if self.entities[owned].kind is not EntityKind.ORGANISATION:
                raise BadInput(f"{self._shown(owned)} is a {self.entities[owned].kind.value} and cannot be owned.")
        for control in (one for group in self.controls.values() for one in group):
            for end in (control.holder, control.over):
                if end not in self.entities:
                    raise BadInput(f'A control names "{end}", which is no entity of the register.')
        for entity in self.entities.values():
            self._check_sum(entity)
        self._check_rings()

    def _check_stake(self, stake: Stake) -> None:
        for end in (stake.owner, stake.owned):
            if end not in self.entities:
                raise BadInput(f'A stake names "{end}", which is no entity of the register.')
        if stake.owner == stake.owned:
            raise BadInput(
                f"{self._shown(stake.owner)} is said to own itself.",
                hint="Leave own shares out and give per cents of the shares outstanding.",
            )
        if stake.percent is not None and not 0 < stake.percent <= WHOLE:
            raise BadInput(
                f"{self._shown(stake.owner)} is said to own {stake.percent} % of {self._shown(stake.owned)}.",
                hint="A per cent is above 0 and at most 100; leave it out where it is not known.",
            )

    def _check_sum(self, entity: Entity) -> None:
        for share in (entity.unknown_percent, entity.dispersed_percent):
            if share is not None and not 0 <= share <= WHOLE:
                raise BadInput(f"{self._shown(entity.entity_id)} has a share of {share} %, outside 0 to 100.")
        total = self._declared(entity) + (entity.unknown_percent or 0)
        if total > WHOLE:
            raise BadInput(
                f"The shares of {self._shown(entity.entity_id)} add up to {total} %, more than 100.",
                hint="Correct the stakes, or leave out the per cent of those that are not certain.",
            )

    def _check_rings(self) -> None:
        """Refuse a group of entities whose only owners, to 100 per cent, are among themselves."""
        rooted = {name for name in self.entities if self._has_outside(name)}
        before = -1
        while len(rooted) != before:
            before = len(rooted)
            rooted |= {name for name, stakes in self.owners.items() if any(one.owner in rooted for one in stakes)}
        lost = sorted(set(self.entities) - rooted)
        if lost:
            names = ", ".join(self._shown(name) for name in lost[:5])
            raise BadInput(
                f"A ring of entities owns itself whole, so that nobody owns it: {names}.",
                hint="Name an owner outside the ring, or an unknown share.",
            )

    def _has_outside(self, entity_id: str) -> bool:
        """Whether a part of an entity belongs to nobody in the register, or it needs no owner."""
        is_ownable = self.entities[entity_id].kind is EntityKind.ORGANISATION
        return not is_ownable or self._declared_by_stakes(entity_id) < WHOLE

    def _declared_by_stakes(self, entity_id: str) -> Decimal:
        stakes = self.owners.get(entity_id, ())
        if any(one.percent is None for one in stakes):
            return Decimal(0)
        return sum((one.percent for one in stakes if one.percent is not None), Decimal(0))

    def _shown(self, entity_id: str) -> str:
        entity = self.entities.get(entity_id)
        return f'"{entity.name}" ({entity_id})' if entity is not None else f'"{entity_id}"'


def _by_id(entities: Iterable[Entity]) -> dict[str, Entity]:
    found: dict[str, Entity] = {}
    for entity in entities:
        if entity.entity_id in found:
            raise BadInput(f'Two entities have the id "{entity.entity_id}".')
        found[entity.entity_id] = entity
    return dict(sorted(found.items()))


def _grouped(stakes: Iterable[Stake]) -> dict[str, tuple[Stake, ...]]:
    groups: dict[str, dict[str, Stake]] = defaultdict(dict)
    for stake in stakes:
        if stake.owner in groups[stake.owned]:
            raise BadInput(
                f'"{stake.owner}" has two stakes in "{stake.owned}".', hint="Add them up, or name each holding vehicle."
            )
        groups[stake.owned][stake.owner] = stake
    return {owned: tuple(one for _, one in sorted(groups[owned].items())) for owned in sorted(groups)}


def _controls(controls: Iterable[Control]) -> dict[str, tuple[Control, ...]]:
    groups: dict[str, list[Control]] = defaultdict(list)
    for control in sorted(set(controls), key=lambda one: (one.over, one.holder, one.means)):
        groups[control.over].append(control)
    return {over: tuple(group) for over, group in groups.items()}
