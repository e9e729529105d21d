# SPDX-License-Identifier: Apache-2.0
"""An engine from a URL: SQLite in one file, or PostgreSQL."""

import os
import sqlite3
import time
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from stillwatch.database.settings import DatabaseSettings
from stillwatch.errors import SettingsError, Unavailable

READING = "stillwatch_reading"
"""Execution option of a connection that will only read: on SQLite it then takes no write lock."""

_FORMS = "Write sqlite:///path/to/file.db or postgresql+psycopg://user:password@host/name."


def open_engine(settings: DatabaseSettings) -> Engine:
    """Make the engine. SQLite's file is made, for its owner alone, where it is missing; PostgreSQL is not contacted.

    The parameters of statements never appear in errors or logs: among them are digests and customers' names.

    Raises:
        SettingsError: The URL cannot be read, or names a database that is not supported.
        Unavailable: SQLite's file cannot be made.
    """
    url = _parse(os.environ.get(settings.url_env) or settings.url)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, settings)
    try:
        return create_engine(
            url,
            hide_parameters=True,
            pool_size=settings.pool_size,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": max(2, int(settings.busy_timeout_seconds)),
                "application_name": "stillwatch",
                # A writer that waits longer than this for the counter's row is refused, as on SQLite.
                "options": f"-c lock_timeout={int(settings.busy_timeout_seconds * 1000)} -c timezone=UTC",
            },
        )
    except ImportError as error:
        raise SettingsError(
            "PostgreSQL is configured, but its driver is not installed.",
            hint="Install it with: pip install 'stillwatch[postgres]'.",
        ) from error


def _parse(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # The text itself, which may hold a password, stays out of the message and of its causes.
        raise SettingsError("The database URL cannot be read.", hint=_FORMS) from None
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}:
        raise SettingsError(f"The database kind {url.drivername!r} is not supported.", hint=_FORMS)
    if url.get_backend_name() == "sqlite" and (not url.database or url.database.startswith((":memory:", "file:"))):
        raise SettingsError("SQLite needs a file: several processes open it.", hint=_FORMS)
    return url


def _sqlite(url: URL, settings: DatabaseSettings) -> Engine:
    path = Path(str(url.database))
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise Unavailable(
            f"The database file {path} cannot be opened: {error.strerror}.",
            hint="Check the folder, its permissions and the space on the disk.",
        ) from error
    engine = create_engine(
        url.set(database=str(path)),
        hide_parameters=True,
        pool_size=settings.pool_size,
        connect_args={"timeout": settings.busy_timeout_seconds, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        # Python's driver would begin transactions by itself, and only at the first write: too late to be consistent.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {int(settings.busy_timeout_seconds * 1000)}")
        connection.execute("PRAGMA foreign_keys = ON")
        _write_ahead(connection, patience_seconds=settings.busy_timeout_seconds)
        # FULL: a decision that was acknowledged survives the loss of power, not only of the process.
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # IMMEDIATE takes the write lock at once. A transaction that reads first and then writes would otherwise be
        # refused, without waiting, when another wrote in between.
        is_reading = connection.get_execution_options().get(READING, False)
        connection.exec_driver_sql(f"PRAGMA query_only = {int(is_reading)}")
        connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")

    return engine


def _write_ahead(connection: sqlite3.Connection, *, patience_seconds: float) -> None:
    """Switch to the write-ahead log. SQLite does not wait for others here, so this does."""
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.01)
        else:
            return
