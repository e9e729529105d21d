# SPDX-License-Identifier: Apache-2.0
import math

import msgspec
import pytest

from fakes.campaigns import CONTAIN, HOUR, NOW, campaign, findings, lone
from stillwatch.records.case import Case, CaseState, Decision
from stillwatch.records.finding import CampaignFinding, Facet, Successor
from stillwatch.records.standing import Rung
from stillwatch.remediation import docket
from stillwatch.remediation.settings import RemediationSettings

LADDER = RemediationSettings()


def opened(*accounts: str, at: int = NOW) -> Case:
    return docket.updated(None, campaign(accounts), at)


def test_a_case_says_in_words_what_was_found() -> None:
    case = opened("b", "a")
    assert case.accounts == ("a", "b")
    assert (case.opened_us, case.updated_us, case.state) == (NOW, NOW, CaseState.OPEN)
    assert case.summary == "2 accounts act as one: 9,000 exchanges since 2027-01-13 08:00 UTC."
    assert case.facets[0] == "content: It asks the same questions as others."


def test_a_reason_names_the_strongest_ground_first_and_nobody_else() -> None:
    reason = docket.reason_for(campaign(["acct-1", "acct-2"]))
    assert reason == (
        "The account is one of 2 that act as one: It asks the same questions as others; "
        "It asks at the same hours as others."
    )


def test_a_case_follows_its_campaign() -> None:
    case = opened("a", "b")
    later = docket.updated(case, campaign(["b", "c"], log10_e=30), NOW + HOUR)
    assert (later.case_id, later.opened_us, later.updated_us) == (case.case_id, NOW, NOW + HOUR)
    assert (later.accounts, later.log10_e) == (("b", "c"), 30)


def test_a_campaign_finds_its_case_by_id_and_a_common_account() -> None:
    case = opened("a", "b")
    assert docket.case_of(campaign(["b", "c"]), [case]) == case
    assert docket.case_of(campaign(["c", "d"]), [case]) is None
    assert docket.case_of(campaign(["a", "b"], campaign_id="c-2"), [case]) is None


def test_an_id_that_is_used_again_for_others_opens_a_case_of_its_own() -> None:
    first, second = opened("a"), docket.updated(None, campaign(["z"]), NOW + HOUR)
    assert first.case_id != second.case_id
    assert docket.case_of(campaign(["z"]), [second, first]) == second


def test_a_lone_account_is_a_campaign_of_one() -> None:
    (found,) = docket.campaigns_of(lone("a", log10_e=5))
    assert (found.accounts, found.action) == (("a",), CONTAIN)
    assert found.p_value == pytest.approx(1e-5)
    assert docket.updated(None, found, NOW).summary.startswith("a harvests by itself")


def test_an_account_within_a_campaign_is_no_campaign_of_its_own() -> None:
    assert len(docket.campaigns_of(findings(campaign(["a"]), own={"a": CONTAIN}))) == 1


def test_a_campaign_without_accounts_is_no_case() -> None:
    assert docket.campaigns_of(findings(campaign([]))) == ()


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan, 1e308])
def test_evidence_beyond_all_bounds_can_still_be_stored(number: float) -> None:
    found = msgspec.structs.replace(campaign(["a"]), log10_e=number, p_value=number)
    case = docket.updated(None, found, NOW)
    assert math.isfinite(case.log10_e)
    assert math.isfinite(case.p_value)
    assert math.isfinite(docket.campaigns_of(lone("a", log10_e=number))[0].p_value)


def test_what_would_clear_a_case_and_who_succeeded_whom_is_for_the_desk_and_not_for_the_customer() -> None:
    found = msgspec.structs.replace(
        campaign(["a"]),
        facets=(Facet(family="rate", weight=1.0, why="It keeps their time.", clears="A course."),),
        successors=tuple(
            Successor(account_id=f"new-{at}", predecessor_id=f"old-{at}", after_hours=3.0) for at in range(12)
        ),
    )
    facets = docket.updated(None, found, NOW).facets
    assert facets[0] == "rate: It keeps their time. What would clear it: A course."
    assert facets[1] == "successor: new-11 began 3.0 h after old-11 ended, and draws on the same source."
    assert facets[-1] == "successor: 2 more like these."
    assert len(facets) == 12
    assert docket.reason_for(found) == "The account harvests answers: It keeps their time."


def test_text_that_no_database_takes_is_cleaned() -> None:
    def with_why(why: str) -> CampaignFinding:
        return msgspec.structs.replace(campaign(["a"]), facets=(Facet(family="content", weight=1, why=why),))

    assert docket.updated(None, with_why("a\x00b\ud800"), NOW).facets == ("content: ab?",)
    assert docket.reason_for(with_why("a\x00b\ud800")).endswith("ab?.")


def decision_in(case: Case, *, until: int) -> Decision:
    return Decision(
        decision_id="d",
        case_id=case.case_id,
        rung=Rung.OBSERVE,
        accounts=case.accounts,
        made_us=NOW,
        until_us=until,
        by="policy",
        reason="r",
    )


def test_a_case_closes_when_it_has_long_been_quiet_and_nothing_is_in_force() -> None:
    case, later = opened("a"), NOW + 336 * HOUR
    assert docket.quiet([case], [], later - 1, ladder=LADDER) == ()
    (closed,) = docket.quiet([case], [], later, ladder=LADDER)
    assert closed == msgspec.structs.replace(case, state=CaseState.CLOSED)
    assert docket.quiet([closed], [], later, ladder=LADDER) == ()
    assert docket.quiet([case], [decision_in(case, until=later + 1)], later, ladder=LADDER) == ()
    assert docket.quiet([case], [decision_in(case, until=later)], later, ladder=LADDER) == (closed,)


def test_a_closed_case_opens_again_with_its_campaign() -> None:
    closed = msgspec.structs.replace(opened("a"), state=CaseState.CLOSED)
    again = docket.updated(docket.case_of(campaign(["a"]), [closed]), campaign(["a"]), NOW + HOUR)
    assert (again.case_id, again.state) == (closed.case_id, CaseState.OPEN)
