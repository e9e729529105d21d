# SPDX-License-Identifier: Apache-2.0
"""The directory in the SQL database.

Every value reaches the database as a bound parameter. Reads and checks that a change rests on are made inside its own
transaction, where no other writer can come in between.
"""

import hmac
import secrets
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, RowMapping, Select, Table, delete, insert, or_, select, union, update

from stillwatch.access import fields
from stillwatch.access.api_key import ID_BYTES, SECRET_BYTES, NewKey, Peppers, digest, new_key, parse
from stillwatch.access.binding.public_key import thumbprint
from stillwatch.access.interface import UNBOUND, Account, ApiKey, AssertionKey, Changes, Enrolment, Organisation
from stillwatch.access.snapshot import KeyEntry
from stillwatch.database.tables import (
    ACCOUNT,
    API_KEY,
    ASSERTION_KEY,
    ORGANISATION,
    REMOVED_KEY,
    STANDING,
    VETTING,
)
from stillwatch.database.transaction import Change, current_version, reading, writing
from stillwatch.errors import BadInput
from stillwatch.records.admission import Admission
from stillwatch.records.grant import TextPolicy
from stillwatch.records.standing import Rung, Standing

MAX_TRUSTED_KEYS = 10
"""Of one organisation. Each is in the entry of each of its API keys."""


