# SPDX-License-Identifier: Apache-2.0
"""Cedar's conditions as terms of z3, with Cedar's own idea of an error.

Each expression becomes a value and the condition under which evaluating it errs. ``&&``, ``||`` and ``if`` do not look
at what they need not, so what is never evaluated never errs. What errs: a missing attribute, and a sum, difference,
product or negation beyond 64 bits. What is not handled is refused (``Untranslatable``), never guessed at: ``like``,
records, tags, extension types (dates, decimals, addresses), entities that are not the request's own.

Assumed, because facts are total and the engine builds every entity from them: the principal, what is above it, its
organisation and the model exist. A test compares the translation with Cedar on thousands of random rules and requests.

Source: Cedar language reference, "Operators and functions" and "Authorization"; docs.cedarpolicy.com.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import z3
from cedarpy import pst

from stillwatch.access.policy.proof.symbols import (
    LEAST,
    MOST,
    Code,
    Context,
    Entity,
    Flag,
    Members,
    Number,
    Slot,
    Text,
    Truth,
    Value,
    World,
    both,
    either,
    equal,
    negated,
)
from stillwatch.errors import BadInput


class Untranslatable(BadInput):
    """A rule has something that cannot be put before z3, so nothing is said about it."""


class Outcome(NamedTuple):
    """An expression's value, and when evaluating it errs (the value then means nothing)."""

    value: Value
    errs: Truth


class Effects(NamedTuple):
    """What a rule does with a request."""

    is_satisfied: Truth
    errs: Truth


