# SPDX-License-Identifier: Apache-2.0
"""The machine of states: examples, and every history that a machine can think of."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from stillwatch.access.vetting.dossier import Group
from stillwatch.access.vetting.states import (
    TABLE,
    Act,
    Decision,
    Grounds,
    Rules,
    State,
    Vetting,
    apply,
    decide,
    is_due,
    replay,
)
from stillwatch.errors import BadInput
from stillwatch.records.admission import Admission

GROUNDS = Grounds(recorded_by="recorder", missing=(), certified_tier=2, valid_until_us=10_000)


class Story:
    """An organisation's history as it is made."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.decisions: list[Decision] = []
        self.version = 1

    @property
    def now(self) -> Vetting:
        found = replay(self.decisions)
        assert found is not None
        return found

    def do(self, act: Act, *, by: str = "clerk", now_us: int = 100, **given: Any) -> Decision:
        if act is Act.CHANGE:
            self.version += 1
        made = decide(
            replay(self.decisions),
            act,
            org_id="o",
            by=by,
            reason=given.pop("reason", "because"),
            now_us=now_us,
            dossier_version=self.version,
            rules=self.rules,
            **given,
        )
        self.decisions.append(made)
        return made

    def reviewed(self) -> "Story":
        for act in (Act.APPLY, Act.SUBMIT, Act.SCREENED):
            self.do(act, lists="l1" if act is Act.SCREENED else "")
        return self

    def approved(self, tier: int = 1) -> "Story":
        self.reviewed()
        for by in ("ann", "bob"):
            self.do(Act.APPROVE, by=by, tier=tier, grounds=GROUNDS)
        return self


def test_two_people_approve_at_a_tier_until_what_it_rests_on_runs_out() -> None:
    story = Story().reviewed()
    story.do(Act.APPROVE, by="ann", tier=2, grounds=GROUNDS)
    assert (story.now.state, story.now.tier, len(story.now.votes)) == (State.REVIEW, 0, 1)
    story.do(Act.APPROVE, by="bob", tier=2, grounds=GROUNDS)
    assert (story.now.state, story.now.tier, story.now.valid_until_us) == (State.APPROVED, 2, 10_000)
    assert story.now.admission() is Admission.APPROVED


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"by": "Ann "}, "has voted already"),
        ({"by": "recorder"}, "recorded its dossier"),
        ({"tier": 1}, "ann voted for tier 2"),
        ({"tier": 3}, "tier 3 needs a recognised certification"),
        ({"tier": 0}, "must be 1 or more"),
        ({"grounds": replace(GROUNDS, missing=(Group.TERMS, Group.SCOPE))}, "known of terms, scope"),
        ({"reason": " "}, "needs a reason"),
        ({"by": ""}, "needs a reason and a name"),
    ],
)
def test_a_vote_that_may_not_be_is_refused_and_changes_nothing(given: dict[str, Any], says: str) -> None:
    story = Story().reviewed()
    story.do(Act.APPROVE, by="ann", tier=2, grounds=GROUNDS)
    before = story.now
    with pytest.raises(BadInput, match=says):
        story.do(Act.APPROVE, **(_vote(**given)))
    assert story.now == before


def _vote(**given: Any) -> dict[str, Any]:
    return {"by": "bob", "tier": 2, "grounds": GROUNDS} | given


def test_who_recorded_may_vote_where_the_operator_says_so() -> None:
    story = Story(Rules(recorder_may_approve=True, approvals=1)).reviewed()
    story.do(Act.APPROVE, by="recorder", tier=1, grounds=GROUNDS)
    assert story.now.state is State.APPROVED


def test_open_hits_and_a_dossier_that_was_not_screened_stop_a_vote() -> None:
    story = Story().reviewed()
    story.do(Act.SCREENED, hits=("h-1", "h-2"), lists="l2")
    with pytest.raises(BadInput, match="2 screening hits are open, the first is h-1"):
        story.do(Act.APPROVE, by="ann", tier=1, grounds=GROUNDS)
    story.do(Act.CHANGE)
    assert story.now.state is State.SCREENING
    story.do(Act.SCREENED, lists="l2")
    story.do(Act.APPROVE, by="ann", tier=1, grounds=GROUNDS)
    story.do(Act.CHANGE)
    assert story.now.votes == ()


