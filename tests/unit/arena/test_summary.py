# SPDX-License-Identifier: Apache-2.0
import dataclasses

import msgspec

from stillwatch.arena.client import Answered
from stillwatch.arena.control_room import Status
from stillwatch.arena.scene import Scene
from stillwatch.arena.schedule import HOUR_US, START_US, Plan
from stillwatch.arena.summary import Summary, summarise, when
from stillwatch.records.standing import Rung


def played(plan: Plan, rung_of_hydra: int, rung_of_a_person: int = 0) -> Summary:
    scene = Scene(plan=plan)
    for request in plan.requests:
        if request.is_harvest:
            scene.on_answer(request, Answered(status=200))
    person = next(caller.account_id for caller in plan.callers if not caller.is_hydra)
    standing = dict.fromkeys(scene.hydra_at_work(), rung_of_hydra) | {person: rung_of_a_person}
    scene.on_pass(START_US + HOUR_US, Status(standing={a: rung for a, rung in standing.items() if rung}))
    return summarise(scene, replacements=3, seconds=1.234)


def test_contained_without_a_suspended_person_is_success(plan: Plan) -> None:
    summary = played(plan, Rung.SUSPEND)
    assert summary.is_contained
    assert summary.is_success
    assert summary.hydra_barred == summary.hydra_accounts == 60
    assert summary.leaked_share == 1.0
    assert (summary.hydra_replacements, summary.seconds) == (3, 1.2)


def test_uncontained_campaign_is_failure_and_its_whole_harvest_leaked(plan: Plan) -> None:
    summary = played(plan, Rung.WITHHOLD)
    assert not summary.is_success
    assert summary.harvested_before_containment == summary.harvested == plan.harvest_planned


def test_suspended_person_is_failure_and_one_asked_to_verify_is_not(plan: Plan) -> None:
    assert not played(plan, Rung.SUSPEND, Rung.SUSPEND).is_success
    touched = played(plan, Rung.SUSPEND, Rung.VERIFY)
    assert touched.is_success
    assert (touched.benign_touched, touched.benign_barred, touched.benign_suspended) == (1, 1, 0)


def test_rehearsal_without_a_harvest_has_leaked_nothing(plan: Plan) -> None:
    empty = dataclasses.replace(plan, requests=())
    assert summarise(Scene(plan=empty), replacements=0, seconds=0.0).leaked_share == 0.0


def test_summary_is_plain_data(plan: Plan) -> None:
    assert msgspec.json.decode(msgspec.json.encode(played(plan, Rung.SUSPEND)), type=Summary).is_success


def test_instants_are_written_for_people() -> None:
    assert when(START_US + 9 * HOUR_US) == "Mon 01 Jun 09:00"
    assert when(None) == "never"
