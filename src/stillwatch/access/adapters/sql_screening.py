# SPDX-License-Identifier: Apache-2.0
"""Which lists are in force, and what was found by them, in the SQL database."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from stillwatch.access import fields
from stillwatch.access.screening.entry import ListInfo
from stillwatch.access.screening.hit import Hit, HitState, Match, Ruling
from stillwatch.access.screening.interface import Outcome
from stillwatch.access.screening.subject import Role
from stillwatch.database.tables import SCREENING_HIT, SCREENING_LIST
from stillwatch.database.transaction import reading, writing
from stillwatch.errors import BadInput

_BATCH = 500
"""Rows and ids in one statement: SQLite and PostgreSQL both limit how many parameters one may have."""


class SqlScreeningLog:
    """``access.screening.interface.ScreeningLog`` over the tables of ``database``.

    Args:
        engine: Of a database that has been upgraded.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def lists(self) -> tuple[ListInfo, ...]:
        """See ``ScreeningLog``."""
        with reading(self._engine) as connection:
            return tuple(map(_info, connection.execute(select(SCREENING_LIST).order_by(SCREENING_LIST.c.name))))

    def set_list(self, info: ListInfo) -> None:
        """See ``ScreeningLog``."""
        with writing(self._engine) as change:
            change.connection.execute(delete(SCREENING_LIST).where(SCREENING_LIST.c.name == info.name))
            change.connection.execute(
                insert(SCREENING_LIST), msgspec.structs.asdict(info) | {"version": change.version}
            )

    def remove_list(self, name: str) -> ListInfo:
        """See ``ScreeningLog``."""
        with writing(self._engine) as change:
            where = SCREENING_LIST.c.name == name
            row = change.connection.execute(select(SCREENING_LIST).where(where)).one_or_none()
            if row is None:
                raise BadInput(f"There is no list {name[:80]!a} in force.", hint="See `stillwatch list show`.")
            change.connection.execute(delete(SCREENING_LIST).where(where))
            return _info(row)

    def record(self, org_ids: Sequence[str], matches: Sequence[Match], *, now_us: int) -> Outcome:
        """See ``ScreeningLog``."""
        found = {match.hit_id: match for match in matches}
        with writing(self._engine) as change:
            known = _known(change.connection, org_ids)
            fresh = [_row(hit_id, match, now_us) for hit_id, match in found.items() if hit_id not in known]
            for some in _portions(fresh):
                rows = [row | {"version": change.version} for row in some]
                change.connection.execute(insert(SCREENING_HIT), rows)
            for hit_id, match in found.items():
                if hit_id in known:
                    _refresh(change.connection, known[hit_id], match, change.version)
            gone = [hit_id for hit_id, row in known.items() if row.is_current and hit_id not in found]
            for some_ids in _portions(gone):
                where = SCREENING_HIT.c.hit_id.in_(some_ids)
                values = {"is_current": False, "version": change.version}
                change.connection.execute(update(SCREENING_HIT).where(where).values(values))
            every = _known(change.connection, org_ids)
        hits = tuple(sorted((_hit(every[hit_id]) for hit_id in found), key=lambda hit: (-hit.score, hit.hit_id)))
        return Outcome(found=hits, new=len(fresh), gone=len(gone))

    def hits(
        self, *, org_id: str | None = None, state: HitState | None = None, is_current: bool | None = True
    ) -> tuple[Hit, ...]:
        """See ``ScreeningLog``."""
        query = select(SCREENING_HIT).order_by(SCREENING_HIT.c.score.desc(), SCREENING_HIT.c.hit_id)
        if org_id is not None:
            query = query.where(SCREENING_HIT.c.org_id == fields.checked_id(org_id, what="organisation"))
        if state is not None:
            query = query.where(SCREENING_HIT.c.state == state.value)
        if is_current is not None:
            query = query.where(SCREENING_HIT.c.is_current == is_current)
        with reading(self._engine) as connection:
            return tuple(map(_hit, connection.execute(query)))

    def touched(self, since: int) -> frozenset[str]:
        """See ``ScreeningLog``."""
        query = select(SCREENING_HIT.c.org_id).where(SCREENING_HIT.c.version > since).distinct()
        with reading(self._engine) as connection:
            return frozenset(connection.execute(query).scalars())

    def hit(self, hit_id: str) -> Hit:
        """See ``ScreeningLog``."""
        with reading(self._engine) as connection:
            return _one(connection, hit_id)

    def rule(self, hit_id: str, *, state: HitState, by: str, reason: str, now_us: int) -> Hit:
        """See ``ScreeningLog``."""
        if state is HitState.OPEN:
            raise BadInput("A hit is cleared or confirmed, not opened again.", hint="Confirm one cleared by mistake.")
        ruling = Ruling(
            state=state,
            by=fields.checked_text(by, what="name of who decides"),
            reason=fields.checked_text(reason, what="reason"),
            at_us=now_us,
        )
        with writing(self._engine) as change:
            rulings = (*_one(change.connection, hit_id).rulings, ruling)
            where = SCREENING_HIT.c.hit_id == hit_id
            values = {"state": state.value, "rulings": msgspec.to_builtins(rulings), "version": change.version}
            change.connection.execute(update(SCREENING_HIT).where(where).values(values))
            return _one(change.connection, hit_id)


