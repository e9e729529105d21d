# SPDX-License-Identifier: Apache-2.0
"""Databases to test against: SQLite always, and a real PostgreSQL server where its binaries are."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url

from fakes import postgres_server
from stillwatch.database.engine import open_engine
from stillwatch.database.settings import DatabaseSettings
from stillwatch.database.upgrade import upgrade

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a server's database that nobody uses."""
    binaries = postgres_server.find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's server binaries are not on this machine (Debian: apt-get install postgresql-15)")
    with postgres_server.running(binaries) as url:
        postgres_server.run_sql(url.replace("/stillwatch?", "/postgres?"), "CREATE DATABASE stillwatch")
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseSettings]:
    """Settings of a database without tables."""
    if request.param == "sqlite":
        yield DatabaseSettings(url=f"sqlite:///{tmp_path}/test.db", url_env="STILLWATCH_TEST_UNSET")
        return
    server: str = request.getfixturevalue("postgres_url")
    name = f"test_{next(_numbers)}"
    postgres_server.run_sql(server, f"CREATE DATABASE {name}")
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    yield DatabaseSettings(url=url, url_env="STILLWATCH_TEST_UNSET")
    postgres_server.run_sql(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(empty_database: DatabaseSettings) -> DatabaseSettings:
    """Settings of a database with every table, and nothing in them."""
    engine = open_engine(empty_database)
    upgrade(engine)
    engine.dispose()
    return empty_database


@pytest.fixture
def engine(database: DatabaseSettings) -> Iterator[Engine]:
    """An engine for ``database``."""
    engine = open_engine(database)
    yield engine
    engine.dispose()
