# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.arena.operator import Operator
from stillwatch.arena.personas.hydra import Campaign
from stillwatch.arena.schedule import DAY_US, HOUR_US, START_US, Caller, Plan, Planned


@pytest.fixture
def heads(plan: Plan) -> list[Caller]:
    return [caller for caller in plan.callers if caller.is_hydra and caller not in plan.reserve]


def work_of(plan: Plan, caller: Caller) -> list[Planned]:
    return [request for request in plan.requests if request.caller is caller]


def test_successor_takes_over_what_was_left_within_about_a_day(plan: Plan, heads: list[Caller]) -> None:
    operator = Operator(Campaign(), plan.reserve, seed=1)
    unfinished = work_of(plan, heads[0])
    at = START_US + 5 * DAY_US
    handed_on = operator.on_refusal(heads[0], at, unfinished)
    assert handed_on
    assert {request.caller for request in handed_on} == {plan.reserve[0]}
    assert [r.prompt for r in handed_on] == [r.prompt for r in unfinished if r.is_harvest][: len(handed_on)]
    assert at + 0.5 * DAY_US <= handed_on[0].at_us <= at + 1.5 * DAY_US + 12 * HOUR_US
    assert operator.replacements == 1


def test_account_is_given_up_once(plan: Plan, heads: list[Caller]) -> None:
    operator = Operator(Campaign(), plan.reserve, seed=1)
    assert operator.on_refusal(heads[0], START_US + 5 * DAY_US, work_of(plan, heads[0]))
    assert operator.on_refusal(heads[0], START_US + 5 * DAY_US, work_of(plan, heads[0])) == []
    assert operator.lost == {heads[0].account_id}


def test_reserve_runs_out(plan: Plan, heads: list[Caller]) -> None:
    operator = Operator(Campaign(), plan.reserve[:1], seed=1)
    assert operator.on_refusal(heads[0], START_US + 5 * DAY_US, work_of(plan, heads[0]))
    assert operator.on_refusal(heads[1], START_US + 5 * DAY_US, work_of(plan, heads[1])) == []
    assert operator.replacements == 1
    assert len(operator.lost) == 2


def test_nothing_is_sent_after_the_campaigns_last_day(plan: Plan, heads: list[Caller]) -> None:
    operator = Operator(Campaign(), plan.reserve, seed=1)
    end = START_US + int(Campaign().last_day * DAY_US)
    handed_on = operator.on_refusal(heads[0], end - DAY_US, work_of(plan, heads[0]))
    assert all(request.at_us < end for request in handed_on)
