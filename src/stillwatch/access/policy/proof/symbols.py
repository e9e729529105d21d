# SPDX-License-Identifier: Apache-2.0
"""The values that a request is made of, as terms of z3.

Texts are numbers: each text that any rule names has its own, and every other number is a text that none names. A set of
texts is a list of texts, each of which may be in it or not: those that are named, those that variables stand for, and
one more for each place where a rule looks at a set as a whole (is it empty, is it within another). Nothing is lost by
that: whatever sets there are, leave away all other elements, and every rule says what it said before.

What is certain already is a plain ``True``, ``False`` or number of Python, so that z3 sees only what is open.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import z3

from stillwatch.access.policy.schema import Attribute, Kind, Shape

Truth: TypeAlias = "bool | z3.BoolRef"
Code: TypeAlias = "int | z3.ArithRef"

LEAST: Final = -(2**63)
MOST: Final = 2**63 - 1


class Text(NamedTuple):
    """A text, by its number."""

    code: Code


class Number(NamedTuple):
    """A whole number of 64 bits."""

    value: Code


class Flag(NamedTuple):
    """True or false."""

    value: Truth


class Entity(NamedTuple):
    """An entity: its type is known, its id a text."""

    type: str
    code: Code
    is_asked: bool
    """Whether it is one of the request's own, of which attributes and ancestors are known."""


class Members(NamedTuple):
    """A set, by what may be in it."""

    of: type
    """``Text``, ``Number`` or ``Entity``."""
    parts: Sequence[tuple[Any, Truth]]
    """Codes, numbers or entities that may be in it, and whether they are."""
    named: Mapping[int, Truth]
    """The same for those that are plain numbers."""
    is_apart: bool = False
    """Whether what is in it by ``parts`` is never a text that rules name: those are in it by ``named`` alone."""

    def is_empty(self) -> Truth:
        """Whether nothing is in it."""
        return negated(either([*(held for _, held in self.parts), *self.named.values()]))

    def every(self) -> list[tuple[Any, Truth]]:
        """All that may be in it."""
        return [*self.named.items(), *self.parts]


class Context:
    """The request's context as a whole."""


Value = Text | Number | Flag | Entity | Members | Context


class Slot(NamedTuple):
    """An attribute's value, and whether it is there."""

    value: Value
    is_present: Truth


def both(terms: Iterable[Truth]) -> Truth:
    """Whether all of several hold.

    Example:
        >>> both([True, True]), both([])
        (True, True)
    """
    kept = [term for term in terms if term is not True]
    if any(term is False for term in kept):
        return False
    return True if not kept else kept[0] if len(kept) == 1 else z3.And(kept)


def either(terms: Iterable[Truth]) -> Truth:
    """Whether any of several holds.

    Example:
        >>> either([False, True]), either([])
        (True, False)
    """
    kept = [term for term in terms if term is not False]
    if any(term is True for term in kept):
        return True
    return False if not kept else kept[0] if len(kept) == 1 else z3.Or(kept)


def negated(term: Truth) -> Truth:
    """Whether a term does not hold."""
    return not term if isinstance(term, bool) else z3.Not(term)


def equal(one: Code, other: Code) -> Truth:
    """Whether two numbers are the same."""
    return one == other


class Texts:
    """Numbers for texts.

    Args:
        named: Every text that a rule names.
    """

    def __init__(self, named: Iterable[str]) -> None:
        self.named: tuple[str, ...] = tuple(sorted(set(named)))
        self._codes = {text: code for code, text in enumerate(self.named)}

    def code(self, text: str) -> int:
        """The number of a text; texts that were not named get the next ones."""
        return self._codes.setdefault(text, len(self._codes))

    def text(self, code: int) -> str:
        """The text of a number; one that nobody named where there is none."""
        known = {number: text for text, number in self._codes.items()}
        return known.get(code, f"other-{code}")


class World(NamedTuple):
    """One kind of request: types and action fixed, all else open."""

    shape: Shape
    texts: Texts
    principal_type: str
    action: str
    resource_type: str
    ids: Mapping[str, Code]
    """Ids of the request's own entities, by type."""
    slots: Mapping[str, Mapping[str, Slot]]
    """Attributes of the request's own entities by type, and of the context under ``context``."""
    assumptions: Sequence[Truth]
    """What holds of every request that can be."""


