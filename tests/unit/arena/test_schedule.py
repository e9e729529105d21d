# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, datetime

from stillwatch.arena.schedule import DAY_US, HYDRA, START_US, Plan


def test_rehearsals_begin_on_a_monday_at_midnight() -> None:
    start = datetime.fromtimestamp(START_US / 1e6, UTC)
    assert (start.weekday(), start.hour, start.minute) == (0, 0, 0)


def test_plan_ends_after_its_days_and_counts_its_harvest(plan: Plan) -> None:
    assert plan.end_us == START_US + 14 * DAY_US
    assert plan.harvest_planned == sum(request.is_harvest for request in plan.requests) > 0


def test_only_the_hydra_harvests(plan: Plan) -> None:
    assert all(request.caller.kind == HYDRA for request in plan.requests if request.is_harvest)
    assert {caller.is_hydra for caller in plan.callers} == {True, False}
