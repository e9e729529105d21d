# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest
from sqlalchemy import Engine

from fakes.dossiers import NOW_US, whole
from stillwatch.access.policy.facts import OrgFacts, Vetting
from stillwatch.access.screening.hit import HitState
from stillwatch.access.vetting.grounds import Policy
from stillwatch.service.known_organisations import KnownOrganisations
from stillwatch.service.offices import open_database, open_vettings
from stillwatch.service.policies import open_ownership_rules
from stillwatch.service.screening_offices import open_screening, open_vetting_office
from stillwatch.service.screening_room import ScreeningRoom
from stillwatch.settings import Settings, settings_from

HEAD = "name,kind,aliases,countries,ids,programme,starts,ends\n"


class Office:
    """Everything over one database."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.engine: Engine = open_database(settings)
        self.room: ScreeningRoom = open_screening(settings, engine=self.engine)
        self.vettings = open_vettings(settings, engine=self.engine)
        self.vetting = open_vetting_office(settings, engine=self.engine, room=self.room)
        self.folder = folder
        self.known = KnownOrganisations(self.vettings, room=self.room, rules=open_ownership_rules(), policy=Policy)

    def load(self, *names: str) -> None:
        path = self.folder / "own.csv"
        path.write_text(HEAD + "".join(f"{name},organisation,,,,,,\n" for name in names))
        self.room.load(
            "own", [path], form="csv", day=None, source=None, by="ann", now_us=NOW_US, reason="the test's list"
        )

    def since(self, version: int) -> dict[str, OrgFacts]:
        return {one.facts.org_id: one.facts for one in self.known.since(version, NOW_US)}

    @property
    def version(self) -> int:
        return max(one.version for one in self.vettings.on_file())


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(settings_from({}, folder=tmp_path), tmp_path)
    made.load("Somebody Else Entirely")
    made.vettings.record([whole(), whole("example-2", 2)], by="clerk", now_us=NOW_US)
    return made


def test_what_is_screened_says_against_which_list_and_what_is_not_says_nothing(office: Office) -> None:
    assert office.since(0)["example-1"].screened == ()
    office.vetting.review(["example-1"], by="clerk", reason="r")
    facts = office.since(0)
    assert facts["example-1"].vetting is Vetting.REVIEW
    assert [one.name for one in facts["example-1"].screened] == ["own"]
    assert facts["example-2"].screened == ()


def test_a_change_is_told_of_whom_it_concerns(office: Office) -> None:
    office.since(0)
    before = office.version
    assert office.since(before) == {}
    office.vetting.review(["example-2"], by="clerk", reason="r")
    assert set(office.since(before)) == {"example-2"}


def test_a_hit_counts_until_somebody_clears_it(office: Office) -> None:
    office.load("Somebody Else Entirely", "Example 001 Industries")
    office.vetting.review(None, by="clerk", reason="r")
    facts = office.since(0)
    assert (facts["example-1"].open_hits, facts["example-2"].open_hits) == (1, 0)
    before = office.version
    hits = [hit for hit in office.room.log.hits() if hit.org_id == "example-1"]
    for hit in hits:
        office.room.log.rule(hit.hit_id, state=HitState.CONFIRMED, by="ann", reason="it is", now_us=NOW_US)
    told = office.since(before)["example-1"]
    assert (told.open_hits, told.confirmed_hits) == (0, len(hits))
    for hit in hits:
        office.room.log.rule(hit.hit_id, state=HitState.CLEARED, by="bob", reason="it is not", now_us=NOW_US)
    told = office.since(before)["example-1"]
    assert (told.open_hits, told.confirmed_hits) == (0, 0)


def test_another_list_makes_everybody_unscreened_until_they_are_screened_again(office: Office) -> None:
    office.vetting.review(None, by="clerk", reason="r")
    office.since(0)
    office.load("Somebody Else Entirely", "And Another One Besides")
    told = office.since(office.version)
    assert {org: facts.screened for org, facts in told.items()} == {"example-1": (), "example-2": ()}