def _known(connection: Connection, org_ids: Sequence[str]) -> dict[str, Row[Any]]:
    found: dict[str, Row[Any]] = {}
    for some in _portions(sorted(set(org_ids))):
        query = select(SCREENING_HIT).where(SCREENING_HIT.c.org_id.in_(some))
        found |= {row.hit_id: row for row in connection.execute(query)}
    return found


def _refresh(connection: Connection, row: Row[Any], match: Match, version: int) -> None:
    """A hit that was known: what the newest list says, where it says anything new."""
    values = {"score": match.score, "why": list(match.why), "list_digest": match.list_digest, "is_current": True}
    if any(getattr(row, name) != value for name, value in values.items()):
        where = SCREENING_HIT.c.hit_id == row.hit_id
        connection.execute(update(SCREENING_HIT).where(where).values(values | {"version": version}))


def _row(hit_id: str, match: Match, now_us: int) -> dict[str, Any]:
    return {
        "hit_id": hit_id,
        "org_id": match.subject.org_id,
        "subject_id": match.subject.subject_id,
        "subject_name": match.query,
        "role": match.subject.role.value,
        "list_name": match.list_name,
        "list_digest": match.list_digest,
        "entry_id": match.entry.entry_id,
        "entry_name": match.entry.names[0],
        "score": match.score,
        "why": list(match.why),
        "state": HitState.OPEN.value,
        "is_current": True,
        "found_us": now_us,
        "rulings": [],
    }


def _one(connection: Connection, hit_id: str) -> Hit:
    fields.checked_id(hit_id, what="hit")
    row = connection.execute(select(SCREENING_HIT).where(SCREENING_HIT.c.hit_id == hit_id)).one_or_none()
    if row is None:
        raise BadInput(f"There is no hit {hit_id}.", hint="See `stillwatch hit list`.")
    return _hit(row)


def _hit(row: Row[Any]) -> Hit:
    return Hit(
        hit_id=row.hit_id,
        org_id=row.org_id,
        subject_id=row.subject_id,
        subject_name=row.subject_name,
        role=Role(row.role),
        list_name=row.list_name,
        list_digest=row.list_digest,
        entry_id=row.entry_id,
        entry_name=row.entry_name,
        score=row.score,
        why=tuple(row.why),
        state=HitState(row.state),
        is_current=row.is_current,
        found_us=row.found_us,
        rulings=msgspec.convert(row.rulings, tuple[Ruling, ...]),
    )


def _info(row: Row[Any]) -> ListInfo:
    return ListInfo(**{name: getattr(row, name) for name in ListInfo.__struct_fields__})


def _portions(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + _BATCH] for start in range(0, len(values), _BATCH))
