# SPDX-License-Identifier: Apache-2.0
"""Brings the database to the shape this release expects. The migrations travel inside the package."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from stillwatch.database.engine import READING
from stillwatch.database.transaction import translated
from stillwatch.errors import SettingsError

_LOCK = 0x5717_7A7C_4001
"""Number of PostgreSQL's advisory lock that migrations hold. Arbitrary; it must only never change."""


def upgrade(engine: Engine) -> None:
    """Run the migrations that are missing, all in one transaction; cheap where none is.

    Two processes that start at once do not collide: the second waits for the first, then finds nothing to do.

    Raises:
        SettingsError: The database was made by a newer release.
        Unavailable: The database cannot be reached.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    head = ScriptDirectory.from_config(config).get_current_head()
    with translated():
        with engine.connect() as connection:
            connection.execution_options(**{READING: True})
            if _revision(connection) == head:
                return
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            # SQLite needs no more: BEGIN IMMEDIATE already keeps every other writer out.
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                raise SettingsError(
                    f"The database has revision {_revision(connection)!r}, which this release does not know.",
                    hint="It was made by a newer release: install that one.",
                ) from error


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
