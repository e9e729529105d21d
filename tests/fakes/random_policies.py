# SPDX-License-Identifier: Apache-2.0
"""Random well-typed policies over a small schema, random requests, and what Cedar itself makes of them.

The schema has what the product's has not: attributes that may be missing, and numbers near the end of their range.
"""

from json import dumps
from random import Random
from typing import Any

import cedarpy
from cedarpy import pst

from stillwatch.access.policy.proof.symbols import (
    LEAST,
    MOST,
    Assignment,
    Entity,
    Flag,
    Members,
    Number,
    Slot,
    Text,
    Texts,
    Value,
    World,
)
from stillwatch.access.policy.schema import Attribute, Kind, Shape

_TEXT, _MAYBE_TEXT = Attribute(kind=Kind.TEXT), Attribute(kind=Kind.TEXT, is_optional=True)
_NUMBER, _MAYBE_NUMBER = Attribute(kind=Kind.NUMBER), Attribute(kind=Kind.NUMBER, is_optional=True)
_SET, _MAYBE_SET = Attribute(kind=Kind.TEXTS), Attribute(kind=Kind.TEXTS, is_optional=True)
_FLAG = Attribute(kind=Kind.FLAG)
_ORG = Attribute(kind=Kind.ORGANISATION)

SHAPE = Shape(
    principals={
        "Organisation": {
            "organisation": _ORG, "tier": _NUMBER, "alias": _MAYBE_TEXT, "tags": _SET, "marks": _MAYBE_SET,
            "open": _FLAG,
        },
        "Account": {"organisation": _ORG, "tier": _MAYBE_NUMBER},
        "Key": {"organisation": _ORG, "tier": _NUMBER, "scopes": _SET},
    },
    resources={"Model": {"name": Attribute(kind=Kind.TEXT, is_id=True), "class": _MAYBE_TEXT}},
    context={"country": _TEXT, "level": _MAYBE_NUMBER, "items": _SET, "is_new": _FLAG},
    actions=("read", "write"),
    parents={"Key": "Account", "Account": "Organisation"},
)  # fmt: skip
WORDS = ("a", "b", "c", "d")
NUMBERS = (-1, 0, 1, 2, 3, MOST, LEAST, MOST - 1, LEAST + 1)


def random_policy(dice: Random) -> str:
    """A policy without annotations."""
    scope = ", ".join((_principal_scope(dice), _action_scope(dice), _resource_scope(dice)))
    kind = _type_in(scope, dice)
    clauses = "".join(
        f" {dice.choice(['when', 'unless'])} {{ {_flag(dice, kind, 3)} }}" for _ in range(dice.randrange(3))
    )
    return f"{dice.choice(['permit', 'permit', 'forbid'])} ({scope}){clauses};"


def random_assignment(dice: Random) -> Assignment:
    """A request with every fact."""
    kind = dice.choice(list(SHAPE.principals))
    types = [kind, "Model"]
    while types[-1] in SHAPE.parents or types[-1] == "Model":
        types.append(SHAPE.parents.get(types[-1] if types[-1] != "Model" else kind, "Organisation"))
        if types[-1] == "Organisation":
            break
    ids = {one: dice.choice(WORDS) for one in dict.fromkeys(types)}
    attributes = {one: _attributes({**SHAPE.principals, **SHAPE.resources}[one], ids[one], dice) for one in ids}
    attributes["context"] = _attributes(SHAPE.context, "", dice)
    return Assignment(kind, dice.choice(SHAPE.actions), "Model", ids, attributes)


def cedar_s_answer(policies: str, asked: Assignment) -> tuple[set[str], set[str]]:
    """The policies that decide it (as Cedar sees it) and those that err, by their ids."""
    request = {
        "principal": {"type": asked.principal_type, "id": asked.ids[asked.principal_type]},
        "action": {"type": "Action", "id": asked.action},
        "resource": {"type": "Model", "id": asked.ids["Model"]},
        "context": asked.attributes["context"],
    }
    answer = cedarpy.is_authorized(request, policies, dumps(_entities(asked)))
    names = cedarpy.PolicySet.from_str(policies).to_pst().static_policies
    errs = {name for name in names if any(f"`{name}`" in error for error in answer.diagnostics.errors)}
    return set(answer.diagnostics.reasons), errs


def closed_world(asked: Assignment, texts: Texts) -> World:
    """A world in which everything is known."""
    ids = {kind: texts.code(name) for kind, name in asked.ids.items()}
    slots: dict[str, dict[str, Slot]] = {}
    for owner, known in asked.attributes.items():
        declared = SHAPE.context if owner == "context" else {**SHAPE.principals, **SHAPE.resources}[owner]
        slots[owner] = {
            name: Slot(
                _value(attribute, known.get(name), ids, texts), name in known or attribute.kind is Kind.ORGANISATION
            )
            for name, attribute in declared.items()
        }
    return World(SHAPE, texts, asked.principal_type, asked.action, "Model", ids, slots, ())


def trees(policies: str) -> dict[str, pst.Template]:
    """Policies' syntax trees by id."""
    return dict(cedarpy.PolicySet.from_str(policies).to_pst().static_policies)


def _value(attribute: Attribute, known: Any, ids: dict[str, int], texts: Texts) -> Value:
    match attribute.kind:
        case Kind.ORGANISATION:
            return Entity("Organisation", ids["Organisation"], is_asked=True)
        case Kind.TEXTS:
            return Members(Text, [], {texts.code(one): True for one in known or ()})
        case Kind.NUMBER:
            return Number(known or 0)
        case Kind.FLAG:
            return Flag(bool(known))
    return Text(texts.code(known or ""))