class Translator:
    """Translates rules for one kind of request.

    Args:
        world: The request.
        name: What to call the rule in errors.
    """

    def __init__(self, world: World, *, name: str) -> None:
        self._world = world
        self._name = name

    def effects(self, tree: pst.Template) -> Effects:
        """When a rule is satisfied, and when it errs.

        Raises:
            Untranslatable: The rule has something that is not handled.
        """
        holds = both(
            [
                self._scope(self._principal(), tree.principal),
                self._action_scope(tree.action),
                self._scope(self._resource(), tree.resource),
            ]
        )
        errs: Truth = False
        for clause in tree.clauses:
            # What Cedar never evaluates is not looked at here either: it may speak of another type of principal.
            if holds is False:
                return Effects(False, errs)
            value, clause_errs = self._flag(clause.expr)
            errs = either([errs, both([holds, clause_errs])])
            holds = both([holds, value if isinstance(clause, pst.When) else negated(value)])
        return Effects(both([holds, negated(errs)]), errs)

    def _refuse(self, what: str) -> Untranslatable:
        return Untranslatable(
            f'Rule "{self._name}" has {what}, which cannot be translated, so nothing is proved.',
            hint="Write the condition without it, or leave the rule out of what is checked.",
        )

    # Scopes never err.

    def _principal(self) -> Entity:
        return Entity(self._world.principal_type, self._world.ids[self._world.principal_type], is_asked=True)

    def _resource(self) -> Entity:
        return Entity(self._world.resource_type, self._world.ids[self._world.resource_type], is_asked=True)

    def _scope(self, entity: Entity, scope: pst.PrincipalOrResourceConstraint) -> Truth:
        match scope:
            case pst.ScopeAny():
                return True
            case pst.ScopeEq(entity=pst.EntityUid() as uid):
                return _same(entity, self._literal(uid))
            case pst.ScopeIn(entity=pst.EntityUid() as uid):
                return self._is_in(entity, self._literal(uid))
            case pst.ScopeIs(entity_type=kind):
                return entity.type == str(kind)
            case pst.ScopeIsIn(entity_type=kind, entity=pst.EntityUid() as uid):
                return both([entity.type == str(kind), self._is_in(entity, self._literal(uid))])
        raise self._refuse("a template's slot")

    def _action_scope(self, scope: pst.ActionConstraint) -> Truth:
        match scope:
            case pst.ScopeAny():
                return True
            case pst.ActionEq(entity=uid):
                return uid.id == self._world.action
            case pst.ActionIn(entities=uids):
                return any(uid.id == self._world.action for uid in uids)
        raise self._refuse("a scope of actions of an unknown form")

    def _literal(self, uid: pst.EntityUid) -> Entity:
        return Entity(str(uid.type), self._world.texts.code(uid.id), is_asked=False)

    def _is_in(self, entity: Entity, other: Entity) -> Truth:
        """Whether an entity is another, or below it."""
        if not entity.is_asked and entity.type != "Action":
            raise self._refuse("an entity of its own on the left of `in`")
        found, kind = [_same(entity, other)], entity.type
        while kind in self._world.shape.parents:
            kind = self._world.shape.parents[kind]
            found.append(_same(Entity(kind, self._world.ids[kind], is_asked=True), other))
        return either(found)

    # Expressions.

    def _expression(self, node: pst.Expr) -> Outcome:  # noqa: C901 - one case for each kind of node
        match node:
            case pst.BoolLit(value=flag):
                return Outcome(Flag(flag), False)
            case pst.LongLit(value=number):
                return Outcome(Number(number), False)
            case pst.StringLit(value=text):
                return Outcome(Text(self._world.texts.code(text)), False)
            case pst.EntityLit(value=uid):
                return Outcome(self._literal(uid), False)
            case pst.Var(name=name):
                return Outcome(self._variable(name), False)
            case pst.GetAttr(base=base, attr=attr):
                return self._attribute(base, attr)
            case pst.HasAttr(base=base, attrs=(attr,)):
                value, errs = self._expression(base)
                slot = self._slots(value).get(attr)
                return Outcome(Flag(False if slot is None else slot.is_present), errs)
            case pst.Set(elements=elements):
                return self._set(elements)
            case pst.IfThenElse():
                return self._choice(node)
            case pst.Is(base=base, entity_type=kind, in_expr=within):
                return self._is(base, str(kind), within)
            case pst.UnaryOp():
                return self._unary(node)
            case pst.BinaryOp():
                return self._binary(node)
        raise self._refuse(f"`{type(node).__name__}`")

    def _variable(self, name: str) -> Value:
        match name:
            case "principal":
                return self._principal()
            case "resource":
                return self._resource()
            case "action":
                return Entity("Action", self._world.texts.code(self._world.action), is_asked=False)
        return Context()

    def _slots(self, value: Value) -> dict[str, Slot]:
        if isinstance(value, Context):
            return dict(self._world.slots["context"])
        if isinstance(value, Entity) and value.is_asked:
            return dict(self._world.slots[value.type])
        raise self._refuse("an attribute of something that is not the request's")

    def _attribute(self, base: pst.Expr, attr: str) -> Outcome:
        value, errs = self._expression(base)
        slot = self._slots(value).get(attr)
        if slot is None:
            raise self._refuse(f"the attribute `{attr}`, which the schema does not know there")
        return Outcome(slot.value, either([errs, negated(slot.is_present)]))

    def _set(self, elements: Sequence[pst.Expr]) -> Outcome:
        found = [self._expression(one) for one in elements]
        kinds = {type(one.value) for one in found}
        if len(kinds) > 1 or not kinds <= {Text, Number, Entity}:
            raise self._refuse("a set of other things than texts, numbers or entities")
        kind = kinds.pop() if kinds else Text
        values = [one.value[0] if isinstance(one.value, Text | Number) else one.value for one in found]
        named: dict[int, Truth] = {value: True for value in values if isinstance(value, int)}
        parts: list[tuple[Any, Truth]] = [(value, True) for value in values if not isinstance(value, int)]
        return Outcome(Members(kind, parts, named), either([one.errs for one in found]))

    def _choice(self, node: pst.IfThenElse) -> Outcome:
        condition, errs = self._flag(node.cond)
        if isinstance(condition, bool):
            only = self._expression(node.then_expr if condition else node.else_expr)
            return Outcome(only.value, either([errs, only.errs]))
        first, second = self._expression(node.then_expr), self._expression(node.else_expr)
        branch_errs = z3.If(condition, first.errs, second.errs)
        match first.value, second.value:
            case Flag(one), Flag(other):
                value: Value = Flag(z3.If(condition, one, other))
            case Number(one), Number(other):
                value = Number(z3.If(condition, one, other))
            case Text(one), Text(other):
                value = Text(z3.If(condition, one, other))
            case _:
                raise self._refuse("an `if` whose branches are neither flags nor numbers nor texts")
        return Outcome(value, either([errs, branch_errs]))

    def _is(self, base: pst.Expr, kind: str, within: pst.Expr | None) -> Outcome:
        entity, errs = self._entity(base)
        is_kind = entity.type == kind
        if within is None or not is_kind:
            return Outcome(Flag(is_kind), errs)
        inside = self._within(entity, within)
        return Outcome(inside.value, either([errs, inside.errs]))

    def _unary(self, node: pst.UnaryOp) -> Outcome:
        match node.op:
            case "not":
                flag, errs = self._flag(node.arg)
                return Outcome(Flag(negated(flag)), errs)
            case "neg":
                number, errs = self._number(node.arg)
                return Outcome(Number(-number), either([errs, number == LEAST]))
            case "is_empty":
                members, errs = self._members(node.arg)
                return Outcome(Flag(members.is_empty()), errs)
        raise self._refuse(f"`{node.op}`")

    def _binary(self, node: pst.BinaryOp) -> Outcome:
        match node.op:
            case "and" | "or":
                left, left_errs = self._flag(node.left)
                is_and = node.op == "and"
                looks = left if is_and else negated(left)
                if looks is False:
                    return Outcome(Flag(left), left_errs)
                right, right_errs = self._flag(node.right)
                value = both([left, right]) if is_and else either([left, right])
                return Outcome(Flag(value), either([left_errs, both([looks, right_errs])]))
            case "eq" | "not_eq":
                one, other = self._expression(node.left), self._expression(node.right)
                is_equal = self._equal(one.value, other.value)
                return Outcome(Flag(is_equal if node.op == "eq" else negated(is_equal)), either([one.errs, other.errs]))
            case "in":
                entity, errs = self._entity(node.left)
                inside = self._within(entity, node.right)
                return Outcome(inside.value, either([errs, inside.errs]))
            case "contains":
                members, errs = self._members(node.left)
                one = self._expression(node.right)
                return Outcome(Flag(self._holds(members, one.value)), either([errs, one.errs]))
            case "contains_all" | "contains_any":
                return self._contains_several(node)
        if node.op in _COMPARE:
            first, first_errs = self._number(node.left)
            second, second_errs = self._number(node.right)
            return Outcome(Flag(_COMPARE[node.op](first, second)), either([first_errs, second_errs]))
        if node.op in _COMPUTE:
            first, first_errs = self._number(node.left)
            second, second_errs = self._number(node.right)
            made = _COMPUTE[node.op](first, second)
            return Outcome(Number(made), either([first_errs, second_errs, made < LEAST, made > MOST]))
        raise self._refuse(f"`{node.op}`")

    def _contains_several(self, node: pst.BinaryOp) -> Outcome:
        left, left_errs = self._members(node.left)
        right, right_errs = self._members(node.right)
        errs = either([left_errs, right_errs])
        if node.op == "contains_all":
            return Outcome(Flag(self._covers(left, right)), errs)
        # Whichever has fewer parts is gone through.
        few, many = sorted((left, right), key=lambda one: len(one.parts) + len(one.named))
        found = [both([held, self._holds(many, _wrapped(few, part))]) for part, held in few.every()]
        return Outcome(Flag(either(found)), errs)

    def _covers(self, members: Members, others: Members) -> Truth:
        """Whether all of one set is in another."""
        found = [either([negated(held), self._holds(members, _wrapped(others, part))]) for part, held in others.every()]
        return both(found)

    def _within(self, entity: Entity, node: pst.Expr) -> Outcome:
        value, errs = self._expression(node)
        if isinstance(value, Entity):
            return Outcome(Flag(self._is_in(entity, value)), errs)
        if isinstance(value, Members) and (value.of is Entity or not value.every()):
            found = [both([held, self._is_in(entity, one)]) for one, held in value.parts]
            return Outcome(Flag(either(found)), errs)
        raise self._refuse("`in` something that is neither an entity nor a set of entities")

    def _holds(self, members: Members, value: Value) -> Truth:
        """Whether a value is in a set."""
        parts = members.every()
        if parts and not isinstance(value, members.of):
            raise self._refuse("`contains` of something of another type")
        if isinstance(value, Text | Number) and isinstance(value[0], int):
            # Of those that are plain numbers only one can be it.
            held = members.named.get(value[0], False)
            return (
                held
                if members.is_apart
                else either([held, *(both([one, equal(part, value[0])]) for part, one in members.parts)])
            )
        return either([both([held, self._equal(_wrapped(members, part), value)]) for part, held in parts])

    def _equal(self, one: Value, other: Value) -> Truth:
        match one, other:
            case (Flag(a), Flag(b)) | (Number(a), Number(b)) | (Text(a), Text(b)):
                return equal(a, b)
            case Entity(), Entity():
                return _same(one, other)
            case Members(), Members():
                return both([self._covers(other, one), self._covers(one, other)])
        raise self._refuse("an equality between different types or of the context as a whole")

    def _flag(self, node: pst.Expr) -> tuple[Truth, Truth]:
        value, errs = self._expression(node)
        if not isinstance(value, Flag):
            raise self._refuse("something that is neither true nor false where that is wanted")
        return value.value, errs

    def _number(self, node: pst.Expr) -> tuple[Code, Truth]:
        value, errs = self._expression(node)
        if not isinstance(value, Number):
            raise self._refuse("something that is no number where one is wanted")
        return value.value, errs

    def _entity(self, node: pst.Expr) -> tuple[Entity, Truth]:
        value, errs = self._expression(node)
        if not isinstance(value, Entity):
            raise self._refuse("something that is no entity where one is wanted")
        return value, errs

    def _members(self, node: pst.Expr) -> tuple[Members, Truth]:
        value, errs = self._expression(node)
        if not isinstance(value, Members):
            raise self._refuse("something that is no set where one is wanted")
        return value, errs


_COMPARE: dict[str, Callable[[Code, Code], Truth]] = {
    "less": lambda one, other: one < other,
    "less_eq": lambda one, other: one <= other,
    "greater": lambda one, other: one > other,
    "greater_eq": lambda one, other: one >= other,
}
_COMPUTE: dict[str, Callable[[Code, Code], Code]] = {
    "add": lambda one, other: one + other,
    "sub": lambda one, other: one - other,
    "mul": lambda one, other: one * other,
}


def _same(one: Entity, other: Entity) -> Truth:
    return equal(one.code, other.code) if one.type == other.type else False


def _wrapped(members: Members, part: object) -> Value:
    """An element of a set as a value."""
    return part if isinstance(part, Entity) else members.of(part)
