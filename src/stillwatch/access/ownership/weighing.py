# SPDX-License-Identifier: Apache-2.0
"""Holds entities against a rule of ownership: clear, flagged, unresolved or restricted, and why.

Two least sets are grown, of whom the rule bars. *Certainly barred*: on a list or in a country of the rule, or owned by
certainly barred entities to the threshold by known per cents. *Possibly barred*: the same with everything unknown read
as bad: an unknown country, and any share without a holder or a per cent. What
is not even possibly barred is clear. Whoever is barred counts as wholly barred for whom it owns (the cascade), and
shares are never multiplied along a chain. In cross-holdings, entities do not bar each other unless somebody outside
bars one of them.

Guaranteed, and tested: more barred ownership, or less known of it, never makes a verdict milder; the order of the
input does not matter.

Where the rule says that control is enough, whoever a barred party controls is barred too; else it is a red flag.

Source: BIS, "Expansion of End-User Controls To Cover Affiliates of Certain Listed Entities", 2025 (15 CFR 744.11);
OFAC, "Revised Guidance on Entities Owned by Persons Whose Property and Interests in Property Are Blocked", 2014.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum

import msgspec

from stillwatch.access.ownership.register import Control, Entity, Register, Stake
from stillwatch.access.ownership.rule import OwnershipRule


class Status(StrEnum):
    """What a rule says of an entity, mildest first."""

    CLEAR = "clear"
    FLAGGED = "flagged"
    """Not barred, but a barred party has a minority stake in it or control over it."""
    UNRESOLVED = "unresolved"
    """Nobody can say: a percentage, an owner or a country is not known."""
    RESTRICTED = "restricted"
    """It is what its owners are."""


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Why an entity is barred, or may be."""

    entity_id: str
    listed: tuple[str, ...] = ()
    """Lists of the rule that it is on itself."""
    country: str | None = None
    """The country of the rule that it has its headquarters in."""
    stakes: tuple[Stake, ...] = ()
    """The stakes of barred owners that count."""
    controls: tuple[Control, ...] = ()
    """The control by barred parties that counts."""
    percent: Decimal = Decimal(0)
    """What they come to together (where they are not added: the largest)."""
    open_percent: Decimal = Decimal(0)
    """What may be added to it because it is not known whose it is. 0 in a restriction."""
    is_country_unknown: bool = False


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule says of one entity."""

    rule_id: str
    entity_id: str
    status: Status
    requirements: tuple[str, ...] = ()
    """Those inherited, most restrictive first; the first is the one to meet. Empty unless restricted."""
    causes: tuple[Cause, ...] = ()
    """The entity's own cause first, then those of the owners that it rests on, each once."""
    flags: tuple[str, ...] = ()
    """Red flags, in words."""


def weigh(register: Register, rule: OwnershipRule) -> Mapping[str, Verdict]:
    """Hold every entity of a register against a rule, in or out of force.

    Cost: the number of stakes times the longest chain, at worst.
    """
    certain = _barred(register, rule, _is_named, _known_share)
    possible = _barred(register, rule, _may_be_named, _possible_share)
    return {entity_id: _verdict(register, rule, entity_id, certain, possible) for entity_id in register.entities}


_IsNamed = Callable[[OwnershipRule, Entity], bool]
_Share = Callable[[Register, OwnershipRule, str, Mapping[str, int]], Decimal]


def _barred(register: Register, rule: OwnershipRule, is_named: _IsNamed, share: _Share) -> dict[str, int]:
    """Whom the rule bars, each with the number of steps from those that are named (0)."""
    barred = {key: 0 for key, entity in register.entities.items() if is_named(rule, entity)}
    counting = dict(barred)
    step = 0
    while True:
        step += 1
        # All of a step are judged by the step before, so the order of the register does not matter.
        more = [
            key
            for key in register.entities
            if key not in barred
            and (rule.reaches(share(register, rule, key, counting)) or _controls(register, rule, key, counting))
        ]
        barred.update(dict.fromkeys(more, step))
        if not more or not rule.is_cascading:
            return barred
        counting.update(dict.fromkeys(more, step))


def _is_named(rule: OwnershipRule, entity: Entity) -> bool:
    return any(one.list in entity.lists for one in rule.listings) or entity.country in rule.countries


def _may_be_named(rule: OwnershipRule, entity: Entity) -> bool:
    return _is_named(rule, entity) or (bool(rule.countries) and entity.country is None)


