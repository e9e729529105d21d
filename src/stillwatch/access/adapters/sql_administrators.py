# SPDX-License-Identifier: Apache-2.0
"""Administrators in the SQL database: of a token only the keyed hash is there."""

import secrets
from collections.abc import Callable
from hmac import compare_digest
from typing import Any

from sqlalchemy import Engine, Row, insert, select, update

from stillwatch.access import fields
from stillwatch.access.api_key import ADMIN_PREFIX, ID_BYTES, SECRET_BYTES, Peppers, digest, new_key, parse
from stillwatch.access.interface import Administrator
from stillwatch.database.tables import ADMINISTRATOR
from stillwatch.database.transaction import reading, writing
from stillwatch.errors import BadInput


class SqlAdministrators:
    """``access.interface.Administrators`` over the tables of ``database``.

    Args:
        engine: Of a database that has been upgraded.
        peppers: The current one hashes new tokens.
        entropy: Gives so many random bytes; the operating system's by default.
    """

    def __init__(
        self, engine: Engine, *, peppers: Peppers, entropy: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._engine = engine
        self._peppers = peppers
        self._entropy = entropy

    def create(self, name: str, *, now_us: int) -> tuple[Administrator, str]:
        """See ``Administrators``."""
        name = " ".join(fields.checked_text(name, what="administrator's name").split())
        id_entropy, secret_entropy = self._entropy(ID_BYTES), self._entropy(SECRET_BYTES)
        made = new_key(id_entropy=id_entropy, secret_entropy=secret_entropy, prefix=ADMIN_PREFIX)
        row = {
            "token_id": made.key_id,
            "name": name,
            "digest": digest(made.text, self._peppers.by_id[self._peppers.current_id]),
            "pepper_id": self._peppers.current_id,
            "created_us": now_us,
            "revoked_us": None,
        }
        with writing(self._engine) as change:
            in_force = select(ADMINISTRATOR.c.name).where(ADMINISTRATOR.c.revoked_us.is_(None))
            names = {known.casefold() for known in change.connection.execute(in_force).scalars()}
            if name.casefold() in names:
                raise BadInput(
                    f"{name} has a token already.", hint="Revoke it first: who can sign in twice could decide for two."
                )
            change.connection.execute(insert(ADMINISTRATOR), row)
        return Administrator(token_id=made.key_id, name=name, created_us=now_us, revoked_us=None), made.text

    def all(self) -> tuple[Administrator, ...]:
        """See ``Administrators``."""
        with reading(self._engine) as connection:
            query = select(ADMINISTRATOR).order_by(ADMINISTRATOR.c.created_us, ADMINISTRATOR.c.token_id)
            return tuple(_administrator(row) for row in connection.execute(query))

    def revoke(self, token_id: str, *, now_us: int) -> Administrator:
        """See ``Administrators``."""
        fields.checked_id(token_id, what="token")
        where = ADMINISTRATOR.c.token_id == token_id
        with writing(self._engine) as change:
            is_in_force = where & ADMINISTRATOR.c.revoked_us.is_(None)
            change.connection.execute(update(ADMINISTRATOR).where(is_in_force).values(revoked_us=now_us))
            row = change.connection.execute(select(ADMINISTRATOR).where(where)).one_or_none()
            if row is None:
                raise BadInput(f"There is no token {token_id}.", hint="See `stillwatch admin list`.")
            return _administrator(row)

    def signed_in(self, token: str) -> str | None:
        """See ``Administrators``."""
        token_id = parse(token, ADMIN_PREFIX)
        if token_id is None:
            return None
        with reading(self._engine) as connection:
            query = select(ADMINISTRATOR).where(ADMINISTRATOR.c.token_id == token_id)
            row = connection.execute(query).one_or_none()
        if row is None or row.revoked_us is not None or row.pepper_id not in self._peppers.by_id:
            return None
        is_same = compare_digest(digest(token, self._peppers.by_id[row.pepper_id]), bytes(row.digest))
        return str(row.name) if is_same else None


def _administrator(row: Row[Any]) -> Administrator:
    return Administrator(token_id=row.token_id, name=row.name, created_us=row.created_us, revoked_us=row.revoked_us)
