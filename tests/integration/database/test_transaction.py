# SPDX-License-Identifier: Apache-2.0
"""Consistent looks and whole changes, with real concurrent writers and real deaths."""

import multiprocessing
import os
import signal
import threading
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, text

from stillwatch.database.engine import open_engine
from stillwatch.database.settings import DatabaseSettings
from stillwatch.database.tables import ORGANISATION
from stillwatch.database.transaction import current_version, reading, writing
from stillwatch.errors import IntegrityError, Unavailable

SPAWN = multiprocessing.get_context("spawn")


def organisation(org_id: str, version: int) -> dict[str, object]:
    return {
        "org_id": org_id,
        "name": org_id,
        "active": True,
        "text_policy": "keep",
        "created_us": 1,
        "version": version,
    }


def write_many(settings: DatabaseSettings, writer: int, count: int) -> None:
    engine = open_engine(settings)
    for number in range(count):
        with writing(engine) as change:
            change.connection.execute(insert(ORGANISATION), organisation(f"w{writer}-{number}", change.version))
    engine.dispose()


def write_and_hang(settings: DatabaseSettings, written: Event) -> None:
    engine = open_engine(settings)
    with writing(engine) as change:
        change.connection.execute(insert(ORGANISATION), organisation("half", change.version))
        change.connection.execute(insert(ORGANISATION), organisation("other-half", change.version))
        written.set()
        time.sleep(60)


def test_versions_count_the_changes(engine: Engine) -> None:
    with writing(engine) as change:
        assert change.version == 1
    with writing(engine) as change:
        assert change.version == 2
    with reading(engine) as connection:
        assert current_version(connection) == 2


def test_a_change_that_raises_leaves_nothing_and_takes_no_version(engine: Engine) -> None:
    def fail_in_between() -> None:
        with writing(engine) as change:
            change.connection.execute(insert(ORGANISATION), organisation("half", change.version))
            raise KeyError("in between")

    with pytest.raises(KeyError):
        fail_in_between()
    with reading(engine) as connection:
        assert current_version(connection) == 0
        assert connection.execute(select(ORGANISATION)).all() == []


def test_a_reader_sees_one_instant_however_long_it_looks(engine: Engine) -> None:
    with reading(engine) as connection:
        before = current_version(connection)
        with writing(engine) as change:
            change.connection.execute(insert(ORGANISATION), organisation("new", change.version))
        assert current_version(connection) == before
        assert connection.execute(select(ORGANISATION)).all() == []
    with reading(engine) as connection:
        assert current_version(connection) == before + 1


def test_a_reader_cannot_write(engine: Engine) -> None:
    with pytest.raises(Unavailable, match=r"read-?only"), reading(engine) as connection:
        connection.execute(insert(ORGANISATION), organisation("x", 1))
    with writing(engine) as change:
        change.connection.execute(insert(ORGANISATION), organisation("x", change.version))


def test_concurrent_processes_lose_no_change_and_show_versions_in_order(
    database: DatabaseSettings, engine: Engine
) -> None:
    writers, each = 2, 40
    processes = [SPAWN.Process(target=write_many, args=(database, number, each)) for number in range(writers)]
    for process in processes:
        process.start()
    # The delta promise: whoever has read up to version N never finds a row of N or less later on.
    seen: dict[str, int] = {}
    upto = 0
    while upto < writers * each:
        with reading(engine) as connection:
            now = current_version(connection)
            for org_id, version in connection.execute(
                select(ORGANISATION.c.org_id, ORGANISATION.c.version).where(ORGANISATION.c.version > upto)
            ):
                assert upto < version <= now
                assert org_id not in seen
                seen[org_id] = version
            assert len(seen) == now
            upto = now
        if not any(process.is_alive() for process in processes):
            assert all(process.exitcode == 0 for process in processes)
    for process in processes:
        process.join()
    assert sorted(seen.values()) == list(range(1, writers * each + 1))


def test_a_process_killed_in_between_leaves_nothing_and_blocks_nobody(
    database: DatabaseSettings, engine: Engine
) -> None:
    written = SPAWN.Event()
    process = SPAWN.Process(target=write_and_hang, args=(database, written))
    process.start()
    assert written.wait(30)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with writing(engine) as change:
        assert change.version == 1
        assert change.connection.execute(select(ORGANISATION)).all() == []


def test_threads_that_write_at_once_wait_for_each_other(engine: Engine) -> None:
    def bump() -> None:
        with writing(engine):
            time.sleep(0.002)

    threads = [threading.Thread(target=bump) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as connection:
        assert current_version(connection) == 10


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    engine = open_engine(
        DatabaseSettings(
            url=f"postgresql+psycopg://stillwatch@/x?host={tmp_path}",
            url_env="STILLWATCH_TEST_UNSET",
            busy_timeout_seconds=1,
        )
    )
    with pytest.raises(Unavailable, match="did not do its work"), reading(engine):
        pytest.fail("there is no server")
    engine.dispose()


def test_a_damaged_file_is_not_taken_for_a_busy_one(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"this is no database at all, whatever its name may say" * 40)
    engine = open_engine(DatabaseSettings(url=f"sqlite:///{tmp_path}/a.db", url_env="STILLWATCH_TEST_UNSET"))
    with pytest.raises(IntegrityError, match="damaged"), reading(engine) as connection:
        connection.execute(text("SELECT 1"))
    engine.dispose()
