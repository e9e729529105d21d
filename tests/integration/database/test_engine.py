# SPDX-License-Identifier: Apache-2.0
import stat
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from stillwatch.database.engine import open_engine
from stillwatch.database.settings import DatabaseSettings
from stillwatch.database.transaction import writing
from stillwatch.errors import SettingsError, Unavailable

SECRET = "correct-horse-battery"


def sqlite(path: Path, *, patience: float = 5) -> Engine:
    return open_engine(
        DatabaseSettings(url=f"sqlite:///{path}", url_env="STILLWATCH_TEST_UNSET", busy_timeout_seconds=patience)
    )


def test_sqlite_is_durable_and_checks_its_references(tmp_path: Path) -> None:
    engine = sqlite(tmp_path / "a.db")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert connection.execute(text("PRAGMA busy_timeout")).scalar() == 5000
    engine.dispose()


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    sqlite(tmp_path / "new" / "a.db").dispose()
    assert stat.S_IMODE((tmp_path / "new" / "a.db").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://root@localhost/x", "sqlite://", "sqlite:///:memory:", "oracle://x", "sqlite:///file:x"],
)
def test_a_url_that_cannot_work_is_refused_with_the_forms_that_do(url: str) -> None:
    with pytest.raises(SettingsError, match="postgresql\\+psycopg"):
        open_engine(DatabaseSettings(url=url, url_env="STILLWATCH_TEST_UNSET"))


def test_a_password_stands_in_no_repr() -> None:
    settings = DatabaseSettings(url=f"postgresql+psycopg://me:{SECRET}@h/x", url_env="STILLWATCH_TEST_UNSET")
    assert SECRET not in repr(settings)
    assert SECRET not in repr(open_engine(settings))


@pytest.mark.parametrize("url", [f"mysql://me:{SECRET}@h/x", f"://{SECRET}", f"postgresql+psycopg://:{SECRET}@h:port/"])
def test_a_password_stands_in_no_message(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        open_engine(DatabaseSettings(url=url, url_env="STILLWATCH_TEST_UNSET"))
    assert SECRET not in str(caught.value)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLWATCH_TEST_URL", f"sqlite:///{tmp_path}/env.db")
    open_engine(DatabaseSettings(url=f"sqlite:///{tmp_path}/file.db", url_env="STILLWATCH_TEST_URL")).dispose()
    assert (tmp_path / "env.db").exists()
    assert not (tmp_path / "file.db").exists()


def test_a_relative_file_lies_in_the_data_folder(tmp_path: Path) -> None:
    def resolved(url: str) -> str:
        return DatabaseSettings(url=url).resolved(tmp_path).url

    assert resolved("sqlite:///a.db") == f"sqlite:///{tmp_path}/a.db"
    assert resolved("sqlite:////abs/a.db") == "sqlite:////abs/a.db"
    assert resolved("postgresql+psycopg://h/x") == "postgresql+psycopg://h/x"


def test_a_file_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(Unavailable, match="cannot be opened"):
        sqlite(tmp_path / "file" / "a.db")


def test_statements_that_fail_do_not_show_their_parameters(engine: Engine) -> None:
    with pytest.raises(DBAPIError) as caught, engine.begin() as connection:
        connection.execute(text("SELECT * FROM no_such_table WHERE x = :x"), {"x": SECRET})
    assert SECRET not in str(caught.value)


def test_many_threads_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def touch() -> None:
        try:
            engine = sqlite(tmp_path / "a.db")
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
            engine.dispose()
        except BaseException as error:  # noqa: BLE001 - a thread's failure is told by the main one
            failures.append(error)

    threads = [threading.Thread(target=touch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_writer_that_waits_too_long_is_told_so(database: DatabaseSettings) -> None:
    first = open_engine(database)
    second = open_engine(database.model_copy(update={"busy_timeout_seconds": 0.2}))
    with writing(first), pytest.raises(Unavailable, match="did not do its work"), writing(second):
        pytest.fail("two writers at once")
    with writing(second) as change:
        assert change.version == 2
    first.dispose()
    second.dispose()