def test_a_new_hit_takes_an_approval_away_at_once() -> None:
    for after in (State.REVIEW, State.SUSPENDED):
        story = Story(Rules(after_hit=after)).approved()
        story.do(Act.SCREENED, hits=("h-1",), lists="l2")
        assert (story.now.state, story.now.tier, story.now.hits) == (after, 0, ("h-1",))
        assert story.now.admission() is Admission.BARRED


def test_a_change_takes_an_approval_away_unless_the_operator_keeps_it_and_the_new_dossier_carries_it() -> None:
    story = Story().approved(tier=2)
    story.do(Act.CHANGE, grounds=GROUNDS)
    assert story.now.state is State.SCREENING
    for grounds, stays in (
        (replace(GROUNDS, valid_until_us=5_000), True),
        (replace(GROUNDS, missing=(Group.TERMS,)), False),
        (replace(GROUNDS, certified_tier=1), False),
        (None, False),
    ):
        story = Story(Rules(after_change=State.APPROVED)).approved(tier=2)
        story.do(Act.CHANGE, grounds=grounds)
        assert (story.now.state is State.APPROVED) == stays
        assert story.now.valid_until_us == (5_000 if stays else None)
        assert story.now.tier == (2 if stays else 0)


def test_a_screening_without_hits_leaves_approval_and_votes_as_they_are() -> None:
    story = Story().approved()
    before = story.now
    story.do(Act.SCREENED, lists="l2")
    assert replace(story.now, number=before.number, lists=before.lists) == before
    story = Story().reviewed()
    story.do(Act.APPROVE, by="ann", tier=1, grounds=GROUNDS)
    story.do(Act.SCREENED, lists="l2")
    assert len(story.now.votes) == 1


def test_an_approval_runs_out_and_is_vetted_anew() -> None:
    story = Story().approved()
    assert not is_due(story.now, now_us=9_999)
    assert is_due(story.now, now_us=10_000)
    story.do(Act.EXPIRE, by="stillwatch", now_us=10_000)
    assert story.now.admission() is Admission.BARRED
    story.do(Act.SUBMIT, now_us=10_001)
    assert story.now.admission() is Admission.BARRED, "who lost an approval is no newcomer"


def test_who_never_was_approved_is_pending_and_who_was_turned_down_is_barred() -> None:
    story = Story()
    story.do(Act.APPLY)
    assert story.now.admission() is Admission.PENDING
    story.do(Act.REVOKE)
    assert story.now.admission() is Admission.BARRED


def test_a_clock_that_steps_back_puts_no_decision_before_another() -> None:
    story = Story()
    story.do(Act.APPLY, now_us=500)
    assert story.do(Act.SUBMIT, now_us=3).made_us == 500


@pytest.mark.parametrize("state", [None, *State])
@pytest.mark.parametrize("act", Act)
def test_what_the_table_does_not_have_cannot_be_done(state: State | None, act: Act) -> None:
    if (state, act) in TABLE:
        return
    vetting = None if state is None else Vetting(org_id="o", state=state, since_us=1, number=1, dossier_version=1)
    with pytest.raises(BadInput, match=f"cannot be given '{act}'"):
        decide(vetting, act, org_id="o", by="b", reason="r", now_us=2, dossier_version=1, rules=Rules())


def test_every_state_can_be_reached_and_left() -> None:
    assert {state for targets in TABLE.values() for state in targets} == set(State)
    assert {state for (state, _), targets in TABLE.items() if targets != {state}} >= set(State)


PEOPLE = st.sampled_from(["ann", "bob", "cid", "recorder", "Ann"])


