# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta

from fakes.dossiers import NOW
from stillwatch.access.vetting.consistency import first_contradiction, first_twins
from stillwatch.access.vetting.dossier import Group, missing
from stillwatch.access.vetting.dossier_csv import format_csv, parse_csv
from stillwatch.access.vetting.dossier_yaml import format_yaml, parse_yaml
from stillwatch.access.vetting.sample import sample

MADE = sample(200, seed=1, models=["large-1"], at=NOW)


def test_the_same_seed_gives_the_same_organisations() -> None:
    assert sample(200, seed=1, models=["large-1"], at=NOW) == MADE
    assert sample(200, seed=2, models=["large-1"], at=NOW) != MADE
    assert sample(50, seed=1, models=["large-1"], at=NOW) == MADE[:50]


def test_they_hold_together_and_travel_in_both_formats() -> None:
    assert [first_contradiction(dossier) for dossier in MADE] == [None] * 200
    assert first_twins(MADE) is None
    assert parse_yaml(format_yaml(MADE), name="f") == MADE
    assert parse_csv(format_csv(MADE)) == MADE


def test_nobody_could_take_them_for_real_ones() -> None:
    assert all(dossier.identity.legal_name.startswith("Example ") for dossier in MADE)
    people = [person.name for dossier in MADE if dossier.people for person in dossier.people.persons]
    owners = [owner.name for dossier in MADE if dossier.ownership for owner in dossier.ownership.owners]
    assert all(name.startswith("Example ") for name in people + owners)


def test_some_cannot_be_approved_as_they_are() -> None:
    needed = frozenset(Group)
    lacking = [dossier.org_id for dossier in MADE if missing(dossier, needed, at=NOW)]
    assert lacking == ["example-040", "example-050", "example-080", "example-100", "example-120", "example-150",
                       "example-160", "example-200"]  # fmt: skip
    kinds = {
        (len(dossier.ownership.stakes), dossier.ownership.unknown_percent > 0) for dossier in MADE if dossier.ownership
    }
    assert kinds == {(0, False), (2, False), (2, True), (3, False)}


def test_owners_get_the_names_that_are_given() -> None:
    made = sample(200, seed=1, models=[], at=NOW + timedelta(days=1), owners=["Listed One", "Listed Two"])
    owners = [dossier.ownership.owners[0].name for dossier in made[-2:] if dossier.ownership]
    assert owners == ["Listed Two", "Listed One"]
    assert [first_contradiction(dossier) for dossier in made] == [None] * 200
