# SPDX-License-Identifier: Apache-2.0
"""The rules in force: Cedar policies with their sources and dates, from packs, the house and directives.

A rule says in annotations what Cedar has no words for: ``@id`` (unique), ``@says`` (one sentence for people),
``@source`` and, where it does not hold always, ``@in_force`` (see ``access.periods``). Dates are kept out of conditions
so that what is not in force is not evaluated, and so that everybody can compute until when a decision holds.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

import cedarpy
import msgspec
from cedarpy import pst

from stillwatch.access.periods import ALWAYS, Period, in_force, parse_periods
from stillwatch.access.policy.schema import schema_text
from stillwatch.access.policy.trees import clock_edges, context_reads
from stillwatch.errors import BadInput

SCHEMA_TEXT = schema_text()


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One policy, parsed and validated."""

    rule_id: str
    pack: str
    effect: str
    """``permit`` or ``forbid``."""
    says: str
    source: str
    periods: tuple[Period, ...]
    tree: pst.Template

    def may_apply_to(self, action: str) -> bool:
        """False where the rule's scope names other actions only: then it can neither decide nor err."""
        match self.tree.action:
            case pst.ActionEq(entity=pst.EntityUid() as entity):
                return entity.id == action
            case pst.ActionIn(entities=entities):
                return any(one.id == action for one in entities)
        return True


def parse_rules(text: str, *, pack: str, name: str) -> tuple[Rule, ...]:
    """Read policies in Cedar's syntax.

    Args:
        text: The policies.
        pack: What they belong to.
        name: What to call the text in errors.

    Raises:
        BadInput: The text is not Cedar, does not fit the schema, has a template, or a rule lacks an annotation.
    """
    try:
        tree = cedarpy.PolicySet.from_str(text).to_pst()
    except ValueError as error:
        raise BadInput(f"{name} is not a set of Cedar policies: {_one_line(error)}.") from None
    if tree.templates or tree.template_links:
        raise BadInput(f"{name} has a policy template, which is not supported.", hint="Write each policy out.")
    rules = tuple(_rule(one, pack=pack, name=name) for one in tree.static_policies.values())
    found = cedarpy.validate_policies(text, SCHEMA_TEXT)
    if not found.validation_passed:
        first = found.errors[0]
        rule_id = found.id_annotations_by_policy_id.get(first.policy_id, first.policy_id)
        raise BadInput(
            f'{name}, rule "{rule_id}", does not fit the schema: {_one_line(first.error)}.',
            hint="`stillwatch policy schema` prints what a rule may speak of.",
        )
    return rules


class Epoch:
    """The rules in force for a time.

    Args:
        rules: They.
        since_us: From when; None: since ever.
        until_us: Until before when; None: for ever.
    """

    def __init__(self, rules: tuple[Rule, ...], *, since_us: int | None, until_us: int | None) -> None:
        self.rules = rules
        self.since_us = since_us
        self.until_us = until_us
        self._handles: dict[str, cedarpy.PolicySet] = {}

    def holds_at(self, now_us: int) -> bool:
        """Whether these are the rules of an instant."""
        return Period(self.since_us, self.until_us).holds(now_us)

    def handle(self, action: str) -> cedarpy.PolicySet:
        """The rules whose scope does not leave an action out, parsed once."""
        found = self._handles.get(action)
        if found is None:
            found = self._handles[action] = _handle([one for one in self.rules if one.may_apply_to(action)])
        return found


class Book:
    """Every rule, in force or not. Immutable.

    Raises:
        BadInput: Two rules have one id.
    """

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.rules: tuple[Rule, ...] = tuple(sorted(rules, key=lambda one: one.rule_id))
        self.by_id: Mapping[str, Rule] = {one.rule_id: one for one in self.rules}
        if len(self.by_id) < len(self.rules):
            ids = [one.rule_id for one in self.rules]
            twice = next(one for one in ids if ids.count(one) > 1)
            raise BadInput(f'Two rules have the id "{twice}".', hint="Give each rule an @id of its own.")
        self.digest = _digest(self.rules)
        """Digest of every rule's text, dates and sources."""
        self.reads: frozenset[str] = frozenset().union(*(context_reads(one.tree) for one in self.rules))
        edges = [clock_edges(one.tree) for one in self.rules]
        self.is_clocked = any(one is None for one in edges)
        """Whether a rule looks at the clock in a way that makes its answer change at any time."""
        self.edges_us = tuple(sorted({1_000_000 * second for one in edges if one is not None for second in one}))

    def with_rules(self, rules: Iterable[Rule]) -> "Book":
        """The same and more."""
        return Book((*self.rules, *rules))

    def in_force(self, now_us: int) -> tuple[Rule, ...]:
        """The rules that hold at an instant."""
        return tuple(one for one in self.rules if in_force(one.periods, now_us))

    def next_edge(self, now_us: int) -> int | None:
        """The first instant after ``now_us`` that a rule in or out of force compares the clock with."""
        place = bisect_right(self.edges_us, now_us)
        return self.edges_us[place] if place < len(self.edges_us) else None

    def changes(self) -> tuple[int, ...]:
        """Every instant at which a rule comes into force or ends, in order."""
        edges = (edge for one in self.rules for period in one.periods for edge in (period.from_us, period.until_us))
        return tuple(sorted({edge for edge in edges if edge is not None}))

    def epoch(self, now_us: int) -> Epoch:
        """The rules in force at an instant, ready to be asked. Keep what is returned while it holds."""
        edges = self.changes()
        return Epoch(
            self.in_force(now_us),
            since_us=max((edge for edge in edges if edge <= now_us), default=None),
            until_us=min((edge for edge in edges if edge > now_us), default=None),
        )


def _handle(rules: Sequence[Rule]) -> cedarpy.PolicySet:
    static = pst.FrozenMap({one.rule_id: one.tree for one in rules})
    return cedarpy.PolicySet.from_pst(pst.PolicySet(pst.FrozenMap(), static, ()))


def _rule(tree: pst.Template, *, pack: str, name: str) -> Rule:
    notes = tree.annotations
    rule_id = notes.get("id", "")
    where = f'{name}, rule "{rule_id}"' if rule_id else f"{name}, {tree.id}"
    for wanted in ("id", "says", "source"):
        if not notes.get(wanted, "").strip():
            raise BadInput(
                f"{where} has no @{wanted}.", hint='Write @id("…") @says("…") @source("…") before each rule.'
            )
    if unknown := set(notes) - {"id", "says", "source", "in_force"}:
        raise BadInput(f"{where} has an annotation @{min(unknown)}, which is not known.")
    try:
        periods = parse_periods(notes["in_force"]) if "in_force" in notes else ALWAYS
    except BadInput as error:
        raise BadInput(f"{where}: {error.args[0]}", hint=error.hint) from None
    return Rule(
        rule_id=rule_id,
        pack=pack,
        effect=tree.effect,
        says=notes["says"],
        source=notes["source"],
        periods=periods,
        tree=replace(tree, id=rule_id),
    )


def _digest(rules: Iterable[Rule]) -> str:
    made = sha256(SCHEMA_TEXT.encode())
    for rule in rules:
        # A tree's repr names every node with all its fields, and nothing else.
        made.update(repr((rule.rule_id, rule.pack, rule.says, rule.source, rule.periods, rule.tree)).encode())
    return f"sha256:{made.hexdigest()}"


def _one_line(error: object) -> str:
    return " ".join(str(error).split()).rstrip(".")
