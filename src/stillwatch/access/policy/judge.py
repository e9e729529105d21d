# SPDX-License-Identifier: Apache-2.0
"""Decisions for the path of a request: those of the engine, kept as long as they hold.

A decision is kept under every fact it was made of (whole records, with their versions and digests), the action, and the
values of the context that any rule reads. It is given again only from the instant it was made until the first one at
which a rule or a fact changes by itself. Another book is another judge, so nothing outlives a change of the rules.
"""

from typing import Final

from stillwatch.access.policy.book import Book
from stillwatch.access.policy.cache import Bounded
from stillwatch.access.policy.decision import Decision
from stillwatch.access.policy.engine import HANDLES, Engine
from stillwatch.access.policy.entities import Question

DECISIONS: Final = 65_536
"""Decisions kept: about 1 KB each."""


class Judge:
    """Decides, and remembers.

    Args:
        book: The rules.
        decisions: How many decisions are kept.
        handles: How many parsed entities are kept.
    """

    def __init__(self, book: Book, *, decisions: int = DECISIONS, handles: int = HANDLES) -> None:
        self.engine = Engine(book, handles=handles)
        self._kept: Bounded[tuple[object, ...], Decision] = Bounded(decisions)
        # ``now`` is left out: what the rules make of it is in ``until_us``.
        self._reads = tuple(sorted(book.reads - {"now", "*"}))
        self._reads_all = "*" in book.reads

    def decide(self, question: Question, *, now_us: int) -> Decision:
        """Answer a question at an instant, as the engine would.

        Cost: a few microseconds where the same was asked before, else the engine's.
        """
        circumstances = question.circumstances
        seen: object = (
            circumstances if self._reads_all else tuple([getattr(circumstances, name) for name in self._reads])
        )
        key = (question.principal, question.organisation, question.model, question.action, seen)
        kept = self._kept.get(key)
        if kept is not None and kept.holds_at(now_us):
            return kept
        decision = self.engine.decide(question, now_us=now_us)
        if decision.holds_at(now_us):
            self._kept.put(key, decision)
        return decision
