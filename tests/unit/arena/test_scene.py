# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.arena.client import Answered
from stillwatch.arena.control_room import Status
from stillwatch.arena.scene import Scene
from stillwatch.arena.schedule import HOUR_US, START_US, Plan
from stillwatch.records.case import Case, CaseState
from stillwatch.records.standing import Rung

SERVED, BARRED = Answered(status=200, has_reasoning=True), Answered(status=403)


@pytest.fixture
def scene(plan: Plan) -> Scene:
    return Scene(plan=plan)


def a_case(*accounts: str) -> Case:
    return Case(
        case_id="case-1",
        campaign_id="c-1",
        opened_us=0,
        updated_us=0,
        state=CaseState.OPEN,
        accounts=accounts,
        exchanges=1,
        log10_e=4.2,
        p_value=1e-6,
        summary="",
        facets=(),
    )


def harvest(scene: Scene, count: int, answered: Answered = SERVED) -> list[str]:
    """Let different accounts of the hydra harvest once each."""
    first = {request.caller.account_id: request for request in scene.plan.requests if request.is_harvest}
    chosen = list(first)[:count]
    for account in chosen:
        scene.on_answer(first[account], answered)
    return chosen


def test_only_answers_that_came_count_as_harvested(scene: Scene) -> None:
    harvest(scene, 4)
    harvest(scene, 3, BARRED)
    assert (scene.harvested, scene.harvested_with_reasoning, scene.refused["hydra"]) == (4, 4, 3)
    assert scene.exchanges == 7


def test_other_failures_are_neither_answers_nor_refusals(scene: Scene) -> None:
    harvest(scene, 2, Answered(status=503))
    assert (scene.failed, scene.harvested, scene.refused.total()) == (2, 0, 0)


def test_campaign_is_contained_once_half_of_its_accounts_are_barred(scene: Scene) -> None:
    heads = harvest(scene, 10)
    scene.on_pass(START_US + HOUR_US, Status(standing=dict.fromkeys(heads[:4], Rung.SUSPEND)))
    assert scene.contained_us is None
    harvest(scene, 10)
    scene.on_pass(START_US + 2 * HOUR_US, Status(standing=dict.fromkeys(heads[:5], Rung.VERIFY)))
    assert scene.contained_us == START_US + 2 * HOUR_US
    assert scene.harvested_before_containment == 20
    harvest(scene, 1)
    assert scene.harvested_before_containment == 20


def test_withheld_reasoning_is_not_containment(scene: Scene) -> None:
    heads = harvest(scene, 10)
    scene.on_pass(START_US + HOUR_US, Status(standing=dict.fromkeys(heads, Rung.WITHHOLD)))
    assert scene.contained_us is None


def test_benign_accounts_stay_touched_when_the_decision_is_undone(scene: Scene, plan: Plan) -> None:
    person = next(caller.account_id for caller in plan.callers if not caller.is_hydra)
    scene.on_pass(START_US + HOUR_US, Status(standing={person: Rung.VERIFY}))
    scene.on_pass(START_US + 2 * HOUR_US, Status(standing={person: Rung.GOOD}))
    assert scene.rung(person) == Rung.GOOD
    assert scene.benign_touched() == scene.benign_touched(Rung.VERIFY) == {person}
    assert scene.benign_touched(Rung.SUSPEND) == set()


def test_first_alarm_is_a_case_with_the_hydra_in_it(scene: Scene, plan: Plan) -> None:
    person = next(caller.account_id for caller in plan.callers if not caller.is_hydra)
    scene.on_pass(START_US + HOUR_US, Status(cases=(a_case(person),)))
    assert scene.first_alarm_us is None
    scene.on_pass(START_US + 2 * HOUR_US, Status(cases=(a_case(person, *harvest(scene, 1)),)))
    assert scene.first_alarm_us == START_US + 2 * HOUR_US
    assert [moment.text for moment in scene.moments] == ["case case-1 opened: 1 accounts, log10 e 4.2"]


def test_steps_of_one_day_are_told_in_one_line(scene: Scene) -> None:
    heads = harvest(scene, 9)
    scene.on_pass(START_US + HOUR_US, Status(standing={heads[0]: 3}))
    scene.on_pass(START_US + 2 * HOUR_US, Status(standing={heads[0]: 4, heads[1]: 3}))
    assert [moment.text for moment in scene.moments] == ["up the ladder: 2 to verify, 1 to suspend"]
    scene.on_pass(START_US + 30 * HOUR_US, Status(standing={heads[0]: 4, heads[1]: 3, heads[2]: 3}))
    assert scene.moments[-1].text == "up the ladder: 1 to verify"
