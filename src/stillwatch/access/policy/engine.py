# SPDX-License-Identifier: Apache-2.0
"""Asks Cedar: default deny, ``forbid`` overrides, and a rule that cannot be evaluated denies.

Cedar skips a rule whose condition errs, so a ``forbid`` that errs would let a request pass. Here any error denies.
Nothing is kept but parsed handles: what is answered depends on the question, the rules and the instant alone.
"""

from json import dumps
from typing import Final

import cedarpy

from stillwatch.access.periods import earliest
from stillwatch.access.policy.book import Book, Epoch
from stillwatch.access.policy.cache import Bounded
from stillwatch.access.policy.decision import Decision, Reason
from stillwatch.access.policy.entities import (
    Question,
    context_at,
    entities_at,
    facts_until,
    principal_id,
    principal_type,
)
from stillwatch.access.policy.facts import OrgFacts

HANDLES: Final = 10_240
"""Parsed entities kept, one for each principal and model that were lately asked about: some 22 KB each, so 220 MB where
so many are asked about. Parsing them anew doubles what a decision costs."""


class Engine:
    """Decides by a book of rules.

    Args:
        book: The rules.
        handles: How many parsed entities are kept.
    """

    def __init__(self, book: Book, *, handles: int = HANDLES) -> None:
        self.book = book
        self._epoch: Epoch | None = None
        self._entities: Bounded[tuple[object, ...], _Held] = Bounded(handles)

    def decide(self, question: Question, *, now_us: int) -> Decision:
        """Answer a question at an instant.

        Never raises for what facts or rules may hold: whatever goes wrong is a denial with its reason.

        Cost: about 130 microseconds with 30 rules.
        """
        principal, organisation = question.principal, question.organisation
        if principal.org_id != organisation.org_id or (isinstance(principal, OrgFacts) and principal != organisation):
            return self._decision(question, Reason.FACTS, now_us=now_us, until_us=None)
        epoch = self._epoch_at(now_us)
        facts_end = facts_until(question, now_us)
        request = {
            "principal": {"type": principal_type(principal), "id": principal_id(principal)},
            "action": {"type": "Action", "id": question.action.value},
            "resource": {"type": "Model", "id": question.model.model},
            "context": self._context(question, now_us),
        }
        try:
            entities = self._entities_at(question, now_us, facts_end)
            answer = cedarpy.is_authorized(request, epoch.handle(question.action), entities)
        except ValueError as error:
            return self._decision(question, Reason.ERROR, errors=(str(error),), now_us=now_us, until_us=now_us)
        until = now_us if self.book.is_clocked else earliest(epoch.until_us, self.book.next_edge(now_us), facts_end)
        found = answer.diagnostics
        rules = tuple(sorted(found.reasons))
        if found.errors or answer.decision is cedarpy.Decision.NoDecision:
            errors = tuple(found.errors)
            erred = tuple(one.rule_id for one in epoch.rules if any(f"`{one.rule_id}`" in error for error in errors))
            return self._decision(question, Reason.ERROR, rules=erred, errors=errors, now_us=now_us, until_us=until)
        if answer.decision is cedarpy.Decision.Allow:
            reason = Reason.PERMITTED
        else:
            reason = Reason.FORBIDDEN if rules else Reason.NOT_PERMITTED
        return self._decision(question, reason, rules=rules, now_us=now_us, until_us=until)

    def _context(self, question: Question, now_us: int) -> str:
        """The context as far as any rule reads it: building it is a third of a decision's cost."""
        whole = context_at(question.circumstances, now_us)
        reads = self.book.reads
        return dumps(whole if "*" in reads else {name: value for name, value in whole.items() if name in reads})

    def _epoch_at(self, now_us: int) -> Epoch:
        epoch = self._epoch
        if epoch is None or not epoch.holds_at(now_us):
            epoch = self._epoch = self.book.epoch(now_us)
        return epoch

    def _entities_at(self, question: Question, now_us: int, facts_end: int | None) -> cedarpy.Entities:
        # The records themselves are the key, not their versions alone: whoever forgets to count a version up is not
        # answered by what was known before.
        key = (question.principal, question.organisation, question.model)
        held = self._entities.get(key)
        if held is None or not held.since_us <= now_us or (held.until_us is not None and now_us >= held.until_us):
            parsed = cedarpy.Entities.from_json_str(dumps(entities_at(question, now_us)))
            held = _Held(parsed, now_us, facts_end)
            self._entities.put(key, held)
        return held.entities

    def _decision(
        self,
        question: Question,
        reason: Reason,
        *,
        rules: tuple[str, ...] = (),
        errors: tuple[str, ...] = (),
        now_us: int,
        until_us: int | None,
    ) -> Decision:
        lists = ((f"list:{one.name}", one.digest) for one in question.organisation.screened)
        return Decision(
            is_allowed=reason is Reason.PERMITTED,
            reason=reason,
            rules=rules,
            errors=errors,
            book_digest=self.book.digest,
            fact_digests=(
                ("organisation", question.organisation.digest),
                ("principal", question.principal.digest),
                ("model", question.model.digest),
                *lists,
            ),
            decided_us=now_us,
            until_us=until_us,
        )


class _Held:
    """Parsed entities, and when they are true."""

    __slots__ = ("entities", "since_us", "until_us")

    def __init__(self, entities: cedarpy.Entities, since_us: int, until_us: int | None) -> None:
        self.entities = entities
        self.since_us = since_us
        self.until_us = until_us
