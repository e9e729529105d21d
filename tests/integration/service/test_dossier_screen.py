# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from fakes.dossiers import whole
from stillwatch.access.screening.entry import Kind
from stillwatch.access.screening.hit import HitState
from stillwatch.access.screening.subject import Role
from stillwatch.access.vetting.interface import Recorded
from stillwatch.errors import BadInput
from stillwatch.service.dossier_screen import DossierScreen, subjects_of_dossier
from stillwatch.service.screening_offices import open_screening
from stillwatch.service.screening_room import ScreeningRoom
from stillwatch.settings import settings_from

NOW = 1_795_262_400_000_000
LIST = "name,kind,aliases,countries,ids,programme,starts,ends\nExample Holding,organisation,,FR,,parents,,\n"


@pytest.fixture
def room(tmp_path: Path) -> ScreeningRoom:
    return open_screening(settings_from({}, folder=tmp_path))


def recorded(org_id: str) -> Recorded:
    return Recorded(dossier=whole(org_id), version=1, recorded_us=NOW, recorded_by="ann", digest="d")


def silent(_done: int, _total: int) -> None:
    """Nothing is shown."""


def test_everybody_whom_a_dossier_names_is_a_subject() -> None:
    dossier = whole()
    subjects = subjects_of_dossier(dossier)
    assert len({subject.subject_id for subject in subjects}) == len(subjects)
    assert {subject.role for subject in subjects} >= {Role.SELF, Role.OWNER, Role.OFFICER}
    own = subjects[0]
    assert own.names == ("Example 001 Industries", "EX1")
    assert own.ids == (dossier.identity.registration_number, dossier.identity.lei)
    owners = {subject.names[0]: subject.kind for subject in subjects if subject.role is Role.OWNER}
    assert owners["Example Holding"] is Kind.ORGANISATION
    assert owners["Example Founder"] is Kind.PERSON


def test_a_listed_owner_is_a_hit_of_the_organisation_until_it_is_cleared(room: ScreeningRoom, tmp_path: Path) -> None:
    screen = DossierScreen(room)
    with pytest.raises(BadInput, match="no list to screen against"):
        screen([recorded("a")], now_us=NOW, progress=silent)
    (tmp_path / "list.csv").write_text(LIST)
    room.load("own", [tmp_path / "list.csv"], form="csv", day=None, source=None, by="ann", now_us=NOW)
    outcomes = screen([recorded("a"), recorded("b")], now_us=NOW, progress=silent)
    assert set(outcomes) == {"a", "b"}
    (hit,) = outcomes["a"].hits
    assert (room.log.hit(hit).role, room.log.hit(hit).subject_id) == (Role.OWNER, "owner:parent")
    assert outcomes["a"].lists == room.lists_digest() != ""
    room.log.rule(hit, state=HitState.CLEARED, by="ann", reason="another holding", now_us=NOW)
    again = screen([recorded("a"), recorded("b")], now_us=NOW, progress=silent)
    assert (again["a"].hits, len(again["b"].hits)) == ((), 1)


def test_nobody_to_screen_needs_no_list(room: ScreeningRoom) -> None:
    assert DossierScreen(room)([], now_us=NOW, progress=silent) == {}
