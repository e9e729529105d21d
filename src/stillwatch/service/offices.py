# SPDX-License-Identifier: Apache-2.0
"""Opens what the operators' commands work with: the directory of keys, and the cases.

Each function opens the database the settings name and brings it up to date first. Nothing here needs the gateway to
run; a change made through these reaches its workers all the same.
"""

from collections.abc import Callable

from sqlalchemy import Engine

from stillwatch.access.adapters.list_shelf import FileListShelf
from stillwatch.access.adapters.pepper_file import open_peppers
from stillwatch.access.adapters.shared_memory import share_replay_table
from stillwatch.access.adapters.signing_key import open_signing_key, signer
from stillwatch.access.adapters.sql_administrators import SqlAdministrators
from stillwatch.access.adapters.sql_directives import SqlDirectives
from stillwatch.access.adapters.sql_directory import SqlDirectory
from stillwatch.access.adapters.sql_screening import SqlScreeningLog
from stillwatch.access.adapters.sql_vetting import SqlVettings
from stillwatch.access.adapters.vetting_files import open_policy
from stillwatch.access.binding.binder import Binder
from stillwatch.access.binding.replay import ReplayTable
from stillwatch.access.interface import Administrators, Directory
from stillwatch.access.keyring import Keyring
from stillwatch.access.policy.interface import Directives
from stillwatch.access.vetting.facts import Known
from stillwatch.access.vetting.interface import Vettings
from stillwatch.database.engine import open_engine
from stillwatch.database.upgrade import upgrade
from stillwatch.remediation.adapters.sql_cases import SqlCases
from stillwatch.remediation.interface import Cases
from stillwatch.service.clock import open_clock
from stillwatch.service.dossier_screen import DossierScreen
from stillwatch.service.known_organisations import KnownOrganisations
from stillwatch.service.policies import open_enforced, open_ownership_rules, stamp_of
from stillwatch.service.policy_room import PolicyRoom
from stillwatch.service.screening_room import ScreeningRoom, open_scorer
from stillwatch.service.vetting_office import VettingOffice
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


def open_screening(settings: Settings, *, engine: Engine | None = None) -> ScreeningRoom:
    """Lists to screen against, and what was found by them.

    Args:
        settings: See ``open_database``.
        engine: See ``open_directory``.
    """
    screening = settings.access.screening
    return ScreeningRoom(
        log=SqlScreeningLog(engine or open_database(settings)),
        shelf=FileListShelf(screening.folder),
        scorer=open_scorer(),
        shrink=screening.shrink,
    )


def open_vetting_office(
    settings: Settings, *, engine: Engine | None = None, room: ScreeningRoom | None = None
) -> VettingOffice:
    """The steps of vetting, with the lists to screen against.

    Args:
        settings: See ``open_database``.
        engine: See ``open_directory``.
        room: A screening room that is open already; it makes its index over the lists once.
    """
    engine = engine or open_database(settings)
    screen = DossierScreen(room or open_screening(settings, engine=engine))
    return VettingOffice(
        open_vettings(settings, engine=engine),
        policy=lambda: open_policy(settings.access.vetting),
        screen=screen if settings.access.vetting.needs_screening else None,
        now_us=open_clock_of(settings),
    )


def open_directives(settings: Settings, *, engine: Engine | None = None) -> Directives:
    """The directives that were given.

    Args:
        settings: See ``open_database``.
        engine: See ``open_directory``.
    """
    return SqlDirectives(engine or open_database(settings))


def open_policy_room(settings: Settings, *, engine: Engine | None = None) -> PolicyRoom:
    """The access policy as the control process pushes it.

    Args:
        settings: See ``open_database``.
        engine: See ``open_directory``.

    Raises:
        SettingsError: The signing key cannot be used.
        BadInput: The rules cannot be read.
    """
    access, key = settings.access, open_signing_key(settings.access.signing_key_file)
    return PolicyRoom(
        rules=lambda: open_enforced(access.policy),
        stamp=lambda: stamp_of(access.policy),
        known=open_known(settings, engine=engine),
        directives=open_directives(settings, engine=engine),
        sign=signer(key),
    )


def open_known(settings: Settings, *, engine: Engine | None = None) -> Callable[[int, int], list[Known]]:
    """What gives the facts that the access policy may know of organisations: see ``PolicyRoom``.

    Where the policy is not enforced nobody asks for them.

    Args:
        settings: See ``open_database``.
        engine: See ``open_directory``.
    """
    access = settings.access
    if not access.policy.enforce:
        return lambda _since, _now_us: []
    engine = engine or open_database(settings)
    return KnownOrganisations(
        open_vettings(settings, engine=engine),
        room=open_screening(settings, engine=engine),
        rules=open_ownership_rules(),
        policy=lambda: open_policy(access.vetting),
    ).since


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