class Histories(RuleBasedStateMachine):
    """Whatever is done in whatever order, nobody is approved who may not be, and the history tells all."""

    @initialize(
        approvals=st.integers(1, 3),
        recorder=st.booleans(),
        hit=st.sampled_from([State.REVIEW, State.SUSPENDED]),
        change=st.sampled_from([State.SCREENING, State.APPROVED]),
    )
    def begin(self, *, approvals: int, recorder: bool, hit: State, change: State) -> None:
        self.story = Story(
            Rules(approvals=approvals, recorder_may_approve=recorder, after_hit=hit, after_change=change)
        )
        self.clock = 100
        self.kept: list[bytes] = []

    @rule(
        act=st.sampled_from(Act),
        by=PEOPLE,
        tier=st.integers(0, 4),
        hits=st.sampled_from([(), ("h-1",)]),
        missing=st.sampled_from([(), (Group.TERMS,)]),
        certified=st.integers(0, 3),
        step=st.integers(-50, 100),
    )
    def act(self, **drawn: Any) -> None:
        self.clock += drawn["step"]
        grounds = Grounds(
            recorded_by="recorder",
            missing=drawn["missing"],
            certified_tier=drawn["certified"],
            valid_until_us=self.clock + 300,
        )
        before, version = list(self.story.decisions), self.story.version
        try:
            made = self.story.do(
                drawn["act"],
                by=drawn["by"],
                tier=drawn["tier"],
                hits=drawn["hits"],
                grounds=grounds,
                lists="l",
                now_us=self.clock,
            )
        except BadInput:
            assert self.story.decisions == before
            self.story.version = version
            return
        state = replay(before).state if before else None  # type: ignore[union-attr]
        assert made.state in TABLE[state, made.act]
        if made.act is Act.APPROVE and made.state is State.APPROVED:
            self.check_approval(before, made, grounds)

    def check_approval(self, before: list[Decision], made: Decision, grounds: Grounds) -> None:
        rules = self.story.rules
        voters = []
        for decision in reversed([*before, made]):
            if decision.act is not Act.APPROVE and not (decision.act is Act.SCREENED and not decision.hits):
                break
            if decision.act is Act.APPROVE:
                assert decision.tier == made.tier
                voters.append(decision.by.casefold())
        assert len(set(voters)) == len(voters) == rules.approvals
        assert rules.recorder_may_approve or "recorder" not in voters
        assert not grounds.missing
        assert 1 <= made.tier <= max(1, grounds.certified_tier)
        screenings = [decision for decision in before if decision.act is Act.SCREENED]
        assert screenings[-1].hits == ()
        assert screenings[-1].dossier_version == made.dossier_version

    @invariant()
    def nothing_is_taken_out_of_the_history(self) -> None:
        written = [msgspec.json.encode(decision) for decision in self.story.decisions]
        assert written[: len(self.kept)] == self.kept
        self.kept = written

    @invariant()
    def what_stands_is_what_the_history_comes_to(self) -> None:
        if not self.story.decisions:
            return
        vetting = self.story.now
        assert vetting == apply(replay(self.story.decisions[:-1]), self.story.decisions[-1])
        assert [decision.number for decision in self.story.decisions] == list(range(1, vetting.number + 1))
        assert vetting.since_us == max(decision.made_us for decision in self.story.decisions)
        is_approved = vetting.state is State.APPROVED
        assert (vetting.tier > 0) == is_approved == (vetting.admission() is Admission.APPROVED)
        assert not (is_approved and vetting.hits)
        assert vetting.admission() is not Admission.PENDING or not vetting.was_approved


TestHistories = Histories.TestCase


def test_the_table_of_the_docs_is_the_table_of_the_code() -> None:
    page = Path(__file__).resolve().parents[4] / "docs" / "how-to" / "vet-organisations.md"
    lines = page.read_text().split("| from | act | to |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    told: dict[tuple[State | None, Act], frozenset[State]] = {}
    for line in lines:
        froms, act, to = (cell.strip() for cell in line.strip("| ").split("|"))
        for state in froms.split(", "):
            targets = frozenset(State(name) for name in to.split(", "))
            told[None if state == "none" else State(state), Act(act)] = targets
    assert told == TABLE
