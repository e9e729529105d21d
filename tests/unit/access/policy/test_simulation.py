# SPDX-License-Identifier: Apache-2.0
import msgspec

from fakes.policy import GOOD, KEY, MODEL, NOW, ORG, PERSON, shipped_rules
from stillwatch.access.policy.book import Book
from stillwatch.access.policy.directive import Directive, rules_of
from stillwatch.access.policy.facts import Action
from stillwatch.access.policy.facts_file import Known
from stillwatch.access.policy.simulation import simulate

OLD = Book(shipped_rules())
NEW = OLD.with_rules(
    rules_of(
        Directive(
            directive_id="d", models=("frontier",), source="s", reason="r", from_us=NOW, only_organisations=("org-2",)
        )
    )
)
OTHER = msgspec.structs.replace(ORG, org_id="org-2")
BARRED = msgspec.structs.replace(ORG, org_id="org-3", open_hits=1)
KNOWN = Known(
    organisations={one.org_id: one for one in (ORG, OTHER, BARRED)},
    keys={"key-1": KEY},
    models={"frontier": MODEL, "fable": msgspec.structs.replace(MODEL, model="fable")},
)


def test_a_directive_takes_from_those_it_does_not_name_what_they_had() -> None:
    told: list[int] = []
    changes = simulate(OLD, NEW, KNOWN, now_us=NOW, progress=lambda done, _: told.append(done))
    assert {(one.org_id, one.principal, one.model, one.is_gained) for one in changes} == {
        ("org-1", "Key key-1", "frontier", False)
    }
    # Weights were barred already, and a key administers nothing.
    assert {one.action for one in changes} == set(Action) - {Action.DOWNLOAD_WEIGHTS, Action.ADMINISTER}
    assert {one.rules for one in changes} == {("directive/d/frontier",)}
    assert told == [0, 1, 2]


def test_lifting_it_gives_back_the_same() -> None:
    lost, gained = (simulate(*books, KNOWN, now_us=NOW) for books in ((OLD, NEW), (NEW, OLD)))
    assert [one.action for one in gained] == [one.action for one in lost]
    assert all(one.is_gained for one in gained)


def test_persons_and_given_circumstances_are_asked_about() -> None:
    known = msgspec.structs.replace(
        KNOWN, persons={"p-1": PERSON}, circumstances=(GOOD, msgspec.structs.replace(GOOD, standing=4))
    )
    changes = simulate(OLD, NEW, known, now_us=NOW)
    assert ("Person p-1", Action.ADMINISTER) in {(one.principal, one.action) for one in changes}
    assert len(changes) == len(set(changes))


def test_nothing_changes_where_the_rules_say_the_same() -> None:
    assert simulate(OLD, OLD, KNOWN, now_us=NOW) == ()