class SqlDirectory:
    """``access.interface.Directory`` over the tables of ``database``.

    Args:
        engine: Of a database that has been upgraded.
        peppers: The current one hashes new keys.
        entropy: Gives so many random bytes; the operating system's by default.
    """

    def __init__(
        self, engine: Engine, *, peppers: Peppers, entropy: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._engine = engine
        self._peppers = peppers
        self._entropy = entropy

    def create_organisation(
        self, *, name: str, org_id: str | None = None, text_policy: TextPolicy = TextPolicy.KEEP, now_us: int
    ) -> Organisation:
        """See ``Directory``."""
        made = Organisation(
            org_id=fields.checked_id(org_id or self._made_up("org"), what="organisation"),
            name=fields.checked_text(name, what="organisation's name"),
            active=True,
            text_policy=TextPolicy(text_policy),
            created_us=now_us,
        )
        with writing(self._engine) as change:
            _check_free(change.connection, ORGANISATION, made.org_id, what="organisation")
            row = msgspec.structs.asdict(made) | {"version": change.version}
            change.connection.execute(insert(ORGANISATION), row)
        return made

    def organisations(self) -> tuple[Organisation, ...]:
        """See ``Directory``."""
        with reading(self._engine) as connection:
            query = select(ORGANISATION).order_by(ORGANISATION.c.created_us, ORGANISATION.c.org_id)
            return tuple(_organisation(row) for row in connection.execute(query))

    def organisation(self, org_id: str) -> Organisation:
        """See ``Directory``."""
        with reading(self._engine) as connection:
            return _one_organisation(connection, org_id)

    def set_organisation(
        self,
        org_id: str,
        *,
        name: str | None = None,
        text_policy: TextPolicy | None = None,
        active: bool | None = None,
    ) -> Organisation:
        """See ``Directory``."""
        values: dict[str, object] = {}
        if name is not None:
            values["name"] = fields.checked_text(name, what="organisation's name")
        if text_policy is not None:
            values["text_policy"] = TextPolicy(text_policy)
        if active is not None:
            values["active"] = active
        if not values:
            raise BadInput("Nothing is to be changed.", hint="Give a name, a text policy or an activity.")
        with writing(self._engine) as change:
            _one_organisation(change.connection, org_id)
            where = ORGANISATION.c.org_id == org_id
            change.connection.execute(update(ORGANISATION).where(where).values(version=change.version, **values))
            return _one_organisation(change.connection, org_id)

    def create_account(
        self,
        *,
        org_id: str,
        name: str,
        account_id: str | None = None,
        payment_fp: str | None = None,
        route: str | None = None,
        now_us: int,
    ) -> Account:
        """See ``Directory``."""
        row = {
            "account_id": fields.checked_id(account_id or self._made_up("acct"), what="account"),
            "org_id": org_id,
            "name": fields.checked_text(name, what="account's name"),
            "payment_fp": None if payment_fp is None else fields.checked_text(payment_fp, what="payment fingerprint"),
            "route": None if route is None else fields.checked_text(route, what="route"),
            "created_us": now_us,
            "active": True,
        }
        with writing(self._engine) as change:
            if not _one_organisation(change.connection, org_id).active:
                raise BadInput(f"The organisation {org_id} is not active.", hint="Activate it first.")
            _check_free(change.connection, ACCOUNT, str(row["account_id"]), what="account")
            change.connection.execute(insert(ACCOUNT), row | {"version": change.version})
            return _one_account(change.connection, str(row["account_id"]))

    def accounts(self, *, org_id: str | None = None) -> tuple[Account, ...]:
        """See ``Directory``."""
        query = _ACCOUNTS.order_by(ACCOUNT.c.created_us, ACCOUNT.c.account_id)
        with reading(self._engine) as connection:
            if org_id is not None:
                _one_organisation(connection, org_id)
                query = query.where(ACCOUNT.c.org_id == org_id)
            return tuple(_account(row) for row in connection.execute(query))

    def account(self, account_id: str) -> Account:
        """See ``Directory``."""
        with reading(self._engine) as connection:
            return _one_account(connection, account_id)

    def set_account(self, account_id: str, *, active: bool) -> Account:
        """See ``Directory``."""
        with writing(self._engine) as change:
            _one_account(change.connection, account_id)
            where = ACCOUNT.c.account_id == account_id
            change.connection.execute(update(ACCOUNT).where(where).values(active=active, version=change.version))
            return _one_account(change.connection, account_id)

    def issue_key(
        self,
        account_id: str,
        *,
        label: str = "",
        models: Iterable[str] | None = None,
        cidrs: Iterable[str] | None = None,
        scopes: Iterable[str] | None = None,
        expires_us: int | None = None,
        enrolment: Enrolment = UNBOUND,
        is_honey: bool = False,
        now_us: int,
    ) -> NewKey:
        """See ``Directory``."""
        if is_honey and enrolment != UNBOUND:
            raise BadInput("A honey key is never used, so it is bound to nothing.", hint="Leave its bindings out.")
        row = {
            "account_id": account_id,
            "pepper_id": self._peppers.current_id,
            "created_us": now_us,
            "expires_us": None
            if expires_us is None
            else fields.checked_instant(expires_us, what="expiry", after_us=now_us),
            "models": fields.checked_models(models),
            "cidrs": fields.checked_cidrs(cidrs),
            "label": fields.checked_text(label, what="label", may_be_empty=True),
            "scopes": fields.checked_scopes(scopes),
            "is_honey": is_honey,
            **msgspec.structs.asdict(enrolment),
        }
        with writing(self._engine) as change:
            return self._insert_key(change, row)

    def rotate_key(
        self,
        key_id: str,
        *,
        overlap_us: int,
        expires_us: int | None = None,
        enrolment: Enrolment | None = None,
        now_us: int,
    ) -> NewKey:
        """See ``Directory``."""
        with writing(self._engine) as change:
            old = _row_to_rotate(change.connection, key_id, now_us)
            if expires_us is None and old.expires_us is not None:
                expires_us = now_us + old.expires_us - old.created_us
            bound = enrolment or Enrolment(jkt=old.jkt, x5t=old.x5t, client_jwk=old.client_jwk)
            row = {
                "account_id": old.account_id,
                "pepper_id": self._peppers.current_id,
                "created_us": now_us,
                "expires_us": None
                if expires_us is None
                else fields.checked_instant(expires_us, what="expiry", after_us=now_us),
                "models": old.models,
                "cidrs": old.cidrs,
                "label": old.label,
                "scopes": old.scopes,
                "is_honey": False,
                **msgspec.structs.asdict(bound),
            }
            made = self._insert_key(change, row)
            end_us = now_us + overlap_us if old.expires_us is None else min(old.expires_us, now_us + overlap_us)
            values = {"expires_us": end_us, "replaced_by": made.key_id, "version": change.version}
            change.connection.execute(update(API_KEY).where(API_KEY.c.key_id == key_id).values(**values))
        return made

    def _insert_key(self, change: Change, row: dict[str, Any]) -> NewKey:
        made = new_key(id_entropy=self._entropy(ID_BYTES), secret_entropy=self._entropy(SECRET_BYTES))
        known = {
            "key_id": made.key_id,
            "digest": digest(made.text, self._peppers.by_id[self._peppers.current_id]),
            "version": change.version,
        }
        if not _one_account(change.connection, row["account_id"]).active:
            raise BadInput(f"The account {row['account_id']} is not active.", hint="Activate it first.")
        # Seventy random bits repeat once in ten thousand million keys; an id must all the same never mean two.
        _check_free(change.connection, API_KEY, made.key_id, what="key")
        _check_free(change.connection, REMOVED_KEY, made.key_id, what="key")
        change.connection.execute(insert(API_KEY), row | known)
        return made

    def trust_key(self, org_id: str, jwk: str, *, label: str = "", now_us: int) -> AssertionKey:
        """See ``Directory``."""
        made = AssertionKey(
            org_id=org_id,
            thumbprint=thumbprint(jwk),
            jwk=jwk,
            label=fields.checked_text(label, what="label", may_be_empty=True),
            trusted_us=now_us,
        )
        with writing(self._engine) as change:
            _one_organisation(change.connection, org_id)
            trusted = _trusted_keys(change.connection, org_id)
            if len(trusted) >= MAX_TRUSTED_KEYS and made.thumbprint not in {one.thumbprint for one in trusted}:
                raise BadInput(
                    f"The organisation {org_id} has {len(trusted)} trusted keys already.", hint="Remove one first."
                )
            where = (ASSERTION_KEY.c.org_id == org_id) & (ASSERTION_KEY.c.thumbprint == made.thumbprint)
            change.connection.execute(delete(ASSERTION_KEY).where(where))
            change.connection.execute(insert(ASSERTION_KEY), msgspec.structs.asdict(made))
            _touch_organisation(change, org_id)
        return made

    def trusted_keys(self, org_id: str) -> tuple[AssertionKey, ...]:
        """See ``Directory``."""
        with reading(self._engine) as connection:
            _one_organisation(connection, org_id)
            return _trusted_keys(connection, org_id)

    def distrust_key(self, org_id: str, thumbprint: str, *, now_us: int) -> AssertionKey:
        """See ``Directory``."""
        with writing(self._engine) as change:
            _one_organisation(change.connection, org_id)
            found = [one for one in _trusted_keys(change.connection, org_id) if one.thumbprint == thumbprint]
            if not found:
                raise BadInput(
                    f"The organisation {org_id} has no such trusted key.",
                    hint=f"See `stillwatch org trust-key list {org_id}`.",
                )
            where = (ASSERTION_KEY.c.org_id == org_id) & (ASSERTION_KEY.c.thumbprint == thumbprint)
            change.connection.execute(update(ASSERTION_KEY).where(where).values(removed_us=now_us))
            _touch_organisation(change, org_id)
        return found[0]

    def identify(self, text: str) -> ApiKey | None:
        """See ``Directory``."""
        key_id = parse(text)
        if key_id is None:
            return None
        with reading(self._engine) as connection:
            row = connection.execute(_API_KEYS.where(API_KEY.c.key_id == key_id)).one_or_none()
        pepper = None if row is None else self._peppers.by_id.get(row.pepper_id)
        if row is None or pepper is None or not hmac.compare_digest(digest(text, pepper), bytes(row.digest)):
            return None
        return _api_key(row)

    def api_keys(self, *, account_id: str | None = None) -> tuple[ApiKey, ...]:
        """See ``Directory``."""
        query = _API_KEYS.order_by(API_KEY.c.created_us, API_KEY.c.key_id)
        with reading(self._engine) as connection:
            if account_id is not None:
                _one_account(connection, account_id)
                query = query.where(API_KEY.c.account_id == account_id)
            return tuple(_api_key(row) for row in connection.execute(query))

    def revoke_key(self, key_id: str, *, now_us: int) -> ApiKey:
        """See ``Directory``."""
        with writing(self._engine) as change:
            if _one_api_key(change.connection, key_id).revoked_us is None:
                where = API_KEY.c.key_id == key_id
                change.connection.execute(
                    update(API_KEY).where(where).values(revoked_us=now_us, version=change.version)
                )
            return _one_api_key(change.connection, key_id)

    def purge_keys(self, *, before_us: int) -> tuple[str, ...]:
        """See ``Directory``."""
        is_over = or_(API_KEY.c.revoked_us < before_us, API_KEY.c.expires_us < before_us)
        with writing(self._engine) as change:
            query = delete(API_KEY).where(is_over).returning(API_KEY.c.key_id)
            gone = sorted(change.connection.execute(query).scalars())
            if gone:
                rows = [{"key_id": key_id, "version": change.version} for key_id in gone]
                change.connection.execute(insert(REMOVED_KEY), rows)
        return tuple(gone)

    def version(self) -> int:
        """See ``Directory``."""
        with reading(self._engine) as connection:
            return current_version(connection)

    def entries_since(self, version: int) -> Changes:
        """See ``Directory``."""
        with reading(self._engine) as connection:
            now = current_version(connection)
            if now == version:
                return Changes(version=now, entries=(), removed=())
            if version <= 0 or now < version:
                return Changes(version=now, entries=_entries(connection, _ENTRIES, _TRUSTED), removed=())
            removed = select(REMOVED_KEY.c.key_id).where(REMOVED_KEY.c.version > version)
            return Changes(
                version=now,
                entries=_entries(
                    connection,
                    _ENTRIES.where(API_KEY.c.key_id.in_(_changed_keys(version))),
                    _TRUSTED.where(ASSERTION_KEY.c.org_id.in_(_changed_organisations(version))),
                ),
                removed=tuple(connection.execute(removed.order_by(REMOVED_KEY.c.key_id)).scalars()),
            )

    def _made_up(self, kind: str) -> str:
        return f"{kind}-{self._entropy(8).hex()}"


_ACCOUNTS = select(ACCOUNT, STANDING.c.rung, STANDING.c.until_us, STANDING.c.reason, STANDING.c.decision_id).outerjoin(
    STANDING, STANDING.c.account_id == ACCOUNT.c.account_id
)

_API_KEYS = select(API_KEY, ACCOUNT.c.org_id).join(ACCOUNT)

_ENTRIES = (
    select(
        API_KEY,
        ACCOUNT.c.org_id,
        ACCOUNT.c.active.label("account_active"),
        ACCOUNT.c.payment_fp,
        ACCOUNT.c.created_us.label("signup_ts_us"),
        ACCOUNT.c.route,
        ORGANISATION.c.active.label("org_active"),
        ORGANISATION.c.text_policy,
        STANDING.c.rung,
        STANDING.c.until_us,
        STANDING.c.reason,
        STANDING.c.decision_id,
        VETTING.c.admission,
        VETTING.c.tier,
        VETTING.c.valid_until_us,
    )
    .select_from(API_KEY)
    .join(ACCOUNT, ACCOUNT.c.account_id == API_KEY.c.account_id)
    .join(ORGANISATION, ORGANISATION.c.org_id == ACCOUNT.c.org_id)
    .outerjoin(STANDING, STANDING.c.account_id == ACCOUNT.c.account_id)
    .outerjoin(VETTING, VETTING.c.org_id == ACCOUNT.c.org_id)
    .order_by(API_KEY.c.key_id)
)


_TRUSTED = (
    select(ASSERTION_KEY.c.org_id, ASSERTION_KEY.c.jwk)
    .where(ASSERTION_KEY.c.removed_us.is_(None))
    .order_by(ASSERTION_KEY.c.trusted_us, ASSERTION_KEY.c.thumbprint)
)


def _changed_keys(version: int) -> Any:
    """Ids of the keys that a change after ``version`` touches. Some look-ups in an index each, never a whole table."""
    key_id = select(API_KEY.c.key_id)
    by_account = key_id.join(ACCOUNT, ACCOUNT.c.account_id == API_KEY.c.account_id)
    return union(
        key_id.where(API_KEY.c.version > version),
        by_account.where(ACCOUNT.c.version > version),
        by_account.join(ORGANISATION, ORGANISATION.c.org_id == ACCOUNT.c.org_id).where(
            ORGANISATION.c.version > version
        ),
        by_account.join(VETTING, VETTING.c.org_id == ACCOUNT.c.org_id).where(VETTING.c.version > version),
        key_id.join(STANDING, STANDING.c.account_id == API_KEY.c.account_id).where(STANDING.c.version > version),
    )


def _changed_organisations(version: int) -> Any:
    """Ids of the organisations whose keys ``_changed_keys`` gives."""
    of_keys = select(ACCOUNT.c.org_id).join(API_KEY, API_KEY.c.account_id == ACCOUNT.c.account_id)
    return of_keys.where(API_KEY.c.key_id.in_(_changed_keys(version)))


def _entries(connection: Connection, query: Select[Any], trusted: Select[Any]) -> tuple[KeyEntry, ...]:
    keys: dict[str, tuple[str, ...]] = {}
    for org_id, jwk in connection.execute(trusted):
        keys[org_id] = (*keys.get(org_id, ()), jwk)
    return tuple(_entry(row, keys.get(row["org_id"], ())) for row in connection.execute(query).mappings())


def _entry(row: RowMapping, trusted: tuple[str, ...]) -> KeyEntry:
    return KeyEntry(
        key_id=row["key_id"],
        digest=bytes(row["digest"]),
        pepper_id=row["pepper_id"],
        org_id=row["org_id"],
        account_id=row["account_id"],
        org_active=row["org_active"],
        account_active=row["account_active"],
        standing=_standing(row),
        models=_tuple(row["models"]),
        cidrs=_tuple(row["cidrs"]),
        expires_us=row["expires_us"],
        revoked_us=row["revoked_us"],
        text_policy=TextPolicy(row["text_policy"]),
        payment_fp=row["payment_fp"],
        signup_ts_us=row["signup_ts_us"],
        route=row["route"],
        admission=Admission(row["admission"] or Admission.UNVETTED),
        tier=row["tier"] or 0,
        vetted_until_us=row["valid_until_us"],
        scopes=_tuple(row["scopes"]),
        jkt=row["jkt"],
        x5t=row["x5t"],
        client_jwk=row["client_jwk"],
        is_honey=row["is_honey"],
        trusted=trusted,
    )


def _organisation(row: Row[Any]) -> Organisation:
    return Organisation(
        org_id=row.org_id,
        name=row.name,
        active=row.active,
        text_policy=TextPolicy(row.text_policy),
        created_us=row.created_us,
    )


def _account(row: Row[Any]) -> Account:
    return Account(
        account_id=row.account_id,
        org_id=row.org_id,
        name=row.name,
        active=row.active,
        payment_fp=row.payment_fp,
        route=row.route,
        created_us=row.created_us,
        verified_us=row.verified_us,
        verified_by=row.verified_by,
        standing=_standing(row._mapping),  # noqa: SLF001 - SQLAlchemy's public name
    )


def _api_key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        account_id=row.account_id,
        org_id=row.org_id,
        label=row.label,
        created_us=row.created_us,
        expires_us=row.expires_us,
        revoked_us=row.revoked_us,
        models=_tuple(row.models),
        cidrs=_tuple(row.cidrs),
        scopes=_tuple(row.scopes),
        jkt=row.jkt,
        x5t=row.x5t,
        client_jkt=None if row.client_jwk is None else thumbprint(row.client_jwk),
        is_honey=row.is_honey,
        replaced_by=row.replaced_by,
    )