def _controls(
    register: Register, rule: OwnershipRule, entity_id: str, barred: Mapping[str, int]
) -> tuple[Control, ...]:
    """The control by barred parties that bars an entity."""
    controls = register.controls.get(entity_id, ()) if rule.is_control_enough else ()
    return tuple(one for one in controls if one.holder in barred)


def _known_share(register: Register, rule: OwnershipRule, entity_id: str, barred: Mapping[str, int]) -> Decimal:
    parts = [
        one.percent for one in register.owners.get(entity_id, ()) if one.percent is not None and one.owner in barred
    ]
    return sum(parts, Decimal(0)) if rule.is_aggregated else max(parts, default=Decimal(0))


def _possible_share(register: Register, rule: OwnershipRule, entity_id: str, barred: Mapping[str, int]) -> Decimal:
    # One unknown holder may have all that is open; where shares are not added, he may also be one that is named.
    return _known_share(register, rule, entity_id, barred) + register.unaccounted_percent(entity_id)


def _verdict(
    register: Register, rule: OwnershipRule, entity_id: str, certain: Mapping[str, int], possible: Mapping[str, int]
) -> Verdict:
    flags = _flags(register, rule, entity_id, certain)
    if entity_id in certain:
        causes = _causes(register, rule, entity_id, certain, is_certain=True)
        status, requirements = Status.RESTRICTED, _requirements(register, rule, causes)
    elif entity_id in possible:
        causes = _causes(register, rule, entity_id, possible, is_certain=False)
        status, requirements = Status.UNRESOLVED, ()
    else:
        causes, requirements = (), ()
        status = Status.FLAGGED if flags else Status.CLEAR
    return Verdict(
        rule_id=rule.rule_id,
        entity_id=entity_id,
        status=status,
        requirements=requirements,
        causes=causes,
        flags=flags,
    )


def _causes(
    register: Register, rule: OwnershipRule, entity_id: str, barred: Mapping[str, int], *, is_certain: bool
) -> tuple[Cause, ...]:
    """Why an entity is barred, back to those that are named.

    Every barred owner counts, however small its part: the most restrictive of them decides what is inherited.
    """
    counting = barred if rule.is_cascading else {key: step for key, step in barred.items() if step == 0}
    causes: dict[str, Cause] = {}
    waiting = [entity_id]
    while waiting:
        current = waiting.pop(0)
        if current in causes:
            continue
        entity = register.entities[current]
        percent = _known_share(register, rule, current, counting)
        # Whoever is named itself inherits from its owners only where they would bar it too.
        controls = _controls(register, rule, current, counting)
        is_inheriting = barred[current] > 0 or bool(controls) or rule.reaches(percent)
        stakes = tuple(one for one in register.owners.get(current, ()) if is_inheriting and one.owner in counting)
        is_open = not is_certain and barred[current] > 0
        causes[current] = Cause(
            entity_id=current,
            listed=tuple(one.list for one in rule.listings if one.list in entity.lists),
            country=entity.country if entity.country in rule.countries else None,
            stakes=stakes,
            controls=controls,
            percent=percent if stakes else Decimal(0),
            open_percent=register.unaccounted_percent(current) if is_open else Decimal(0),
            is_country_unknown=not is_certain and bool(rule.countries) and entity.country is None,
        )
        waiting += [one.owner for one in stakes] + [one.holder for one in controls]
    return tuple(causes.values())


def _requirements(register: Register, rule: OwnershipRule, causes: Sequence[Cause]) -> tuple[str, ...]:
    """Every requirement among the owners that a restriction rests on, the most restrictive first."""
    lists = {name for cause in causes for name in register.entities[cause.entity_id].lists}
    has_country = any(cause.country is not None for cause in causes)
    found = [one.requirement for one in rule.listings if one.list in lists]
    found += [rule.country_requirement] if has_country else []
    return tuple(dict.fromkeys(found))


def _flags(register: Register, rule: OwnershipRule, entity_id: str, certain: Mapping[str, int]) -> tuple[str, ...]:
    """Red flags: a minority stake of a barred party, or its control."""
    flags = []
    if entity_id not in certain:
        for stake in register.owners.get(entity_id, ()):
            if stake.owner in certain and (stake.percent is None or stake.percent >= rule.flag_percent):
                part = "an unknown part" if stake.percent is None else f"{stake.percent.normalize():f} %"
                flags.append(f"{register.name(stake.owner)}, which the rule bars, holds {part}")
    is_flag = entity_id not in certain or not rule.is_control_enough
    flags += [
        f"{register.name(one.holder)}, which the rule bars, has {one.means}"
        for one in register.controls.get(entity_id, ())
        if is_flag and one.holder in certain
    ]
    return tuple(flags)
