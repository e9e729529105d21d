# SPDX-License-Identifier: Apache-2.0
"""Opens what the operators' commands work with: the directory of keys, and the cases.

Each function opens the database the settings name and brings it up to date first. Nothing here needs the gateway to
run; a change made through these reaches its workers all the same.
"""

from collections.abc import Callable

from sqlalchemy import Engine

from stillwatch.access.adapters.pepper_file import open_peppers
from stillwatch.access.adapters.shared_memory import share_replay_table
from stillwatch.access.adapters.signing_key import open_signing_key
from stillwatch.access.adapters.sql_administrators import SqlAdministrators
from stillwatch.access.adapters.sql_directives import SqlDirectives
from stillwatch.access.adapters.sql_directory import SqlDirectory
from stillwatch.access.adapters.sql_vetting import SqlVettings
from stillwatch.access.adapters.vetting_files import open_policy
from stillwatch.access.binding.binder import Binder
from stillwatch.access.binding.replay import ReplayTable
from stillwatch.access.interface import Administrators, Directory
from stillwatch.access.keyring import Keyring
from stillwatch.access.policy.interface import Directives
from stillwatch.access.vetting.interface import Vettings
from stillwatch.database.engine import open_engine
from stillwatch.database.upgrade import upgrade
from stillwatch.remediation.adapters.sql_cases import SqlCases
from stillwatch.remediation.interface import Cases
from stillwatch.service.clock import open_clock
from stillwatch.settings import Settings


def open_database(settings: Settings) -> Engine:
    """The database, with every migration run.

    Raises:
        SettingsError: The URL is wrong, or a newer release made the database.
        Unavailable: It cannot be reached.
    """
    engine = open_engine(settings.database)
    upgrade(engine)
    return engine


def open_directory(settings: Settings, *, engine: Engine | None = None) -> Directory:
    """Organisations, accounts and keys.

    Args:
        settings: See ``open_database``.
        engine: A database that is open already; a program with several offices shares one.
    """
    return SqlDirectory(engine or open_database(settings), peppers=open_peppers(settings.access))


def open_cases(settings: Settings, *, engine: Engine | None = None) -> Cases:
    """Cases, decisions and standings, under the ladder the settings describe.

    Args:
        settings: See ``open_database``.
        engine: See ``open_directory``.
    """
    return SqlCases(engine or open_database(settings), ladder=settings.remediation)


def open_administrators(settings: Settings, *, engine: Engine | None = None) -> Administrators:
    """Who may sign in to administer.

    Args:
        settings: See ``open_database``.
        engine: See ``open_directory``.
    """
    return SqlAdministrators(engine or open_database(settings), peppers=open_peppers(settings.access))


def open_vettings(settings: Settings, *, engine: Engine | None = None) -> Vettings:
    """Dossiers, decisions and what they come to, under the rules the settings describe.

    Args:
        settings: See ``open_database``.
        engine: See ``open_directory``.
    """
    vetting = settings.access.vetting
    return SqlVettings(engine or open_database(settings), policy=lambda: open_policy(vetting))


def open_directives(settings: Settings, *, engine: Engine | None = None) -> Directives:
    """The directives that were given.

    Args:
        settings: See ``open_database``.
        engine: See ``open_directory``.
    """
    return SqlDirectives(engine or open_database(settings))


def open_public_key(settings: Settings) -> str:
    """The key that statements are checked with, in hex.

    Raises:
        SettingsError: The signing key cannot be used.
    """
    return open_signing_key(settings.access.signing_key_file).public_key().public_bytes_raw().hex()


def open_keyring(settings: Settings, *, replay: ReplayTable | None = None) -> Keyring:
    """An empty keyring that knows the peppers: what a worker starts with.

    Args:
        settings: See ``open_database``.
        replay: What was used already, shared by all workers; without it bound keys are refused.
    """
    access = settings.access
    peppers = open_peppers(access)
    return Keyring(
        peppers=peppers,
        appeal=access.appeal,
        require_vetting=access.require_vetting,
        binder=None if replay is None else Binder(access.binding, replay, peppers),
        bound_from_tier=access.binding.from_tier,
    )


def open_replay_table() -> ReplayTable:
    """Memory of what was used already. Open it before workers are forked: they share it.

    Raises:
        Unavailable: There is no memory for it.
    """
    return share_replay_table()


def open_clock_of(settings: Settings) -> Callable[[], int]:
    """What a command takes for now: the data's clock in a rehearsal, else the machine's."""
    return open_clock(settings.clock)
