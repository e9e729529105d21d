# SPDX-License-Identifier: Apache-2.0
"""Dossiers and decisions in the SQL database.

What was recorded and decided is only ever added to. What it comes to (the table ``vetting``) is derived in the same
transaction, and carries the version by which workers learn of it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, and_, bindparam, delete, func, insert, select, update

from stillwatch.access import fields
from stillwatch.access.vetting import states
from stillwatch.access.vetting.consistency import Registration, first_twins, registration_of
from stillwatch.access.vetting.dossier import Dossier, decode, digest, encode
from stillwatch.access.vetting.grounds import Policy
from stillwatch.access.vetting.interface import Imported, OnFile, Outcome, Progress, Recorded
from stillwatch.access.vetting.states import Act, Decision, State, Vetting
from stillwatch.database.tables import DOSSIER, ORGANISATION, VETTING, VETTING_DECISION
from stillwatch.database.transaction import Change, reading, writing
from stillwatch.errors import BadInput
from stillwatch.records.grant import TextPolicy

ITSELF = "stillwatch"
"""Who notes what only time decided."""

FEW = 50
"""From so many organisations on, one look at all of them costs less than one at each."""

_decision = msgspec.json.Decoder(Decision)
_vetting = msgspec.json.Decoder(Vetting)

_NEWEST = select(DOSSIER.c.org_id, func.max(DOSSIER.c.number).label("number")).group_by(DOSSIER.c.org_id).subquery()
_DOSSIERS = select(DOSSIER).join(
    _NEWEST, and_(DOSSIER.c.org_id == _NEWEST.c.org_id, DOSSIER.c.number == _NEWEST.c.number)
)


class SqlVettings:
    """``access.vetting.interface.Vettings`` over the tables of ``database``.

    Args:
        engine: Of a database that has been upgraded.
        policy: Gives what the operator set. It is asked for each change, since status lists come and go.
    """

    def __init__(self, engine: Engine, *, policy: Callable[[], Policy]) -> None:
        self._engine = engine
        self._policy = policy

    def record(
        self,
        dossiers: Iterable[Dossier],
        *,
        by: str,
        now_us: int,
        is_dry_run: bool = False,
        progress: Progress | None = None,
    ) -> Imported:
        """See ``Vettings``."""
        given = tuple(dossiers)
        by = fields.checked_text(by, what="name of who records")
        _check_each_comes_once(given)
        policy = self._policy()
        with writing(self._engine) as change:
            imported = _Recording(change, by=by, now_us=now_us, policy=policy).record(given, progress)
            if is_dry_run:
                change.connection.rollback()
        return imported

    def dossier(self, org_id: str, version: int | None = None) -> Recorded:
        """See ``Vettings``."""
        with reading(self._engine) as connection:
            return _one_dossier(connection, org_id, version)

    def dossiers(self) -> tuple[Recorded, ...]:
        """See ``Vettings``."""
        with reading(self._engine) as connection:
            return tuple(_recorded(row) for row in connection.execute(_DOSSIERS.order_by(DOSSIER.c.org_id)))

    def on_file(self, *, since: int = 0) -> tuple[OnFile, ...]:
        """See ``Vettings``."""
        standing = VETTING.c.body.label("vetting"), VETTING.c.version
        query = _DOSSIERS.add_columns(*standing).join(VETTING, VETTING.c.org_id == DOSSIER.c.org_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.where(VETTING.c.version > since).order_by(DOSSIER.c.org_id))
            return tuple(
                OnFile(recorded=_recorded(row), vetting=_vetting.decode(row.vetting), version=row.version)
                for row in rows
            )

    def vetting(self, org_id: str) -> Vetting:
        """See ``Vettings``."""
        with reading(self._engine) as connection:
            return _one_vetting(connection, org_id)

    def vettings(self) -> tuple[Vetting, ...]:
        """See ``Vettings``."""
        with reading(self._engine) as connection:
            query = select(VETTING.c.body).order_by(VETTING.c.org_id)
            return tuple(_vetting.decode(body) for body in connection.execute(query).scalars())

    def history(self, org_id: str) -> tuple[Decision, ...]:
        """See ``Vettings``."""
        with reading(self._engine) as connection:
            _one_vetting(connection, org_id)
            query = select(VETTING_DECISION.c.body).where(VETTING_DECISION.c.org_id == org_id)
            found = connection.execute(query.order_by(VETTING_DECISION.c.number)).scalars()
            return tuple(_decision.decode(body) for body in found)

    def decide(
        self, org_ids: Sequence[str], act: Act, *, by: str, reason: str, now_us: int, tier: int = 0
    ) -> tuple[Decision, ...]:
        """See ``Vettings``."""
        org_ids, policy = tuple(dict.fromkeys(org_ids)), self._policy()
        by = fields.checked_text(by, what="name of who decides", may_be_empty=True)
        reason = fields.checked_text(reason, what="reason", may_be_empty=True)
        kept = []
        with writing(self._engine) as change:
            for vetting, recorded in _files(change.connection, org_ids):
                grounds = None
                if act is Act.APPROVE:
                    # A clock that stepped back makes nothing hold again that had run out by the last decision.
                    at_us = max(now_us, vetting.since_us)
                    grounds = policy.grounds(
                        recorded.dossier, recorded_by=recorded.recorded_by, tier=tier, now_us=at_us
                    )
                decision = states.decide(
                    vetting,
                    act,
                    org_id=vetting.org_id,
                    by=by,
                    reason=reason,
                    now_us=now_us,
                    dossier_version=recorded.version,
                    rules=policy.rules,
                    tier=tier,
                    grounds=grounds,
                )
                kept.append((states.apply(vetting, decision), decision))
            _keep(change, kept)
        return tuple(decision for _, decision in kept)

    def screened(
        self, outcomes: Mapping[str, tuple[int, Outcome]], *, by: str, reason: str, now_us: int
    ) -> tuple[Decision, ...]:
        """See ``Vettings``."""
        kept, rules = [], self._policy().rules
        with writing(self._engine) as change:
            standing = _standing(change.connection)
            for org_id, (version, outcome) in sorted(outcomes.items()):
                vetting = standing.get(org_id)
                if vetting is None or (vetting.state, Act.SCREENED) not in states.TABLE or not outcome.lists:
                    continue
                if vetting.dossier_version != version or _says_nothing_new(vetting, version, outcome):
                    # A dossier that changed meanwhile is still to be screened: noting the old one would hide that.
                    continue
                decision = states.decide(
                    vetting,
                    Act.SCREENED,
                    org_id=org_id,
                    by=by,
                    reason=reason,
                    now_us=now_us,
                    dossier_version=version,
                    rules=rules,
                    hits=outcome.hits,
                    lists=outcome.lists,
                )
                kept.append((states.apply(vetting, decision), decision))
            _keep(change, kept)
        return tuple(decision for _, decision in kept)

    def expire(self, *, now_us: int) -> tuple[Decision, ...]:
        """See ``Vettings``."""
        is_due = and_(VETTING.c.state == State.APPROVED.value, VETTING.c.valid_until_us <= now_us)
        with reading(self._engine) as connection:
            if connection.execute(select(VETTING.c.org_id).where(is_due).limit(1)).first() is None:
                return ()
        kept = []
        with writing(self._engine) as change:
            for body in change.connection.execute(select(VETTING.c.body).where(is_due)).scalars().all():
                vetting = _vetting.decode(body)
                decision = states.decide(
                    vetting,
                    Act.EXPIRE,
                    org_id=vetting.org_id,
                    by=ITSELF,
                    reason="What the approval rested on has run out.",
                    now_us=now_us,
                    dossier_version=vetting.dossier_version,
                    rules=states.Rules(),
                )
                kept.append((states.apply(vetting, decision), decision))
            _keep(change, kept)
        return tuple(decision for _, decision in kept)


class _Recording:
    """One import, in its transaction."""

    def __init__(self, change: Change, *, by: str, now_us: int, policy: Policy) -> None:
        self._change = change
        self._by = by
        self._now_us = now_us
        self._policy = policy
        connection = change.connection
        newest = connection.execute(select(DOSSIER.c.org_id, DOSSIER.c.number, DOSSIER.c.digest).join(
            _NEWEST, and_(DOSSIER.c.org_id == _NEWEST.c.org_id, DOSSIER.c.number == _NEWEST.c.number)
        ))  # fmt: skip
        self._newest = {row.org_id: (row.number, row.digest) for row in newest}
        self._organisations = set(connection.execute(select(ORGANISATION.c.org_id)).scalars())
        self._standing = _standing(connection)
        self._made: list[dict[str, Any]] = []
        self._renamed: list[dict[str, Any]] = []
        self._dossiers: list[dict[str, Any]] = []

    def record(self, dossiers: Sequence[Dossier], progress: Progress | None) -> Imported:
        """Sort the dossiers, refuse twins, and write what is new."""
        digests = [digest(dossier) for dossier in dossiers]
        new = [
            (dossier, its_digest)
            for dossier, its_digest in zip(dossiers, digests, strict=True)
            if self._newest.get(dossier.org_id, (0, ""))[1] != its_digest
        ]
        self._check_twins([dossier for dossier, _ in new])
        kept = []
        for done, (dossier, its_digest) in enumerate(new, 1):
            kept.append(self._add(dossier, its_digest))
            if progress is not None:
                progress(done, len(new))
        self._write()
        _keep(self._change, [(vetting, decision) for vetting, decision, _ in kept], [one for *_, one in kept])
        names = {dossier.org_id for dossier, _ in new}
        added = {name for name in names if name not in self._newest}
        return Imported(
            added=tuple(sorted(added)),
            changed=tuple(sorted(names - added)),
            unchanged=tuple(sorted(dossier.org_id for dossier in dossiers if dossier.org_id not in names)),
        )

    def _add(self, dossier: Dossier, its_digest: str) -> tuple[Vetting, Decision, Registration]:
        """Make the rows of one version; an organisation that is new is made, and applies."""
        org_id, name = dossier.org_id, dossier.identity.legal_name
        version = self._newest.get(org_id, (0, ""))[0] + 1
        if org_id in self._organisations:
            self._renamed.append({"its_org_id": org_id, "name": name, "version": self._change.version})
        else:
            row = {"org_id": org_id, "name": name, "active": True, "text_policy": TextPolicy.KEEP}
            self._made.append(row | {"created_us": self._now_us, "version": self._change.version})
        row = {"org_id": org_id, "number": version, "recorded_us": self._now_us, "recorded_by": self._by}
        self._dossiers.append(row | {"digest": its_digest, "body": encode(dossier).decode()})
        vetting = self._standing.get(org_id)
        grounds = None
        if vetting is not None and vetting.state is State.APPROVED:
            at_us = max(self._now_us, vetting.since_us)
            grounds = self._policy.grounds(dossier, recorded_by=self._by, tier=vetting.tier, now_us=at_us)
        decision = states.decide(
            vetting,
            Act.APPLY if vetting is None else Act.CHANGE,
            org_id=org_id,
            by=self._by,
            reason="Its dossier was recorded." if vetting is None else "Its dossier changed.",
            now_us=self._now_us,
            dossier_version=version,
            rules=self._policy.rules,
            grounds=grounds,
        )
        return states.apply(vetting, decision), decision, registration_of(dossier)

    def _write(self) -> None:
        """Organisations first: the others refer to them."""
        of_one = update(ORGANISATION).where(ORGANISATION.c.org_id == bindparam("its_org_id"))
        for statement, rows in (
            (insert(ORGANISATION), self._made),
            (of_one, self._renamed),
            (insert(DOSSIER), self._dossiers),
        ):
            if rows:
                self._change.connection.execute(statement, rows)

    def _check_twins(self, dossiers: Sequence[Dossier]) -> None:
        """Refuse an organisation that a register would call another one."""
        twins = first_twins(dossiers)
        names = {dossier.org_id for dossier in dossiers}
        query = select(VETTING.c.org_id, VETTING.c.registration, VETTING.c.registered_in, VETTING.c.lei)
        by_number: dict[str, list[tuple[str, Registration]]] = {}
        for row in self._change.connection.execute(query):
            if row.org_id not in names:
                known = Registration(row.registration, row.registered_in, row.lei)
                for key in {known.number, known.lei} - {""}:
                    by_number.setdefault(key, []).append((row.org_id, known))
        for dossier in dossiers if twins is None else ():
            registration = registration_of(dossier)
            for key in {registration.number, registration.lei} - {""}:
                for org_id, known in by_number.get(key, ()):
                    if registration.is_same(known):
                        twins = org_id, dossier.org_id
        if twins is not None:
            raise BadInput(
                f"The organisations {twins[0]} and {twins[1]} have the same registration number or LEI.",
                hint="Keep one of them, or correct the number.",
            )


def _keep(
    change: Change,
    kept: Sequence[tuple[Vetting, Decision]],
    registrations: Sequence[Registration] | None = None,
) -> None:
    """Add decisions, and put what they come to in place of what stood."""
    if not kept:
        return
    rows = [
        {
            "org_id": decision.org_id,
            "number": decision.number,
            "made_us": decision.made_us,
            "body": msgspec.json.encode(decision).decode(),
        }
        for _, decision in kept
    ]
    change.connection.execute(insert(VETTING_DECISION), rows)
    values: list[dict[str, Any]] = [
        {
            "org_id": vetting.org_id,
            "state": vetting.state.value,
            "admission": vetting.admission().value,
            "tier": vetting.tier,
            "valid_until_us": vetting.valid_until_us,
            "body": msgspec.json.encode(vetting).decode(),
            "version": change.version,
        }
        for vetting, _ in kept
    ]
    if registrations is None:
        of_one = update(VETTING).where(VETTING.c.org_id == bindparam("its_org_id"))
        named = [{"its_org_id": one.pop("org_id")} | one for one in values]
        change.connection.execute(of_one, named)
        return
    for one, (number, country, lei) in zip(values, registrations, strict=True):
        one |= {"registration": number, "registered_in": country, "lei": lei}
    of_one_id = delete(VETTING).where(VETTING.c.org_id == bindparam("its_org_id"))
    change.connection.execute(of_one_id, [{"its_org_id": one["org_id"]} for one in values])
    change.connection.execute(insert(VETTING), values)


def _says_nothing_new(vetting: Vetting, version: int, outcome: Outcome) -> bool:
    """Whether a screening comes to what stands already, against the same lists."""
    stands = (vetting.screened_version, vetting.hits, vetting.lists)
    return vetting.state is not State.SCREENING and stands == (version, outcome.hits, outcome.lists)


def _standing(connection: Connection) -> dict[str, Vetting]:
    """Where every organisation stands."""
    found = connection.execute(select(VETTING.c.body)).scalars()
    return {vetting.org_id: vetting for vetting in map(_vetting.decode, found)}


def _check_each_comes_once(dossiers: Sequence[Dossier]) -> None:
    seen: set[str] = set()
    for dossier in dossiers:
        if dossier.org_id in seen:
            raise BadInput(f"The organisation {dossier.org_id} comes twice.", hint="Give one dossier of each.")
        seen.add(dossier.org_id)


def _files(connection: Connection, org_ids: Sequence[str]) -> list[tuple[Vetting, Recorded]]:
    """Where organisations stand and their newest dossiers, in the order they are named."""
    if len(org_ids) < FEW:
        return [(_one_vetting(connection, org_id), _one_dossier(connection, org_id, None)) for org_id in org_ids]
    standing = _standing(connection)
    recorded = {row.org_id: row for row in connection.execute(_DOSSIERS)}
    return [
        (standing.get(org_id) or _one_vetting(connection, org_id), _recorded(recorded[org_id])) for org_id in org_ids
    ]


def _one_vetting(connection: Connection, org_id: str) -> Vetting:
    fields.checked_id(org_id, what="organisation")
    body = connection.execute(select(VETTING.c.body).where(VETTING.c.org_id == org_id)).scalar_one_or_none()
    if body is None:
        raise BadInput(
            f"The organisation {org_id} has no dossier.", hint="Record one with `stillwatch org import FILE`."
        )
    return _vetting.decode(body)


def _one_dossier(connection: Connection, org_id: str, version: int | None) -> Recorded:
    fields.checked_id(org_id, what="organisation")
    query = select(DOSSIER).where(DOSSIER.c.org_id == org_id)
    if version is not None:
        query = query.where(DOSSIER.c.number == version)
    row = connection.execute(query.order_by(DOSSIER.c.number.desc()).limit(1)).one_or_none()
    if row is None:
        what = "no dossier" if version is None else f"no version {version} of its dossier"
        raise BadInput(f"The organisation {org_id} has {what}.", hint="Record one with `stillwatch org import FILE`.")
    return _recorded(row)


def _recorded(row: Row[Any]) -> Recorded:
    return Recorded(
        dossier=decode(row.body.encode()),
        version=row.number,
        recorded_us=row.recorded_us,
        recorded_by=row.recorded_by,
        digest=row.digest,
    )