def _standing(row: RowMapping) -> Standing:
    """The standing in a row of an outer join: GOOD where the account has none."""
    if row["rung"] is None:
        return Standing()
    return Standing(
        rung=Rung(row["rung"]), until_us=row["until_us"], reason=row["reason"], decision_id=row["decision_id"]
    )


def _tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _one_organisation(connection: Connection, org_id: str) -> Organisation:
    fields.checked_id(org_id, what="organisation")
    row = connection.execute(select(ORGANISATION).where(ORGANISATION.c.org_id == org_id)).one_or_none()
    if row is None:
        raise BadInput(f"There is no organisation {org_id}.", hint="See `stillwatch org list`.")
    return _organisation(row)


def _one_account(connection: Connection, account_id: str) -> Account:
    fields.checked_id(account_id, what="account")
    row = connection.execute(_ACCOUNTS.where(ACCOUNT.c.account_id == account_id)).one_or_none()
    if row is None:
        raise BadInput(f"There is no account {account_id}.", hint="See `stillwatch account list`.")
    return _account(row)


def _one_api_key(connection: Connection, key_id: str) -> ApiKey:
    fields.checked_id(key_id, what="key")
    row = connection.execute(_API_KEYS.where(API_KEY.c.key_id == key_id)).one_or_none()
    if row is None:
        raise BadInput(f"There is no API key {key_id}.", hint="Give its id, as `stillwatch key list` shows it.")
    return _api_key(row)