def _attributes(declared: Any, own_id: str, dice: Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, attribute in declared.items():
        if attribute.kind is Kind.ORGANISATION or (attribute.is_optional and dice.random() < 0.4):
            continue
        match attribute.kind:
            case Kind.TEXT:
                found[name] = own_id if attribute.is_id else dice.choice(WORDS)
            case Kind.NUMBER:
                found[name] = dice.choice(NUMBERS)
            case Kind.FLAG:
                found[name] = dice.random() < 0.5
            case Kind.TEXTS:
                found[name] = dice.sample(WORDS, dice.randrange(4))
    return found


def _entities(asked: Assignment) -> list[dict[str, Any]]:
    organisation = {"__entity": {"type": "Organisation", "id": asked.ids["Organisation"]}}
    made = []
    for kind, name in asked.ids.items():
        parent = SHAPE.parents.get(kind)
        attributes = dict(asked.attributes[kind]) | ({} if kind == "Model" else {"organisation": organisation})
        parents = [{"type": parent, "id": asked.ids[parent]}] if parent else []
        made.append({"uid": {"type": kind, "id": name}, "attrs": attributes, "parents": parents})
    return made


def _type_in(scope: str, dice: Random) -> str:
    """The type of principal that the conditions may count on."""
    named = [kind for kind in SHAPE.principals if f"principal is {kind}" in scope or f'principal == {kind}::"' in scope]
    return named[0] if named else dice.choice(["", ""])


def _uid(kind: str, dice: Random) -> str:
    return f'{kind}::"{dice.choice(WORDS)}"'


def _principal_scope(dice: Random) -> str:
    kind = dice.choice(list(SHAPE.principals))
    return dice.choice(
        [
            "principal", "principal", f"principal is {kind}", f"principal == {_uid(kind, dice)}",
            f"principal in {_uid(kind, dice)}", f"principal is Key in {_uid('Organisation', dice)}",
        ]
    )  # fmt: skip


def _action_scope(dice: Random) -> str:
    return dice.choice(["action", "action", 'action == Action::"read"', 'action in [Action::"read", Action::"write"]'])


def _resource_scope(dice: Random) -> str:
    return dice.choice(["resource", "resource", "resource is Model", f"resource == {_uid('Model', dice)}"])


def _flag(dice: Random, kind: str, depth: int) -> str:
    if depth == 0:
        return dice.choice(["true", "false", "context.is_new", "principal.organisation.open", "context has level",
                            "principal.organisation has alias", "resource has class"])  # fmt: skip

    def flag() -> str:
        return _flag(dice, kind, depth - 1)

    def text() -> str:
        return _text(dice, depth - 1)

    def number() -> str:
        return _number(dice, kind, depth - 1)

    def members() -> str:
        return _set(dice, kind)

    choices = [
        lambda: f"({flag()} && {flag()})",
        lambda: f"({flag()} || {flag()})",
        lambda: f"!({flag()})",
        lambda: f"(if {flag()} then {flag()} else {flag()})",
        lambda: f"({number()} {dice.choice(['<', '<=', '>', '>=', '==', '!='])} {number()})",
        lambda: f"({text()} {dice.choice(['==', '!='])} {text()})",
        lambda: f"{members()}.contains({text()})",
        lambda: f"{members()}.{dice.choice(['containsAll', 'containsAny'])}({members()})",
        lambda: f"{members()}.isEmpty()",
        lambda: f"({members()} {dice.choice(['==', '!='])} {members()})",
        lambda: f"(principal is {dice.choice(list(SHAPE.principals))})",
        lambda: f"(principal in {_uid(dice.choice(list(SHAPE.principals)), dice)})",
        lambda: f"(principal in [{_uid('Organisation', dice)}, {_uid('Key', dice)}])",
        lambda: f"(principal.organisation == {_uid('Organisation', dice)})",
        lambda: f"[{number()}, {number()}].contains({number()})",
        lambda: f'(action {dice.choice(["==", "!=", "in"])} Action::"write")',
        flag,
    ]
    return dice.choice(choices)()


def _text(dice: Random, depth: int) -> str:
    choices = [
        f'"{dice.choice(WORDS)}"',
        "context.country",
        "resource.name",
        "resource.class",
        "principal.organisation.alias",
    ]
    if depth > 0 and dice.random() < 0.2:
        return f"(if {_flag(dice, '', 0)} then {_text(dice, 0)} else {_text(dice, 0)})"
    return dice.choice(choices)


def _number(dice: Random, kind: str, depth: int) -> str:
    if depth > 0 and dice.random() < 0.5:
        one, other = _number(dice, kind, depth - 1), _number(dice, kind, depth - 1)
        return dice.choice([f"({one} + {other})", f"({one} - {other})", f"({one} * {other})", f"(-({one}))"])
    own = ["principal.tier"] if kind else []
    # The least number cannot be written down in one piece.
    return dice.choice([str(dice.choice(NUMBERS[:6])), "context.level", "principal.organisation.tier", *own])


def _set(dice: Random, kind: str) -> str:
    own = ["principal.scopes"] if kind == "Key" else []
    written = ", ".join(f'"{one}"' for one in dice.sample(WORDS, dice.randrange(1, 4)))
    return dice.choice(
        [f"[{written}]", "[context.country, resource.name]", "context.items", "principal.organisation.tags",
         "principal.organisation.marks", *own]
    )  # fmt: skip
