# SPDX-License-Identifier: Apache-2.0
"""Contradictions within a dossier, and between dossiers. Each is one sentence; none is repaired by a guess."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from stillwatch.access.vetting.dossier import SELF, Dossier, Ownership
from stillwatch.access.vetting.lei import is_lei

ROUNDING = Decimal("0.5")
"""Per cent by which stated stakes may fall short of the whole: owners are published in rounded figures."""

_JOINERS = {0x200C: None, 0x200D: None}
"""Invisible, and yet a part of how names are written in Arabic and Indic scripts."""
_SEPARATORS = re.compile(r"[\s./\\_-]+")


class Registration(NamedTuple):
    """What makes an organisation one and the same in the registers of companies."""

    number: str
    """The registration number in its plain form; empty where there is none."""
    country: str
    """Whose register; empty where it is not said."""
    lei: str

    def is_same(self, other: "Registration") -> bool:
        """Whether both name one entity: the same LEI, or the same number where the registers may be the same one."""
        if self.lei and self.lei == other.lei:
            return True
        may_be_one_register = not self.country or not other.country or self.country == other.country
        return bool(self.number) and self.number == other.number and may_be_one_register


def plain_number(number: str) -> str:
    """A registration number without what people add to read it.

    Example:
        >>> plain_number("hrb 12-345.6")
        'HRB123456'
    """
    return _SEPARATORS.sub("", number).upper()


def registration_of(dossier: Dossier) -> Registration:
    """What a dossier says of registers; empty texts where it says nothing."""
    identity = dossier.identity
    return Registration(
        number=plain_number(identity.registration_number or ""),
        country=identity.registered_in or "",
        lei=identity.lei or "",
    )


def exact(percent: float) -> Decimal:
    """A per cent as it was written: 33.3, not the nearest binary fraction."""
    return Decimal(str(percent))


def first_contradiction(dossier: Dossier) -> tuple[str, str] | None:
    """The first thing in a dossier that cannot be so.

    Returns:
        Where (``ownership.stakes[2]``) and what, as the end of a sentence; None where it holds together.
    """
    return next(_contradictions(dossier), None)


def _contradictions(dossier: Dossier) -> Iterator[tuple[str, str]]:
    yield from _bad_texts(msgspec.to_builtins(dossier))
    yield from _bad_leis(dossier)
    if dossier.ownership is not None:
        yield from _bad_ownership(dossier.ownership)
    for group in ("identity", "ownership", "people", "end_use", "channel", "terms", "scope"):
        found = getattr(dossier, group)
        if found is not None and not _is_after(found.proof.expires_at, found.proof.verified_at):
            yield f"{group}.proof", "expires before it was verified"
    for number, credential in enumerate(dossier.assurance.credentials if dossier.assurance else ()):
        if not _is_after(credential.expires_at, credential.issued_at):
            yield f"assurance.credentials[{number}]", "expires before it was issued"


def _bad_texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Texts that a terminal or a list would not show as they are."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _bad_texts(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _bad_texts(inner, f"{path}[{number}]")
    elif isinstance(value, str):
        if value != value.strip():
            yield path, "has spaces around it"
        elif not value.translate(_JOINERS).isprintable():
            yield path, f"holds characters that cannot be printed: {value[:40]!a}"


def _is_after(end: object, start: object) -> bool:
    return end is None or end > start  # type: ignore[operator]


def _bad_leis(dossier: Dossier) -> Iterator[tuple[str, str]]:
    stated = [("identity.lei", dossier.identity.lei)]
    for number, owner in enumerate(dossier.ownership.owners if dossier.ownership else ()):
        stated.append((f"ownership.owners[{number}].lei", owner.lei))
    for number, reseller in enumerate(dossier.channel.resellers if dossier.channel else ()):
        stated.append((f"channel.resellers[{number}].lei", reseller.lei))
    for where, lei in stated:
        if lei is not None and not is_lei(lei):
            yield where, f"is {lei[:40]!a}, which is no LEI: its form or its check digits are wrong"


def _bad_ownership(ownership: Ownership) -> Iterator[tuple[str, str]]:
    names = {owner.id for owner in ownership.owners}
    if len(names) != len(ownership.owners) or SELF in names:
        yield "ownership.owners", f'uses an id twice, or the id "{SELF}", which is the organisation\'s own'
        return
    seen: set[tuple[str, str]] = set()
    for number, stake in enumerate(ownership.stakes):
        where = f"ownership.stakes[{number}]"
        for name in (stake.owner, stake.owned):
            if name not in names and (name != SELF or name == stake.owner):
                yield where, f"names {name}, who is not among the owners"
        if stake.owner == stake.owned:
            yield where, f"says that {stake.owner} owns itself"
        if (stake.owner, stake.owned) in seen:
            yield where, f"repeats the stake of {stake.owner} in {stake.owned}"
        seen.add((stake.owner, stake.owned))
    unnamed = {owner.id for owner in ownership.owners} - {stake.owner for stake in ownership.stakes}
    if unnamed:
        yield "ownership.owners", f"names {min(unnamed)}, who holds no stake"
    yield from _bad_sums(ownership)


def _bad_sums(ownership: Ownership) -> Iterator[tuple[str, str]]:
    known: dict[str, Decimal] = defaultdict(Decimal)
    known[SELF] = exact(ownership.dispersed_percent)
    for owner in ownership.owners:
        known[owner.id] = exact(owner.dispersed_percent)
    open_stakes: set[str] = set()
    for stake in ownership.stakes:
        known[stake.owned] += exact(stake.percent or 0)
        if stake.percent is None:
            open_stakes.add(stake.owned)
    unknown = {SELF: exact(ownership.unknown_percent)} | {
        owner.id: exact(owner.unknown_percent) for owner in ownership.owners if owner.unknown_percent is not None
    }
    for owned in sorted(known.keys() | unknown.keys()):
        whose = "the organisation" if owned == SELF else owned
        total = known[owned] + unknown.get(owned, 0)
        if total > 100:
            yield "ownership", f"gives {total.normalize():f} per cent of {whose} away, which is more than there is"
        elif owned in open_stakes and known[owned] >= 100:
            yield "ownership", f"leaves nothing of {whose} for a stake whose per cent is not known"
        elif owned in unknown and total < 100 - ROUNDING:
            yield (
                "ownership",
                f"accounts for {total.normalize():f} per cent of {whose}; add the rest to unknown_percent",
            )


def first_twins(dossiers: Iterable[Dossier]) -> tuple[str, str] | None:
    """The first two dossiers of different organisations that a register would call one; None where there are none.

    Cost: linear, but for organisations that share a number.
    """
    seen: dict[str, list[tuple[str, Registration]]] = defaultdict(list)
    for dossier in dossiers:
        registration = registration_of(dossier)
        for key in {registration.number, registration.lei} - {""}:
            for org_id, other in seen[key]:
                if org_id != dossier.org_id and registration.is_same(other):
                    return org_id, dossier.org_id
            seen[key].append((dossier.org_id, registration))
    return None