def _check_free(connection: Connection, table: Table, value: str, *, what: str) -> None:
    """Refuse an id that is taken. Two writers cannot both pass: they follow one another."""
    (column,) = table.primary_key.columns
    if connection.execute(select(column).where(column == value)).first() is not None:
        raise BadInput(f"The {what} id {value} exists already.", hint="Choose another.")


def _trusted_keys(connection: Connection, org_id: str) -> tuple[AssertionKey, ...]:
    query = select(ASSERTION_KEY).where(ASSERTION_KEY.c.org_id == org_id, ASSERTION_KEY.c.removed_us.is_(None))
    return tuple(
        AssertionKey(
            org_id=row.org_id, thumbprint=row.thumbprint, jwk=row.jwk, label=row.label, trusted_us=row.trusted_us
        )
        for row in connection.execute(query.order_by(ASSERTION_KEY.c.trusted_us, ASSERTION_KEY.c.thumbprint))
    )


def _touch_organisation(change: Change, org_id: str) -> None:
    """Have every key of an organisation told to the workers anew."""
    change.connection.execute(
        update(ORGANISATION).where(ORGANISATION.c.org_id == org_id).values(version=change.version)
    )


def _row_to_rotate(connection: Connection, key_id: str, now_us: int) -> Row[Any]:
    """The row of a key that can have a successor."""
    _one_api_key(connection, key_id)
    row = connection.execute(select(API_KEY).where(API_KEY.c.key_id == key_id)).one()
    if row.revoked_us is not None or (row.expires_us is not None and row.expires_us <= now_us):
        raise BadInput(f"The key {key_id} does not work any more.", hint="Make a new one: `stillwatch key create`.")
    if row.replaced_by is not None:
        raise BadInput(f"The key {key_id} was replaced already, by {row.replaced_by}.", hint="Rotate that one.")
    if row.is_honey:
        raise BadInput(f"The key {key_id} is a honey key, which nobody uses.", hint="Revoke it and plant another.")
    return row
