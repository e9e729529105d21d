# SPDX-License-Identifier: Apache-2.0
"""Proves invariants of a book of rules, or finds a request that breaks one and shows that the engine allows it.

The claim is proved for every principal type, action and period in which the rules stay the same: no values of any fact
or circumstance, within the ranges of the schema, make the engine's answer other than what is claimed. What is proved is
the engine's answer, in which a rule that errs denies.

Assumed: the translation is Cedar's meaning (see ``translate``), and z3 is right where it says that nothing is found. A
request that z3 finds is not believed: it is put to the engine, and counts only where the engine allows it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

import msgspec
import z3
from cedarpy import pst

from stillwatch.access.periods import Period
from stillwatch.access.policy.book import Book, Rule
from stillwatch.access.policy.engine import Engine
from stillwatch.access.policy.facts import Action
from stillwatch.access.policy.proof.invariants import Claim, Invariant
from stillwatch.access.policy.proof.symbols import (
    Number,
    Texts,
    Truth,
    World,
    assigned,
    both,
    either,
    negated,
    open_world,
)
from stillwatch.access.policy.proof.translate import Effects, Translator
from stillwatch.access.policy.proof.witness import Witness, witness_of
from stillwatch.access.policy.schema import SHAPE, Shape
from stillwatch.access.policy.trees import nodes
from stillwatch.errors import IntegrityError

Progress = Callable[[int, int], None]
"""Told how many of how many kinds of request are done."""


class Verdict(StrEnum):
    """What came of a claim."""

    PROVED = "proved"
    BROKEN = "broken"
    """A request breaks it, or none satisfies it where some should."""
    OPEN = "open"
    """z3 gave no answer within its time."""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one invariant."""

    invariant_id: str
    verdict: Verdict
    period: Period = Period()
    """When it is broken, or open."""
    witness: Witness | None = None
    """Of a broken ``never``: a request that the engine allows. Of a proved ``some``: one that satisfies it."""


def prove(
    book: Book,
    invariants: Sequence[Invariant],
    *,
    from_us: int,
    limit_ms: int = 10_000,
    progress: Progress | None = None,
) -> tuple[Proof, ...]:
    """Prove invariants of the rules from an instant on, through every change of the rules that is known.

    Args:
        book: The rules.
        invariants: What is claimed.
        from_us: What was before is past, and not looked at.
        limit_ms: z3's time for one question.
        progress: Told how far it is.

    Returns:
        One proof for each invariant, in order.

    Raises:
        Untranslatable: A rule or an invariant cannot be put before z3.
        IntegrityError: A request that z3 found is not allowed by the engine: the translation is wrong, and no proof by
            it is worth anything.
    """
    found: list[Proof | None] = [None] * len(invariants)
    engine = Engine(book)
    trees = [one.tree for one in invariants]
    periods = list(_periods(book, from_us))
    named = named_texts(SHAPE, [*(rule.tree for rule in book.rules), *trees])
    for done, kind in enumerate(_kinds(periods, *named, limit_ms=limit_ms)):
        if progress is not None:
            progress(done, len(periods) * len(SHAPE.principals) * len(Action))
        rules = [rule for rule in book.in_force(_instant(kind.period)) if rule.may_apply_to(kind.world.action)]
        kind.solver.add(_allowed(kind.world, rules, {}))
        if kind.solver.check() == z3.unsat:
            continue
        for place, invariant in enumerate(invariants):
            if found[place] is None:
                found[place] = _tried(kind, invariant, engine)
    return tuple(
        proof or Proof(invariant_id=one.invariant_id, verdict=_by_default(one))
        for one, proof in zip(invariants, found, strict=True)
    )


def prove_narrower(old: Book, new: Book, *, from_us: int, limit_ms: int = 10_000) -> Proof:
    """Prove that one book of rules never allows what another denies.

    Returns:
        PROVED, or BROKEN with a request that the new book allows and the old one denies.

    Raises:
        Untranslatable: See ``prove``.
        IntegrityError: See ``prove``.
    """
    named = named_texts(SHAPE, [rule.tree for rule in (*old.rules, *new.rules)])
    edges = sorted({from_us, *(edge for book in (old, new) for edge in book.changes() if edge > from_us)})
    periods = [Period(begin, end) for begin, end in zip(edges, [*edges[1:], None], strict=True)]
    changed = [one for one in periods if old.in_force(_instant(one)) != new.in_force(_instant(one))]
    for kind in _kinds(changed, *named, limit_ms=limit_ms):
        now = _instant(kind.period)
        kind.solver.add(_is_wider(kind.world, old.in_force(now), new.in_force(now)))
        answer = kind.solver.check()
        if answer == z3.unsat:
            continue
        if answer == z3.unknown:
            return Proof(invariant_id="narrower", verdict=Verdict.OPEN, period=kind.period)
        witness = witness_of(assigned(kind.world, kind.solver.model()), not_before_us=now)
        if not _allows(Engine(new), witness) or _allows(Engine(old), witness):
            raise _wrong("narrower")
        return Proof(invariant_id="narrower", verdict=Verdict.BROKEN, period=kind.period, witness=witness)
    return Proof(invariant_id="narrower", verdict=Verdict.PROVED)


def _is_wider(world: World, before: Sequence[Rule], after: Sequence[Rule]) -> Truth:
    """When the engine allows a request by the rules after, and denies it by those before."""
    common = {rule.rule_id: rule for rule in before if rule in after}
    shared = {name: Translator(world, name=name).effects(rule.tree) for name, rule in common.items()}
    return both([_allowed(world, after, shared), negated(_allowed(world, before, shared))])


