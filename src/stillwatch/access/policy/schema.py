# SPDX-License-Identifier: Apache-2.0
"""What policies may speak of: types of principals, of the model and of the context, each attribute with its type.

Every attribute is always there: facts are total. From these tables come Cedar's schema, against which policies are
validated, the entities that they are evaluated on, and the variables of a proof.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from stillwatch.access.policy.facts import Action, Reseller, Vetting
from stillwatch.records.binding import ExportClass


class Kind(StrEnum):
    """The type of an attribute, by its name in Cedar."""

    TEXT = "String"
    NUMBER = "Long"
    FLAG = "Bool"
    TEXTS = "Set<String>"
    ORGANISATION = "Organisation"


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute."""

    kind: Kind
    values: tuple[str, ...] = ()
    """Of a text: the only values it takes; empty where any text may stand."""
    least: int | None = None
    most: int | None = None
    """Of a number: its range."""
    is_id: bool = False
    """Whether it is the entity's own id."""
    is_never_empty: bool = False
    """Of a set: whether it always holds something, ``unknown`` where nothing else."""
    is_optional: bool = False
    """Whether it may be missing. None of ours may."""


def _text(*values: str) -> Attribute:
    return Attribute(kind=Kind.TEXT, values=tuple(str(value) for value in values))


def _number(least: int, most: int) -> Attribute:
    return Attribute(kind=Kind.NUMBER, least=least, most=most)


_TEXTS = Attribute(kind=Kind.TEXTS)
_SOME_TEXTS = Attribute(kind=Kind.TEXTS, is_never_empty=True)
_ORGANISATION = Attribute(kind=Kind.ORGANISATION)


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """A whole schema: entity types with their attributes and parents, the context, the actions."""

    principals: Mapping[str, Mapping[str, Attribute]]
    resources: Mapping[str, Mapping[str, Attribute]]
    context: Mapping[str, Attribute]
    actions: tuple[str, ...]
    parents: Mapping[str, str]
    """The type of an entity's parent, by the entity's own."""


SHAPE: Final = Shape(
    principals={
        "Organisation": {
            "organisation": _ORGANISATION,
            "tier": _number(0, 9),
            "vetting": _text(*Vetting),
            "hq_country": _text(),
            "parent_countries": _SOME_TEXTS,
            "ownership_clear": _TEXTS,
            "ownership_flagged": _TEXTS,
            "ownership_unresolved": _TEXTS,
            "ownership_restricted": _TEXTS,
            "requirements": _TEXTS,
            "screened": _TEXTS,
            "open_hits": _number(-1, 1_000_000),
            "confirmed_hits": _number(-1, 1_000_000),
            "credentials": _TEXTS,
            "terms": _text(),
            "models": _TEXTS,
            "uses": _TEXTS,
            "end_uses": _SOME_TEXTS,
            "reseller": _text(*Reseller),
            "licences": _TEXTS,
        },
        "Account": {"organisation": _ORGANISATION},
        "Key": {"organisation": _ORGANISATION, "scopes": _TEXTS, "models": _TEXTS, "binding": _number(0, 3)},
        "Person": {"organisation": _ORGANISATION, "export_class": _text(*ExportClass), "roles": _TEXTS},
    },
    resources={"Model": {"name": Attribute(kind=Kind.TEXT, is_id=True), "control_class": _text()}},
    context={
        "country": _text(),
        "hosting": _text("yes", "no", "unknown"),
        "binding": _number(0, 3),
        "person_class": _text(*ExportClass),
        "standing": _number(0, 4),
        "now": _number(0, 4_102_444_800),
    },
    actions=tuple(str(action) for action in Action),
    parents={"Account": "Organisation", "Key": "Account", "Person": "Organisation"},
)
"""``context.now`` is in seconds since the epoch, until the year 2100."""


def schema_text(shape: Shape = SHAPE) -> str:
    """A schema in Cedar's own syntax."""
    lines = []
    for name, attributes in {**shape.principals, **shape.resources}.items():
        parent = f" in [{shape.parents[name]}]" if name in shape.parents else ""
        lines.append(f"entity {name}{parent} = {_record(attributes)};")
    lines.append(f"type Circumstances = {_record(shape.context)};")
    applies = f"principal: [{', '.join(shape.principals)}], resource: [{', '.join(shape.resources)}]"
    lines.append(f"action {', '.join(shape.actions)} appliesTo {{ {applies}, context: Circumstances }};")
    return "\n".join(lines) + "\n"


def _record(attributes: Mapping[str, Attribute]) -> str:
    inside = (f"{name}{'?' if one.is_optional else ''}: {one.kind.value}" for name, one in attributes.items())
    return f"{{ {', '.join(inside)} }}"