def open_world(
    shape: Shape, texts: Texts, *, principal_type: str, action: str, resource_type: str, witnesses: int
) -> World:
    """A request of which nothing is known but its types and action.

    Args:
        shape: The schema.
        texts: Every text that a rule or an invariant names must have been named.
        principal_type: An entity type.
        action: An action's id.
        resource_type: An entity type.
        witnesses: In how many places a set is looked at as a whole.
    """
    types = [principal_type, resource_type]
    while types[-1] in shape.parents:
        types.append(shape.parents[types[-1]])
    above = principal_type
    while above in shape.parents:
        above = shape.parents[above]
        types.append(above)
    ids = {one: z3.Int(f"id.{one}") for one in dict.fromkeys(types)}
    assumptions: list[Truth] = [code >= 0 for code in ids.values()]
    declared = {
        **{one: {**shape.principals, **shape.resources}[one] for one in ids},
        "context": shape.context,
    }
    slots: dict[str, dict[str, Slot]] = {owner: {} for owner in declared}
    wide: list[tuple[str, str, Attribute]] = []
    for owner, attributes in declared.items():
        for name, attribute in attributes.items():
            if attribute.kind is Kind.TEXTS:
                wide.append((owner, name, attribute))
                continue
            value, limits = _variable(f"{owner}.{name}", attribute, ids, owner, texts)
            assumptions += limits
            slots[owner][name] = Slot(value, _presence(f"{owner}.{name}", attribute))
    elements: list[Code] = [
        slot.value.code for group in slots.values() for slot in group.values() if isinstance(slot.value, Text)
    ]
    # Texts that nobody names and no variable stands for, so that a set may hold something that is nothing else.
    unnamed = [z3.Int(f"unnamed.{number}") for number in range(witnesses)]
    assumptions += [code >= len(texts.named) for code in unnamed]
    elements += unnamed
    for owner, name, attribute in wide:
        place = f"{owner}.{name}"
        named: dict[int, Truth] = {code: z3.Bool(f"{place}={code}") for code in range(len(texts.named))}
        parts = [(code, z3.Bool(f"{place}.{number}")) for number, code in enumerate(elements)]
        members = Members(Text, parts, named, is_apart=True)
        assumptions += [z3.Implies(held, code >= len(texts.named)) for code, held in parts]
        slots[owner][name] = Slot(members, _presence(place, attribute))
        if attribute.is_never_empty:
            assumptions.append(negated(members.is_empty()))
    return World(shape, texts, principal_type, action, resource_type, ids, slots, assumptions)


def _presence(place: str, attribute: Attribute) -> Truth:
    return z3.Bool(f"{place}?") if attribute.is_optional else True


def _variable(
    place: str, attribute: Attribute, ids: Mapping[str, Code], owner: str, texts: Texts
) -> tuple[Value, list[Truth]]:
    """A value of which nothing is known but its type, and the limits of that type."""
    match attribute.kind:
        case Kind.NUMBER:
            number = z3.Int(place)
            least = LEAST if attribute.least is None else attribute.least
            most = MOST if attribute.most is None else attribute.most
            return Number(number), [number >= least, number <= most]
        case Kind.FLAG:
            return Flag(z3.Bool(place)), []
        case Kind.ORGANISATION:
            return Entity("Organisation", ids["Organisation"], is_asked=True), []
    if attribute.is_id:
        return Text(ids[owner]), []
    text = z3.Int(place)
    limits: list[Truth] = [text >= 0]
    if attribute.values:
        limits = [z3.Or([text == texts.code(value) for value in attribute.values])]
    return Text(text), limits


class Assignment(NamedTuple):
    """One concrete request, as plain values."""

    principal_type: str
    action: str
    resource_type: str
    ids: Mapping[str, str]
    attributes: Mapping[str, Mapping[str, Any]]
    """By entity type, and of the context under ``context``; what is missing is left out. References are left out."""


def assigned(world: World, model: z3.ModelRef) -> Assignment:
    """Read a request out of a solution."""
    ids = {kind: world.texts.text(_number(model, code)) for kind, code in world.ids.items()}
    attributes: dict[str, dict[str, Any]] = {}
    for owner, slots in world.slots.items():
        found = attributes.setdefault(owner, {})
        for name, slot in slots.items():
            if not _holds(model, slot.is_present):
                continue
            match slot.value:
                case Text(code):
                    found[name] = world.texts.text(_number(model, code))
                case Number(value):
                    found[name] = _number(model, value)
                case Flag(value):
                    found[name] = _holds(model, value)
                case Members() as members:
                    codes = {_number(model, code) for code, held in members.every() if _holds(model, held)}
                    found[name] = sorted(world.texts.text(code) for code in codes)
                case _:
                    pass
    return Assignment(world.principal_type, world.action, world.resource_type, ids, attributes)


def _number(model: z3.ModelRef, term: Code) -> int:
    return term if isinstance(term, int) else int(model.eval(term, model_completion=True).as_long())


def _holds(model: z3.ModelRef, term: Truth) -> bool:
    return term if isinstance(term, bool) else z3.is_true(model.eval(term, model_completion=True))