def _allowed(world: World, rules: Sequence[Rule], known: Mapping[str, Effects]) -> Truth:
    """When the engine allows a request: a permit is satisfied, no forbid is, and nothing errs."""
    found = [
        (rule.effect, known.get(rule.rule_id) or Translator(world, name=rule.rule_id).effects(rule.tree))
        for rule in rules
    ]
    return both(
        [
            either([one.is_satisfied for effect, one in found if effect == "permit"]),
            negated(either([one.is_satisfied for effect, one in found if effect == "forbid"])),
            negated(either([one.errs for _, one in found])),
        ]
    )


def named_texts(shape: Shape, trees: Sequence[pst.Template]) -> tuple[Texts, int]:
    """Every text that rules and a schema name, and in how many places rules look at a set as a whole."""
    named: set[str] = {str(action) for action in shape.actions}
    for group in (*shape.principals.values(), *shape.resources.values(), shape.context):
        named |= {str(value) for attribute in group.values() for value in attribute.values}
    places = 0
    for tree in trees:
        for node in nodes(tree):
            match node:
                case pst.StringLit(value=text):
                    named.add(text)
                case pst.EntityUid(id=text):
                    named.add(text)
                case pst.UnaryOp(op="is_empty") | pst.BinaryOp(op="contains_all" | "contains_any"):
                    places += 1
                case pst.BinaryOp(op="eq" | "not_eq"):
                    # Two sets are unequal where either has something that the other lacks.
                    places += 2
    # A set that is never empty is looked at as a whole once more.
    groups = (*shape.principals.values(), *shape.resources.values(), shape.context)
    places += sum(attribute.is_never_empty for group in groups for attribute in group.values())
    return Texts(named), places


class _Kind(NamedTuple):
    """One kind of request in one period, and a solver that knows what holds of it."""

    period: Period
    world: World
    solver: z3.Solver


def _kinds(periods: Sequence[Period], texts: Texts, witnesses: int, *, limit_ms: int) -> Iterator[_Kind]:
    """Every kind of request. What is added to a solver is forgotten when the next is asked for."""
    for principal in SHAPE.principals:
        # Most of a world is the same for every action and period, and costs a tenth of a second.
        world = open_world(
            SHAPE, texts, principal_type=principal, action="", resource_type="Model", witnesses=witnesses
        )
        solver = z3.Solver()
        solver.set("timeout", limit_ms)
        solver.set("random_seed", 1)
        solver.add(*world.assumptions)
        for period in periods:
            for action in Action:
                solver.push()
                solver.add(*_within(world, period))
                yield _Kind(period, world._replace(action=str(action)), solver)
                solver.pop()


def _within(world: World, period: Period) -> list[Truth]:
    """That a request is made in a second of which a period has at least a microsecond."""
    now = world.slots["context"]["now"].value
    if not isinstance(now, Number):
        return []
    limits: list[Truth] = [now.value >= _instant(period) // 1_000_000]
    return limits if period.until_us is None else [*limits, now.value <= (period.until_us - 1) // 1_000_000]


def _tried(kind: _Kind, invariant: Invariant, engine: Engine) -> Proof | None:
    """What a kind of request says of an invariant; None where it neither breaks nor, for ``some``, shows it."""
    period, world, solver = kind
    effects = Translator(world, name=invariant.invariant_id).effects(invariant.tree)
    is_never = invariant.claim is Claim.NEVER
    solver.push()
    # A condition that errs is not known to be false: for `never` it counts as broken.
    solver.add(either([effects.is_satisfied, effects.errs]) if is_never else effects.is_satisfied)
    answer = solver.check()
    assignment = assigned(world, solver.model()) if answer == z3.sat else None
    solver.pop()
    if answer == z3.unknown:
        return Proof(invariant_id=invariant.invariant_id, verdict=Verdict.OPEN, period=period) if is_never else None
    if assignment is None:
        return None
    witness = _confirmed(witness_of(assignment, not_before_us=_instant(period)), invariant, engine)
    verdict = Verdict.BROKEN if is_never else Verdict.PROVED
    return Proof(invariant_id=invariant.invariant_id, verdict=verdict, period=period, witness=witness)


def _confirmed(witness: Witness, invariant: Invariant, engine: Engine) -> Witness:
    """The request, which the engine allows and which satisfies the condition by Cedar's own judgement."""
    tree = replace(invariant.tree, id=invariant.invariant_id)
    alone = Rule(
        rule_id=invariant.invariant_id, pack="", effect="permit", says="", source="", periods=(Period(),), tree=tree
    )
    condition = Engine(Book([alone])).decide(witness.question, now_us=witness.now_us)
    if not _allows(engine, witness) or not (condition.is_allowed or condition.errors):
        raise _wrong(invariant.invariant_id)
    return witness


def _allows(engine: Engine, witness: Witness) -> bool:
    return engine.decide(witness.question, now_us=witness.now_us).is_allowed


def _wrong(name: str) -> IntegrityError:
    return IntegrityError(
        f'The proof of "{name}" found a request that the engine judges otherwise, so the proof is worth nothing.',
        hint="This is a fault of the program: please report it with your rules.",
    )


def _by_default(invariant: Invariant) -> Verdict:
    return Verdict.PROVED if invariant.claim is Claim.NEVER else Verdict.BROKEN


def _periods(book: Book, from_us: int) -> Iterator[Period]:
    """The periods from an instant on in which the rules in force stay the same."""
    edges = [from_us, *(edge for edge in book.changes() if edge > from_us)]
    for begin, end in zip(edges, [*edges[1:], None], strict=True):
        yield Period(begin, end)


def _instant(period: Period) -> int:
    return period.from_us or 0
