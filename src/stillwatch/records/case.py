# SPDX-License-Identifier: Apache-2.0
"""Cases, and the decisions taken in them."""

from enum import StrEnum

import msgspec

from stillwatch.records.standing import Rung


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    CLOSED = "closed"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign, one case: what a person looks at."""

    case_id: str
    campaign_id: str
    opened_us: int
    updated_us: int
    state: CaseState
    accounts: tuple[str, ...]
    exchanges: int
    log10_e: float
    p_value: float
    summary: str
    facets: tuple[str, ...]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One step on the ladder for a set of accounts: timed, reasoned, reversible."""

    decision_id: str
    case_id: str
    rung: Rung
    accounts: tuple[str, ...]
    made_us: int
    until_us: int | None
    by: str
    """``policy`` for the ladder itself, else the operator's name."""
    reason: str
    undone_us: int | None = None
    undone_by: str | None = None
    undone_reason: str | None = None
    undone_log10_e: float | None = None
    """The case's evidence when it was undone: the ladder waits until it has grown well beyond."""
