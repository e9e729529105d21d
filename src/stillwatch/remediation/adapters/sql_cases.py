# SPDX-License-Identifier: Apache-2.0
"""Cases, decisions and standings in the SQL database.

Whoever changes something holds the counter's lock from the first statement to the commit (``database.transaction``), so
what is read within a change is still true when it is written. If the process dies in between, nothing of it is there.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from stillwatch.database.tables import ACCOUNT, CASE, CASE_ACCOUNT, DECISION, DECISION_ACCOUNT, STANDING
from stillwatch.database.transaction import Change, reading, writing
from stillwatch.errors import BadInput
from stillwatch.records.case import Case, CaseState, Decision
from stillwatch.records.finding import Findings
from stillwatch.records.standing import Rung, Standing
from stillwatch.remediation import docket
from stillwatch.remediation.effect import POLICY, VERIFIED, effective
from stillwatch.remediation.interface import CaseFile
from stillwatch.remediation.ladder import HOUR_US, Plan, decide, lasts_us
from stillwatch.remediation.settings import RemediationSettings

_BATCH = 500
"""Ids in one statement: SQLite and PostgreSQL both limit how many parameters one may have."""

MAX_TEXT_LENGTH = 500
MAX_HOURS = 24 * 366 * 100


class SqlCases:
    """``remediation.interface.Cases`` over the tables of ``database``.

    Args:
        engine: Of a database that has been upgraded.
        ladder: Bounds and durations.
    """

    def __init__(self, engine: Engine, *, ladder: RemediationSettings) -> None:
        self._engine = engine
        self._ladder = ladder

    def judge(self, findings: Findings, *, now_us: int) -> Plan:
        """See ``Cases``."""
        found = {campaign.campaign_id for campaign in docket.campaigns_of(findings)}
        with writing(self._engine) as change:
            cases = _cases_to_judge(change.connection, found)
            decisions = _decisions_of_cases(change.connection, [case.case_id for case in cases])
            plan = decide(findings, cases, decisions, now_us, ladder=self._ladder)
            for case in plan.cases:
                _write_case(change.connection, case)
            for decision in plan.decisions:
                _write_decision(change.connection, decision)
            touched = {account for decision in plan.decisions for account in decision.accounts}
            _restate(change, touched, now_us)
        return plan

    def cases(self, *, state: CaseState | None = None) -> tuple[Case, ...]:
        """See ``Cases``."""
        query = select(CASE).order_by(CASE.c.updated_us.desc(), CASE.c.case_id)
        if state is not None:
            query = query.where(CASE.c.state == state)
        with reading(self._engine) as connection:
            return _read_cases(connection, connection.execute(query).all())

    def case(self, case_id: str) -> CaseFile:
        """See ``Cases``."""
        with reading(self._engine) as connection:
            case = _one_case(connection, case_id)
            return CaseFile(case=case, decisions=_decisions_of_cases(connection, [case_id]))

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
        """See ``Cases``."""
        if rung is Rung.GOOD:
            raise BadInput("No decision puts an account at good.", hint="Undo the decision that holds it back.")
        reason, by = _checked_text(reason, what="reason"), _checked_person(by)
        lasting_us = lasts_us(rung, self._ladder) if hours is None else _checked_hours(hours)
        with writing(self._engine) as change:
            case = _one_case(change.connection, case_id)
            decision = Decision(
                decision_id=f"dec-{change.version}",
                case_id=case_id,
                rung=rung,
                accounts=_checked_accounts(accounts, case.accounts, what="case"),
                made_us=now_us,
                until_us=now_us + lasting_us,
                by=by,
                reason=reason,
            )
            _write_decision(change.connection, decision)
            _restate(change, decision.accounts, now_us)
        return decision

    def undo(
        self, decision_id: str, *, reason: str, by: str, accounts: Sequence[str] | None = None, now_us: int
    ) -> Decision:
        """See ``Cases``."""
        reason, by = _checked_text(reason, what="reason"), _checked_person(by)
        with writing(self._engine) as change:
            decision = _one_decision(change.connection, decision_id)
            if decision.undone_us is not None:
                raise BadInput(f"The decision {decision_id} has been undone already, by {decision.undone_by}.")
            chosen = _checked_accounts(accounts, decision.accounts, what="decision")
            return _undo(change, decision, chosen, by=by, reason=reason, now_us=now_us)

    def verify_account(self, account_id: str, *, by: str, now_us: int) -> tuple[Decision, ...]:
        """See ``Cases``."""
        by = _checked_person(by)
        with writing(self._engine) as change:
            where = ACCOUNT.c.account_id == account_id
            note = update(ACCOUNT).where(where).values(verified_us=now_us, verified_by=by, version=change.version)
            if not account_id.isprintable() or change.connection.execute(note).rowcount == 0:
                raise BadInput(f"There is no account {_shown(account_id)}.", hint="See `stillwatch account list`.")
            demands = [
                decision
                for decision in _decisions_of_accounts(change.connection, [account_id])[account_id]
                if decision.rung is Rung.VERIFY and decision.undone_us is None
            ]
            return tuple(
                _undo(
                    change,
                    _one_decision(change.connection, demand.decision_id),
                    (account_id,),
                    by=by,
                    reason=VERIFIED,
                    now_us=now_us,
                )
                for demand in demands
            )

    def refresh(self, *, now_us: int) -> int:
        """See ``Cases``."""
        over = select(STANDING.c.account_id).where(STANDING.c.until_us <= now_us)
        with reading(self._engine) as connection:
            if connection.execute(over.limit(1)).first() is None:
                return 0
        with writing(self._engine) as change:
            return _restate(change, set(change.connection.execute(over).scalars()), now_us)


def _cases_to_judge(connection: Connection, found: Collection[str]) -> tuple[Case, ...]:
    """Every open case, and every case of a campaign that was found."""
    rows = {row.case_id: row for row in connection.execute(select(CASE).where(CASE.c.state == CaseState.OPEN))}
    for batch in _batches(found):
        rows |= {row.case_id: row for row in connection.execute(select(CASE).where(CASE.c.campaign_id.in_(batch)))}
    return _read_cases(connection, rows.values())


def _read_cases(connection: Connection, rows: Iterable[Row[Any]]) -> tuple[Case, ...]:
    rows = list(rows)
    accounts = defaultdict(list)
    for batch in _batches([row.case_id for row in rows]):
        query = select(CASE_ACCOUNT).where(CASE_ACCOUNT.c.case_id.in_(batch))
        for case_id, account_id in connection.execute(query):
            accounts[case_id].append(account_id)
    return tuple(
        Case(
            case_id=row.case_id,
            campaign_id=row.campaign_id,
            opened_us=row.opened_us,
            updated_us=row.updated_us,
            state=CaseState(row.state),
            # Sorted here and not by the database, whose order of texts depends on its locale.
            accounts=tuple(sorted(accounts[row.case_id])),
            exchanges=row.exchanges,
            log10_e=row.log10_e,
            p_value=row.p_value,
            summary=row.summary,
            facets=tuple(row.facets),
        )
        for row in rows
    )


def _one_case(connection: Connection, case_id: str) -> Case:
    row = None
    if case_id.isprintable():
        row = connection.execute(select(CASE).where(CASE.c.case_id == case_id)).one_or_none()
    if row is None:
        raise BadInput(f"There is no case {_shown(case_id)}.", hint="See `stillwatch case list --all`.")
    return _read_cases(connection, [row])[0]


def _write_case(connection: Connection, case: Case) -> None:
    values = {
        "campaign_id": case.campaign_id,
        "opened_us": case.opened_us,
        "updated_us": case.updated_us,
        "state": case.state,
        "exchanges": case.exchanges,
        "log10_e": case.log10_e,
        "p_value": case.p_value,
        "summary": case.summary,
        "facets": list(case.facets),
    }
    done = connection.execute(update(CASE).where(CASE.c.case_id == case.case_id).values(values))
    if done.rowcount == 0:
        connection.execute(insert(CASE), values | {"case_id": case.case_id})
    query = select(CASE_ACCOUNT.c.account_id).where(CASE_ACCOUNT.c.case_id == case.case_id)
    known = set(connection.execute(query).scalars())
    for batch in _batches(known.difference(case.accounts)):
        gone = (CASE_ACCOUNT.c.case_id == case.case_id) & CASE_ACCOUNT.c.account_id.in_(batch)
        connection.execute(delete(CASE_ACCOUNT).where(gone))
    new = [{"case_id": case.case_id, "account_id": account} for account in case.accounts if account not in known]
    if new:
        connection.execute(insert(CASE_ACCOUNT), new)


def _decisions_of_cases(connection: Connection, case_ids: Collection[str]) -> tuple[Decision, ...]:
    rows: list[Row[Any]] = []
    for batch in _batches(case_ids):
        rows += connection.execute(select(DECISION).where(DECISION.c.case_id.in_(batch)))
    return _read_decisions(connection, rows)


def _decisions_of_accounts(connection: Connection, accounts: Collection[str]) -> dict[str, list[Decision]]:
    """For each account, the decisions about it. Their own ``accounts`` name only those that were asked for."""
    found: dict[str, list[Decision]] = {account: [] for account in accounts}
    for batch in _batches(accounts):
        query = (
            select(DECISION, DECISION_ACCOUNT.c.account_id)
            .join(DECISION_ACCOUNT, DECISION_ACCOUNT.c.decision_id == DECISION.c.decision_id)
            .where(DECISION_ACCOUNT.c.account_id.in_(batch))
        )
        for row in connection.execute(query):
            found[row.account_id].append(_decision(row, (row.account_id,)))
    return found


def _one_decision(connection: Connection, decision_id: str) -> Decision:
    row = None
    if decision_id.isprintable():
        row = connection.execute(select(DECISION).where(DECISION.c.decision_id == decision_id)).one_or_none()
    if row is None:
        raise BadInput(f"There is no decision {_shown(decision_id)}.", hint="See `stillwatch case show CASE`.")
    return _read_decisions(connection, [row])[0]


def _read_decisions(connection: Connection, rows: Iterable[Row[Any]]) -> tuple[Decision, ...]:
    rows = list(rows)
    accounts = defaultdict(list)
    for batch in _batches([row.decision_id for row in rows]):
        query = select(DECISION_ACCOUNT).where(DECISION_ACCOUNT.c.decision_id.in_(batch))
        for decision_id, account_id in connection.execute(query):
            accounts[decision_id].append(account_id)
    rows.sort(key=lambda row: (row.made_us, row.decision_id))
    return tuple(_decision(row, tuple(sorted(accounts[row.decision_id]))) for row in rows)


def _decision(row: Row[Any], accounts: tuple[str, ...]) -> Decision:
    return Decision(
        decision_id=row.decision_id,
        case_id=row.case_id,
        rung=Rung(row.rung),
        accounts=accounts,
        made_us=row.made_us,
        until_us=row.until_us,
        by=row.made_by,
        reason=row.reason,
        undone_us=row.undone_us,
        undone_by=row.undone_by,
        undone_reason=row.undone_reason,
        undone_log10_e=row.undone_log10_e,
    )


def _write_decision(connection: Connection, decision: Decision) -> None:
    """Add a decision. One with the same id is the same decision: it is there already."""
    known = select(DECISION.c.decision_id).where(DECISION.c.decision_id == decision.decision_id)
    if connection.execute(known).first() is not None:
        return
    row = {
        "decision_id": decision.decision_id,
        "case_id": decision.case_id,
        "rung": int(decision.rung),
        "made_us": decision.made_us,
        "until_us": decision.until_us,
        "made_by": decision.by,
        "reason": decision.reason,
        "undone_us": decision.undone_us,
        "undone_by": decision.undone_by,
        "undone_reason": decision.undone_reason,
        "undone_log10_e": decision.undone_log10_e,
    }
    connection.execute(insert(DECISION), row)
    connection.execute(
        insert(DECISION_ACCOUNT),
        [{"decision_id": decision.decision_id, "account_id": account} for account in decision.accounts],
    )


def _undo(
    change: Change, decision: Decision, accounts: tuple[str, ...], *, by: str, reason: str, now_us: int
) -> Decision:
    """Undo a decision, or split off and undo its part about ``accounts``."""
    connection = change.connection
    log10_e = connection.execute(select(CASE.c.log10_e).where(CASE.c.case_id == decision.case_id)).scalar_one()
    undone = msgspec.structs.replace(
        decision,
        accounts=accounts,
        undone_us=now_us,
        undone_by=by,
        undone_reason=reason,
        undone_log10_e=log10_e,
    )
    if len(accounts) == len(decision.accounts):
        connection.execute(
            update(DECISION)
            .where(DECISION.c.decision_id == decision.decision_id)
            .values(undone_us=now_us, undone_by=by, undone_reason=reason, undone_log10_e=log10_e)
        )
    else:
        undone = msgspec.structs.replace(undone, decision_id=f"{decision.decision_id}-{change.version}")
        for batch in _batches(accounts):
            part = (DECISION_ACCOUNT.c.decision_id == decision.decision_id) & DECISION_ACCOUNT.c.account_id.in_(batch)
            connection.execute(delete(DECISION_ACCOUNT).where(part))
        _write_decision(connection, undone)
    _restate(change, accounts, now_us)
    return undone


def _restate(change: Change, accounts: Collection[str], now_us: int) -> int:
    """Write the standing that the decisions of accounts come to, where it is another than before; return how many."""
    connection = change.connection
    before: dict[str, Standing] = {}
    for batch in _batches(accounts):
        for row in connection.execute(select(STANDING).where(STANDING.c.account_id.in_(batch))):
            before[row.account_id] = Standing(
                rung=Rung(row.rung), until_us=row.until_us, reason=row.reason, decision_id=row.decision_id
            )
    after = {
        account: effective(decisions, now_us)
        for account, decisions in _decisions_of_accounts(connection, accounts).items()
    }
    changed = [account for account in sorted(after) if after[account] != before.get(account, Standing())]
    for batch in _batches(account for account in changed if account in before):
        connection.execute(delete(STANDING).where(STANDING.c.account_id.in_(batch)))
    if changed:
        connection.execute(
            insert(STANDING),
            [
                {
                    "account_id": account,
                    "rung": int(after[account].rung),
                    "until_us": after[account].until_us,
                    "reason": after[account].reason,
                    "decision_id": after[account].decision_id,
                    "version": change.version,
                }
                for account in changed
            ],
        )
    return len(changed)


def _batches(values: Iterable[str]) -> Iterable[list[str]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), _BATCH):
        yield ordered[start : start + _BATCH]


def _checked_accounts(chosen: Sequence[str] | None, known: tuple[str, ...], *, what: str) -> tuple[str, ...]:
    if chosen is None:
        if not known:
            raise BadInput(f"The {what} has no account.")
        return known
    strangers = sorted(set(chosen).difference(known))
    if strangers:
        raise BadInput(
            f"The {what} is not about the account {_shown(strangers[0])}.", hint="See `stillwatch case show CASE`."
        )
    if not chosen:
        raise BadInput("No account is named.", hint="Name at least one, or none at all for every account.")
    return tuple(sorted(set(chosen)))


def _checked_text(value: str, *, what: str) -> str:
    value = value.strip()
    if not value or len(value) > MAX_TEXT_LENGTH or not value.isprintable():
        raise BadInput(
            f"The {what} cannot be used.", hint=f"Give one line of 1 to {MAX_TEXT_LENGTH} printable characters."
        )
    return value


def _checked_person(name: str) -> str:
    name = _checked_text(name, what="name of who decides")
    if name.casefold() == POLICY:
        raise BadInput(f"{POLICY!r} is what the ladder calls itself.", hint="Give the name of a person.")
    return name


def _checked_hours(hours: float) -> int:
    if not 0 < hours <= MAX_HOURS:
        raise BadInput("The number of hours cannot be used.", hint=f"Give more than 0 and at most {MAX_HOURS}.")
    return round(hours * HOUR_US)


def _shown(value: str) -> str:
    return ascii(value if len(value) <= 80 else value[:77] + "...")
