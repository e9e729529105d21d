# SPDX-License-Identifier: Apache-2.0
import multiprocessing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

import stillwatch.database
from stillwatch.database.engine import open_engine
from stillwatch.database.settings import DatabaseSettings
from stillwatch.database.tables import METADATA
from stillwatch.database.transaction import current_version, reading, writing
from stillwatch.database.upgrade import upgrade
from stillwatch.errors import SettingsError

SPAWN = multiprocessing.get_context("spawn")


def upgrade_in_process(settings: DatabaseSettings) -> None:
    engine = open_engine(settings)
    upgrade(engine)
    with writing(engine):
        pass
    engine.dispose()


def test_the_migrations_make_exactly_the_tables_the_code_expects(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_the_migrations_make_every_check(engine: Engine) -> None:
    broken = "INSERT INTO organisation VALUES ('o', 'n', true, 'shred', 1, 1)"
    with pytest.raises(Exception, match=r"ck_organisation_text_policy"), engine.begin() as connection:
        connection.execute(text(broken))
    with pytest.raises(Exception, match=r"ck_snapshot_version_one_row"), engine.begin() as connection:
        connection.execute(text("INSERT INTO snapshot_version VALUES (2, 5)"))
    with pytest.raises(Exception, match=r"ck_standing_rung"), engine.begin() as connection:
        connection.execute(text("INSERT INTO standing VALUES ('a', 9, NULL, '', NULL, 1)"))


def test_upgrading_again_changes_nothing(engine: Engine) -> None:
    with writing(engine):
        pass
    upgrade(engine)
    with reading(engine) as connection:
        assert current_version(connection) == 1


def test_processes_that_start_at_once_do_not_collide(empty_database: DatabaseSettings) -> None:
    processes = [SPAWN.Process(target=upgrade_in_process, args=(empty_database,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    engine = open_engine(empty_database)
    with reading(engine) as connection:
        assert current_version(connection) == 2
    engine.dispose()


def test_a_database_of_a_newer_release_is_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match="newer release"):
        upgrade(engine)


def test_a_folder_with_a_percent_sign_does_not_confuse_the_migrations(tmp_path: Path) -> None:
    (tmp_path / "100%d").mkdir()
    engine = open_engine(DatabaseSettings(url=f"sqlite:///{tmp_path}/100%25d/a.db", url_env="STILLWATCH_TEST_UNSET"))
    upgrade(engine)
    engine.dispose()


def test_every_migration_lies_inside_the_package() -> None:
    folder = Path(stillwatch.database.__file__).parent / "migrations"
    assert (folder / "env.py").exists()
    assert sorted(path.name for path in (folder / "versions").glob("0*.py")) == [
        "0001_first_tables.py",
        "0003_vetting.py",
        "0004_screening.py",
        "0005_binding.py",
        "0006_directives.py",
    ]
