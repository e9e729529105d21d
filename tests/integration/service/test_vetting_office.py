# SPDX-License-Identifier: Apache-2.0
from collections.abc import Mapping, Sequence

import pytest
from sqlalchemy import Engine

from fakes.dossiers import NOW_US, whole
from stillwatch.access.adapters.sql_vetting import SqlVettings
from stillwatch.access.vetting.grounds import Policy
from stillwatch.access.vetting.interface import Outcome, Progress, Recorded
from stillwatch.access.vetting.states import Act, State
from stillwatch.errors import BadInput, Unavailable
from stillwatch.service.vetting_office import VettingOffice


class Lists:
    """Screens against what the test says stands on the lists."""

    def __init__(self) -> None:
        self.listed: set[str] = set()
        self.digest = "lists-1"

    def lists(self) -> str:
        return self.digest

    def __call__(self, recorded: Sequence[Recorded], *, now_us: int, progress: Progress) -> Mapping[str, Outcome]:
        del now_us
        progress(len(recorded), len(recorded))
        if self.digest == "unreadable":
            raise Unavailable("The lists cannot be read.")
        names = [one.dossier.org_id for one in recorded]
        return {
            name: Outcome(hits=(f"hit-{name}",) if name in self.listed else (), lists=self.digest) for name in names
        }


@pytest.fixture
def lists() -> Lists:
    return Lists()


@pytest.fixture
def office(engine: Engine, lists: Lists) -> VettingOffice:
    vettings = SqlVettings(engine, policy=Policy)
    dossiers = [whole(f"example-{number}", number) for number in (1, 2, 3)]
    vettings.record(dossiers, by="clerk", now_us=NOW_US)
    return VettingOffice(vettings, policy=Policy, screen=lists, now_us=lambda: NOW_US)


def states(office: VettingOffice) -> list[State]:
    return [vetting.state for vetting in office.vettings.vettings()]


def approve_all(office: VettingOffice) -> None:
    office.review(None, by="clerk", reason="r")
    for by in ("ann", "bob"):
        office.step(office.ready(tier=1), Act.APPROVE, by=by, reason="r", tier=1)


def test_who_waits_is_screened_and_put_before_people(office: VettingOffice, lists: Lists) -> None:
    lists.listed.add("example-2")
    made = office.review(None, by="clerk", reason="r")
    assert [decision.act for decision in made] == [Act.SUBMIT] * 3 + [Act.SCREENED] * 3
    assert states(office) == [State.REVIEW] * 3
    assert office.ready(tier=1) == ("example-1", "example-3")
    assert office.ready(tier=2) == ()
    assert office.vettings.vetting("example-2").hits == ("hit-example-2",)


def test_where_the_lists_cannot_be_read_nothing_has_happened(office: VettingOffice, lists: Lists) -> None:
    lists.digest = "unreadable"
    with pytest.raises(Unavailable):
        office.review(None, by="clerk", reason="r")
    assert states(office) == [State.APPLIED] * 3


def test_a_changed_list_shuts_out_who_now_stands_on_it_and_nobody_else(office: VettingOffice, lists: Lists) -> None:
    approve_all(office)
    assert states(office) == [State.APPROVED] * 3
    lists.digest = "lists-2"
    lists.listed.add("example-3")
    made = office.rescreen(by="clerk", reason="a list changed")
    assert [(decision.org_id, decision.state) for decision in made] == [
        ("example-1", State.APPROVED), ("example-2", State.APPROVED), ("example-3", State.REVIEW)
    ]  # fmt: skip
    assert office.rescreen(by="clerk", reason="again") == ()


def test_a_cleared_hit_is_screened_away_before_the_vote(office: VettingOffice, lists: Lists) -> None:
    lists.listed.add("example-1")
    office.review(["example-1"], by="clerk", reason="r")
    with pytest.raises(BadInput, match="hits are open"):
        office.step(["example-1"], Act.APPROVE, by="ann", reason="r", tier=1)
    lists.listed.clear()
    office.review(["example-1"], by="clerk", reason="cleared")
    office.step(["example-1", "example-1"], Act.APPROVE, by="ann", reason="r", tier=1)
    assert states(office) == [State.REVIEW, State.APPLIED, State.APPLIED]


def test_nobody_is_approved_on_lists_that_are_no_longer_in_force(office: VettingOffice, lists: Lists) -> None:
    office.review(None, by="clerk", reason="r")
    lists.digest = "lists-2"
    with pytest.raises(BadInput, match="other lists than those in force"):
        office.step(["example-1"], Act.APPROVE, by="ann", reason="r", tier=1)
    office.rescreen(by="clerk", reason="a list changed")
    office.step(["example-1"], Act.APPROVE, by="ann", reason="r", tier=1)
    assert len(office.vettings.vetting("example-1").votes) == 1


def test_who_was_turned_down_is_not_reviewed_and_who_is_named_with_him_neither(office: VettingOffice) -> None:
    office.step(["example-2"], Act.REVOKE, by="ann", reason="r")
    with pytest.raises(BadInput, match="example-2 was turned down"):
        office.review(["example-1", "example-2"], by="ann", reason="r")
    assert states(office) == [State.APPLIED, State.REVOKED, State.APPLIED]
