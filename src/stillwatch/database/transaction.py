# SPDX-License-Identifier: Apache-2.0
"""The two ways into the database: a consistent look, and one change that lands whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from stillwatch.database.engine import READING
from stillwatch.database.tables import SNAPSHOT_VERSION
from stillwatch.errors import IntegrityError, Unavailable


@dataclass(frozen=True, slots=True)
class Change:
    """A transaction that may write."""

    connection: Connection
    version: int
    """What every row written here carries in its ``version`` column."""


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give one consistent picture: all its statements see the database as of the first.

    Raises:
        Unavailable: The database cannot be reached, or is busy for too long.
    """
    with translated(), engine.connect() as connection:
        options: dict[str, object] = {READING: True}
        if engine.dialect.name == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        connection.execution_options(**options)
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Change]:
    """Make one change: committed at the end of the block, undone whole where the block raises.

    The first statement takes the next version, and with it the lock on the counter's row (on SQLite, on the database)
    until the commit. So writers follow one another, no two can deadlock, and a reader that sees version N sees
    everything of every version up to N. If the process dies inside the block, nothing of it is there afterwards.

    Raises:
        Unavailable: The database cannot be reached, is full, or is busy for too long. Nothing was changed.
    """
    with translated(), engine.begin() as connection:
        bump = update(SNAPSHOT_VERSION).values(value=SNAPSHOT_VERSION.c.value + 1).returning(SNAPSHOT_VERSION.c.value)
        version = connection.execute(bump).scalar_one()
        yield Change(connection=connection, version=version)


def current_version(connection: Connection) -> int:
    """The version of the last change that was committed."""
    return int(connection.execute(select(SNAPSHOT_VERSION.c.value)).scalar_one())


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into the one that says who must act, without statement or parameters."""
    try:
        yield
    except PoolTimeoutError as error:
        raise Unavailable("Every connection to the database is in use.", hint="Try again.") from error
    except DBAPIError as error:
        what = str(error.orig).strip().partition("\n")[0] or type(error.orig).__name__
        if _is_damage(what):
            raise IntegrityError(f"The database is damaged: {what}.", hint="Restore it from a copy.") from error
        raise Unavailable(
            f"The database did not do its work: {what}.",
            hint="Check that it runs, is not locked by another program, and has space on its disk.",
        ) from error
    except SQLAlchemyError as error:
        raise Unavailable(f"The database did not answer as expected ({type(error).__name__}).") from error


def _is_damage(message: str) -> bool:
    return "malformed" in message or "not a database" in message
