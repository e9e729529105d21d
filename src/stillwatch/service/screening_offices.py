# SPDX-License-Identifier: Apache-2.0
"""Opens what needs the lists to screen against, and so their libraries: screening, vetting's steps, what policies know.

Apart from ``service.offices``, so that a command that has nothing to do with lists does not wait for them.
"""

from collections.abc import Callable

from sqlalchemy import Engine

from stillwatch.access.adapters.list_shelf import FileListShelf
from stillwatch.access.adapters.signing_key import open_signing_key, signer
from stillwatch.access.adapters.sql_screening import SqlScreeningLog
from stillwatch.access.adapters.vetting_files import open_policy
from stillwatch.access.vetting.facts import Known
from stillwatch.service.dossier_screen import DossierScreen
from stillwatch.service.known_organisations import KnownOrganisations
from stillwatch.service.offices import open_clock_of, open_database, open_directives, open_vettings
from stillwatch.service.policies import open_enforced, open_ownership_rules, stamp_of
from stillwatch.service.policy_room import PolicyRoom
from stillwatch.service.screening_room import ScreeningRoom, open_scorer
from stillwatch.service.vetting_office import VettingOffice
from stillwatch.settings import Settings


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
