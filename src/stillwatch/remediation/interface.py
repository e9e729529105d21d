# SPDX-License-Identifier: Apache-2.0
"""What this area needs from the world: a place where cases, decisions and standings are kept together."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from stillwatch.records.case import Case, CaseState, Decision
from stillwatch.records.finding import Findings
from stillwatch.records.standing import Rung
from stillwatch.remediation.ladder import Plan


class CaseFile(msgspec.Struct, frozen=True, kw_only=True):
    """A case and everything decided in it."""

    case: Case
    decisions: tuple[Decision, ...]
    """Oldest first, undone ones included."""


class Cases(Protocol):
    """The cases.

    Every method that changes something is one transaction: the decision and the standing of every account it is about
    become visible together, or not at all. ``BadInput`` is raised for an id that does not exist and for a value that
    cannot be used, ``Unavailable`` where nothing can be read or written.
    """

    def judge(self, findings: Findings, *, now_us: int) -> Plan:
        """Let the ladder decide on the findings of a pass, and put what it decides in force.

        What the ladder looks at cannot change before its decisions are in: no undo gets lost in between. Judging the
        same findings at the same instant again changes nothing.
        """
        ...

    def cases(self, *, state: CaseState | None = None) -> tuple[Case, ...]:
        """All cases, or those in one state, the last one found first."""
        ...

    def case(self, case_id: str) -> CaseFile:
        """One case."""
        ...

    def act(
        self,
        case_id: str,
        *,
        rung: Rung,
        accounts: Sequence[str] | None = None,
        reason: str,
        by: str,
        hours: float | None = None,
        now_us: int,
    ) -> Decision:
        """Put a person's decision in force.

        Args:
            case_id: The case.
            rung: Any but GOOD; to lift a decision, undo it.
            accounts: Some of the case's accounts; None for all of them.
            reason: In words that each of the accounts may be told.
            by: The person's name.
            hours: How long it lasts; None for as long as the ladder's own decisions do.
            now_us: The instant, microseconds since the epoch.
        """
        ...

    def undo(
        self, decision_id: str, *, reason: str, by: str, accounts: Sequence[str] | None = None, now_us: int
    ) -> Decision:
        """Undo a decision, or its part about some accounts; return what was undone.

        In part: the decision goes on about the others, and what was undone becomes a decision of its own.
        """
        ...

    def verify_account(self, account_id: str, *, by: str, now_us: int) -> tuple[Decision, ...]:
        """Note that the holder of an account has verified; return the demands to verify that are undone by it.

        Nothing else is undone: a suspension stays.
        """
        ...

    def refresh(self, *, now_us: int) -> int:
        """Bring the standings whose decision has run out up to date; return how many changed.

        An account whose suspension ends may still have to verify. Call it often: it costs one look-up in an index
        where nothing has run out.
        """
        ...
