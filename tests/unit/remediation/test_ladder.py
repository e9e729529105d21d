# SPDX-License-Identifier: Apache-2.0
"""The ladder's rules, each as a story over passes, and its laws as properties."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.campaigns import CONTAIN, HOUR, NOW, WATCH, campaign, findings, lone
from stillwatch.records.case import Case, CaseState, Decision
from stillwatch.records.finding import Findings
from stillwatch.records.standing import Rung, Standing
from stillwatch.remediation.effect import POLICY, VERIFIED, effective
from stillwatch.remediation.ladder import Plan, decide, lasts_us
from stillwatch.remediation.settings import RemediationSettings

T = TypeVar("T")
LADDER = RemediationSettings()
TEN = [f"a{number}" for number in range(10)]


@dataclass
class Office:
    """Cases and decisions in memory: applies plans, and does what people do."""

    ladder: RemediationSettings = LADDER
    cases: dict[str, Case] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)

    def plan(self, found: Findings, now: int) -> Plan:
        return decide(found, list(self.cases.values()), list(self.decisions.values()), now, ladder=self.ladder)

    def judge(self, found: Findings, now: int) -> Plan:
        plan = self.plan(found, now)
        self.cases |= {case.case_id: case for case in plan.cases}
        assert self.decisions.keys().isdisjoint(made.decision_id for made in plan.decisions)
        self.decisions |= {made.decision_id: made for made in plan.decisions}
        return plan

    def standing(self, account: str, now: int) -> Standing:
        return effective([made for made in self.decisions.values() if account in made.accounts], now)

    def rungs(self, accounts: Sequence[str], now: int) -> set[Rung]:
        return {self.standing(account, now).rung for account in accounts}

    def act(self, rung: Rung, accounts: Sequence[str], now: int) -> str:
        (case_id,) = self.cases
        made = Decision(
            decision_id=f"by-hand-{len(self.decisions)}",
            case_id=case_id,
            rung=rung,
            accounts=tuple(accounts),
            made_us=now,
            until_us=None,
            by="analyst",
            reason="r",
        )
        self.decisions[made.decision_id] = made
        return made.decision_id

    def undo(self, rung: Rung, accounts: Sequence[str], now: int, *, reason: str = "mistake") -> None:
        for made in list(self.decisions.values()):
            part = tuple(account for account in made.accounts if account in accounts)
            if made.rung is not rung or made.undone_us is not None or not part:
                continue
            rest = tuple(account for account in made.accounts if account not in part)
            undone = msgspec.structs.replace(
                made,
                decision_id=f"{made.decision_id}-{now}" if rest else made.decision_id,
                accounts=part,
                undone_us=now,
                undone_by="analyst",
                undone_reason=reason,
                undone_log10_e=self.cases[made.case_id].log10_e,
            )
            if rest:
                self.decisions[made.decision_id] = msgspec.structs.replace(made, accounts=rest)
            self.decisions[undone.decision_id] = undone


def hours(number: float) -> int:
    return NOW + round(number * HOUR)


def test_a_watched_campaign_is_observed_in_a_case() -> None:
    office = Office()
    plan = office.judge(findings(campaign(TEN, action=WATCH)), NOW)
    assert [case.state for case in plan.cases] == [CaseState.OPEN]
    assert [(made.rung, made.accounts, made.by) for made in plan.decisions] == [(Rung.OBSERVE, tuple(TEN), POLICY)]
    assert plan.decisions[0].until_us == NOW + lasts_us(Rung.OBSERVE, LADDER)


def test_one_still_watched_after_a_day_is_withheld_if_the_evidence_is_strong() -> None:
    for log10_e, expected in ((1.4, Rung.OBSERVE), (1.5, Rung.WITHHOLD)):
        office = Office()
        found = findings(campaign(TEN, action=WATCH, log10_e=log10_e))
        office.judge(found, NOW)
        office.judge(found, hours(23))
        assert office.rungs(TEN, hours(23)) == {Rung.OBSERVE}
        office.judge(found, hours(24))
        assert office.rungs(TEN, hours(24)) == {expected}


def test_a_contained_campaign_must_verify_at_once_all_of_it() -> None:
    office = Office()
    plan = office.judge(findings(campaign(TEN)), NOW)
    assert [(made.rung, made.accounts) for made in plan.decisions] == [(Rung.VERIFY, tuple(TEN))]
    assert "one of 10 that act as one" in plan.decisions[0].reason


def test_the_next_hourly_pass_suspends_for_a_stated_time_who_has_not_verified() -> None:
    office = Office()
    found = findings(campaign(TEN))
    office.judge(found, NOW)
    office.undo(Rung.VERIFY, ["a3"], hours(0.5), reason=VERIFIED)
    office.judge(found, hours(1))
    suspended = [account for account in TEN if account != "a3"]
    assert office.rungs(suspended, hours(1)) == {Rung.SUSPEND}
    assert office.standing("a0", hours(1)).until_us == hours(1 + 336)
    assert office.standing("a3", hours(1)).rung is Rung.WITHHOLD


def test_a_pass_that_comes_too_soon_or_with_weak_evidence_suspends_nobody() -> None:
    for log10_e, later in ((20.0, 0.7), (4.9, 5)):
        office = Office()
        office.judge(findings(campaign(TEN, log10_e=log10_e)), NOW)
        office.judge(findings(campaign(TEN, log10_e=log10_e)), hours(later))
        assert office.rungs(TEN, hours(later)) == {Rung.VERIFY}


def test_a_campaign_that_is_no_longer_contained_is_not_suspended() -> None:
    office = Office()
    office.judge(findings(campaign(TEN)), NOW)
    office.judge(findings(campaign(TEN, action=WATCH)), hours(1))
    office.judge(findings(), hours(2))
    assert office.rungs(TEN, hours(2)) == {Rung.VERIFY}


def test_what_a_finding_says_of_a_member_counts_before_what_the_campaigns_says() -> None:
    office = Office()
    office.judge(findings(campaign(TEN), own={"a0": WATCH}), NOW)
    assert office.standing("a0", NOW).rung is Rung.OBSERVE
    assert office.rungs(TEN[1:], NOW) == {Rung.VERIFY}
    other = Office()
    other.judge(findings(campaign(TEN, action=WATCH), own={"a0": CONTAIN}), NOW)
    assert other.standing("a0", NOW).rung is Rung.VERIFY
    assert other.rungs(TEN[1:], NOW) == {Rung.OBSERVE}


def test_a_new_head_of_the_hydra_must_verify_at_once_but_is_asked_before_it_is_suspended() -> None:
    office = Office()
    office.judge(findings(campaign(TEN)), NOW)
    office.judge(findings(campaign(TEN)), hours(1))
    office.judge(findings(campaign([*TEN, "new"])), hours(2))
    assert office.standing("new", hours(2)).rung is Rung.VERIFY
    office.judge(findings(campaign([*TEN, "new"])), hours(3))
    assert office.standing("new", hours(3)).rung is Rung.SUSPEND


def test_a_member_that_joins_takes_the_rung_a_person_put_the_campaign_on() -> None:
    office = Office()
    office.judge(findings(campaign(TEN, action=WATCH, log10_e=3)), NOW)
    office.act(Rung.VERIFY, TEN, hours(0.5))
    office.judge(findings(campaign([*TEN, "new"], action=WATCH, log10_e=3)), hours(1))
    assert office.standing("new", hours(1)).rung is Rung.VERIFY


def test_a_member_that_joins_does_not_take_the_rung_of_a_few() -> None:
    office = Office()
    office.judge(findings(campaign(TEN, action=WATCH, log10_e=3)), NOW)
    office.act(Rung.SUSPEND, TEN[:5], hours(0.5))
    office.judge(findings(campaign([*TEN, "new"], action=WATCH, log10_e=3)), hours(1))
    assert office.standing("new", hours(1)).rung is Rung.OBSERVE


def test_nothing_is_decided_twice() -> None:
    office = Office()
    found = findings(campaign(TEN))
    for hour in range(48):
        office.judge(found, hours(hour))
    assert [made.rung for made in office.decisions.values()] == [Rung.VERIFY, Rung.SUSPEND]


def test_a_suspension_that_runs_out_is_renewed_only_while_the_campaign_goes_on() -> None:
    for goes_on in (True, False):
        office = Office()
        office.judge(findings(campaign(TEN)), NOW)
        office.judge(findings(campaign(TEN)), hours(1))
        later = hours(1 + 336)
        assert office.rungs(TEN, later) == {Rung.VERIFY}
        office.judge(findings(campaign(TEN)) if goes_on else findings(), later)
        assert office.rungs(TEN, later) == {Rung.SUSPEND if goes_on else Rung.VERIFY}


@pytest.mark.parametrize(
    ("rung", "left"), [(Rung.VERIFY, Rung.WITHHOLD), (Rung.OBSERVE, Rung.GOOD), (Rung.WITHHOLD, Rung.OBSERVE)]
)
def test_an_undone_rung_and_those_above_are_not_decided_again(rung: Rung, left: Rung) -> None:
    office = Office()
    action = CONTAIN if rung is Rung.VERIFY else WATCH
    found = findings(campaign(TEN, action=action))
    office.judge(found, NOW)
    if rung is Rung.WITHHOLD:
        office.judge(found, hours(24))
    office.undo(rung, TEN, hours(25))
    for hour in range(26, 80):
        office.judge(found, hours(hour))
    assert office.rungs(TEN, hours(80)) == {left}


def test_an_undone_suspension_leaves_the_demand_to_verify() -> None:
    office = Office()
    office.judge(findings(campaign(TEN)), NOW)
    office.judge(findings(campaign(TEN)), hours(1))
    office.undo(Rung.SUSPEND, ["a0"], hours(1.5))
    office.judge(findings(campaign(TEN)), hours(2))
    assert office.standing("a0", hours(2)).rung is Rung.VERIFY
    assert office.rungs(TEN[1:], hours(2)) == {Rung.SUSPEND}


def test_far_stronger_evidence_outweighs_an_undo() -> None:
    for log10_e, expected in ((39.9, Rung.WITHHOLD), (40.0, Rung.VERIFY)):
        office = Office()
        office.judge(findings(campaign(TEN, log10_e=20)), NOW)
        office.undo(Rung.VERIFY, TEN, hours(0.5))
        office.judge(findings(campaign(TEN, log10_e=log10_e)), hours(1))
        assert office.rungs(TEN, hours(1)) == {expected}


def test_weak_evidence_must_also_grow_by_a_stated_amount() -> None:
    office = Office()
    office.judge(findings(campaign(TEN, log10_e=1)), NOW)
    office.undo(Rung.VERIFY, TEN, hours(0.5))
    office.judge(findings(campaign(TEN, log10_e=2.9)), hours(1))
    assert office.rungs(TEN, hours(1)) == {Rung.WITHHOLD}
    office.judge(findings(campaign(TEN, log10_e=3)), hours(2))
    assert office.rungs(TEN, hours(2)) == {Rung.VERIFY}


def test_a_person_who_decides_it_again_lets_the_ladder_go_on() -> None:
    office = Office()
    office.judge(findings(campaign(TEN)), NOW)
    office.undo(Rung.VERIFY, TEN, hours(0.2))
    office.act(Rung.VERIFY, TEN, hours(0.3))
    office.judge(findings(campaign(TEN)), hours(2))
    assert office.rungs(TEN, hours(2)) == {Rung.SUSPEND}


def test_what_a_person_decided_before_the_undo_does_not_outweigh_it() -> None:
    office = Office()
    office.judge(findings(campaign(TEN)), NOW)
    by_hand = office.act(Rung.SUSPEND, TEN, hours(0.1))
    office.decisions[by_hand] = msgspec.structs.replace(office.decisions[by_hand], until_us=hours(0.5))
    (made,) = office.judge(findings(campaign(TEN)), hours(1)).decisions
    office.decisions[made.decision_id] = msgspec.structs.replace(
        made, undone_us=hours(1.5), undone_by="analyst", undone_log10_e=20.0
    )
    office.judge(findings(campaign(TEN)), hours(2))
    assert office.rungs(TEN, hours(2)) == {Rung.VERIFY}


def test_what_the_ladder_decided_again_is_no_persons_word() -> None:
    office = Office()
    office.judge(findings(campaign(TEN, log10_e=15)), NOW)
    office.undo(Rung.VERIFY, TEN, hours(0.5))
    office.judge(findings(campaign(TEN, log10_e=30)), hours(1))
    assert office.rungs(TEN, hours(1)) == {Rung.VERIFY}
    office.judge(findings(campaign(TEN, log10_e=29)), hours(2))
    assert office.rungs(TEN, hours(2)) == {Rung.VERIFY}


def test_one_pass_never_asks_and_suspends_at_once_whatever_the_settings() -> None:
    office = Office(ladder=RemediationSettings(suspend_after_hours=0))
    office.judge(findings(campaign(TEN)), NOW)
    assert office.judge(findings(campaign(TEN)), NOW).decisions == ()
    office.judge(findings(campaign(TEN)), NOW + 1)
    assert office.rungs(TEN, NOW + 1) == {Rung.SUSPEND}


def test_a_member_that_joins_and_is_only_to_be_watched_is_only_watched() -> None:
    office = Office()
    office.judge(findings(campaign(TEN)), NOW)
    office.judge(findings(campaign([*TEN, "new"]), own={"new": WATCH}), hours(0.5))
    assert office.standing("new", hours(0.5)).rung is Rung.OBSERVE


def test_what_was_undone_for_most_members_holds_for_those_who_join_later() -> None:
    office = Office()
    office.judge(findings(campaign(TEN)), NOW)
    office.undo(Rung.VERIFY, TEN, hours(0.5))
    members = list(TEN)
    for hour in range(1, 30):
        members.append(f"new-{hour}")
        office.judge(findings(campaign(members)), hours(hour))
    assert office.rungs(members, hours(30)) == {Rung.WITHHOLD}


def test_those_who_were_left_on_their_rung_when_others_were_freed_climb_on() -> None:
    office = Office()
    office.judge(findings(campaign(TEN)), NOW)
    office.undo(Rung.VERIFY, TEN[:8], hours(0.5))
    office.judge(findings(campaign(TEN)), hours(1))
    assert office.rungs(TEN[:8], hours(1)) == {Rung.WITHHOLD}
    assert office.rungs(TEN[8:], hours(1)) == {Rung.SUSPEND}


def test_accounts_that_verify_speak_for_themselves_alone() -> None:
    office = Office()
    office.judge(findings(campaign(TEN)), NOW)
    office.undo(Rung.VERIFY, TEN, hours(0.5), reason=VERIFIED)
    office.judge(findings(campaign([*TEN, "new"])), hours(1))
    assert office.rungs(TEN, hours(1)) == {Rung.WITHHOLD}
    assert office.standing("new", hours(1)).rung is Rung.VERIFY


def test_each_case_stands_by_itself() -> None:
    office = Office()
    both = findings(campaign(TEN), campaign(TEN, campaign_id="c-2"))
    plan = office.judge(both, NOW)
    assert len(plan.cases) == len(plan.decisions) == 2
    first = plan.decisions[0]
    office.decisions[first.decision_id] = msgspec.structs.replace(first, undone_us=hours(0.1), undone_by="analyst")
    assert office.rungs(TEN, hours(0.2)) == {Rung.VERIFY}


def test_a_lone_account_climbs_the_same_ladder() -> None:
    office = Office()
    office.judge(lone("a"), NOW)
    assert office.standing("a", NOW).rung is Rung.VERIFY
    office.judge(lone("a"), hours(1))
    assert office.standing("a", hours(1)).rung is Rung.SUSPEND


def test_a_quiet_case_is_closed_by_the_pass() -> None:
    office = Office()
    office.judge(findings(campaign(TEN, action=WATCH)), NOW)
    (case,) = office.judge(findings(), hours(337)).cases
    assert case.state is CaseState.CLOSED
    (again,) = office.judge(findings(campaign(TEN)), hours(340)).cases
    assert (again.case_id, again.state) == (case.case_id, CaseState.OPEN)


@pytest.mark.parametrize("rung", [Rung.OBSERVE, Rung.WITHHOLD, Rung.VERIFY, Rung.SUSPEND])
def test_every_rung_lasts_as_long_as_the_settings_say(rung: Rung) -> None:
    ladder = RemediationSettings(observe_hours=1, withhold_hours=2, verify_hours=3, suspend_hours=4)
    assert lasts_us(rung, ladder) == int(rung) * HOUR


names = st.sampled_from([f"a{number}" for number in range(6)])
campaigns = st.builds(
    lambda accounts, number, action, log10_e: campaign(
        sorted(accounts), campaign_id=f"c-{number}", action=action, log10_e=log10_e
    ),
    st.sets(names, min_size=1),
    st.integers(1, 2),
    st.sampled_from([CONTAIN, WATCH]),
    st.floats(-5, 60),
)
passes = st.builds(
    lambda found, own: findings(*{one.campaign_id: one for one in found}.values(), own=own),
    st.lists(campaigns, min_size=1, max_size=3),
    st.dictionaries(names, st.sampled_from([CONTAIN, WATCH]), max_size=3),
)
undos = st.tuples(st.sampled_from([Rung.OBSERVE, Rung.VERIFY, Rung.SUSPEND]), st.sets(names, min_size=1))
stories = st.lists(st.tuples(passes, st.none() | undos, st.integers(1, 400)), min_size=1, max_size=6)


@given(stories)
@settings(max_examples=200)
def test_a_pass_never_lowers_anybody_repeats_nothing_and_asks_before_it_suspends(
    story: list[tuple[Findings, tuple[Rung, set[str]] | None, int]],
) -> None:
    office, now = Office(), NOW
    everybody = [f"a{number}" for number in range(6)]
    for found, undo, step in story:
        now += step * HOUR
        before = {account: office.standing(account, now).rung for account in everybody}
        in_force = defaultdict(set)
        for made in office.decisions.values():
            if made.undone_us is None and (made.until_us is None or now < made.until_us):
                for account in made.accounts:
                    in_force[made.case_id, account].add(made.rung)
        plan = office.judge(found, now)
        assert all(office.standing(account, now).rung >= before[account] for account in everybody)
        for made in plan.decisions:
            assert made.until_us is not None
            assert made.until_us > now
            for account in made.accounts:
                assert made.rung > max(in_force[made.case_id, account], default=Rung.GOOD)
                if made.rung is Rung.SUSPEND:
                    assert Rung.VERIFY in in_force[made.case_id, account]
        assert office.plan(found, now).decisions == ()
        if undo is not None:
            office.undo(undo[0], sorted(undo[1]), now)


@given(stories, st.randoms())
@settings(max_examples=100)
def test_a_plan_does_not_depend_on_the_order_of_what_it_is_given(
    story: list[tuple[Findings, tuple[Rung, set[str]] | None, int]], chance: Random
) -> None:
    office, now = Office(), NOW

    def shuffled(values: Sequence[T]) -> list[T]:
        return chance.sample(list(values), len(values))

    for found, undo, step in story:
        now += step * HOUR
        mixed = msgspec.structs.replace(
            found,
            accounts=tuple(shuffled(found.accounts)),
            campaigns=tuple(
                msgspec.structs.replace(one, accounts=tuple(shuffled(one.accounts)), facets=tuple(shuffled(one.facets)))
                for one in shuffled(found.campaigns)
            ),
        )
        cases, decisions = shuffled(list(office.cases.values())), shuffled(list(office.decisions.values()))
        assert decide(mixed, cases, decisions, now, ladder=LADDER) == office.plan(found, now)
        office.judge(found, now)
        if undo is not None:
            office.undo(undo[0], sorted(undo[1]), now)
