# SPDX-License-Identifier: Apache-2.0
import dataclasses
import io

import pytest
from rich.console import Console

from stillwatch.arena.client import Answered
from stillwatch.arena.control_room import Evidence, Status
from stillwatch.arena.population import populate
from stillwatch.arena.prompts.generated import GeneratedLibrary
from stillwatch.arena.scene import Scene
from stillwatch.arena.schedule import DAY_US, HOUR_US, START_US, Plan
from stillwatch.arena.view import HEIGHT, WIDTH, view
from stillwatch.records.finding import Recommendation
from stillwatch.records.standing import Rung


def lines_of(scene: Scene, verdict: str = "") -> list[str]:
    console = Console(width=WIDTH, height=HEIGHT, file=io.StringIO(), record=True, force_terminal=True)
    console.print(view(scene, threshold_log10_e=12.0, verdict=verdict))
    return console.export_text().splitlines()


@pytest.fixture
def halfway(plan: Plan) -> Scene:
    scene = Scene(plan=plan)
    now = START_US + 7 * DAY_US
    for request in plan.requests:
        if request.at_us < now:
            scene.on_answer(request, Answered(status=200))
    evidence = tuple(
        Evidence(
            at_us=now - (20 - n) * HOUR_US,
            campaign_id="c-1",
            accounts=40,
            log10_e=float(n),
            action=Recommendation.CONTAIN if n > 9 else Recommendation.WATCH,
        )
        for n in range(20)
    )
    heads = sorted(scene.hydra_at_work())
    scene.on_pass(now, Status(evidence=evidence, standing=dict.fromkeys(heads[:40], int(Rung.SUSPEND))))
    return scene


def test_picture_is_exactly_100_by_34_and_no_line_is_cut(halfway: Scene) -> None:
    lines = lines_of(halfway, "Contained.")
    assert len(lines) == HEIGHT
    assert {len(line) for line in lines} == {WIDTH}
    assert not any("…" in line for line in lines)


def test_picture_says_what_is_truth_and_what_was_found(halfway: Scene) -> None:
    text = "\n".join(lines_of(halfway))
    assert "known only to the arena" in text
    assert "found by Stillwatch" in text
    assert "rows: truth · colour: standing" in text


def test_numbers_of_the_scene_are_on_the_picture(halfway: Scene) -> None:
    text = "\n".join(lines_of(halfway, "The last word."))
    assert f"{halfway.exchanges:,} exchanges" in text
    assert f"{halfway.harvested:,} of {halfway.plan.harvest_planned:,}" in text
    assert "campaign c-1  40 accounts  log10 e 19.0  contain" in text
    assert "CONTAINED: 40 of" in text
    assert "The last word." in text


def test_one_cell_stands_for_each_account(plan: Plan, halfway: Scene) -> None:
    panel = [line[60:] for line in lines_of(halfway)[4:17]]
    assert panel[-1].count("■") == 4  # The legend.
    cells = "".join(panel[:-1])
    assert cells.count("■") + cells.count("·") == len(plan.callers)


def test_empty_scene_and_a_short_one_can_be_drawn(plan: Plan) -> None:
    assert len(lines_of(Scene(plan=plan))) == HEIGHT
    short, _ = populate(accounts=60, days=1, seed=1, library=GeneratedLibrary())
    scene = Scene(plan=short)
    scene.on_pass(
        short.end_us,
        Status(
            evidence=(
                Evidence(
                    at_us=short.end_us, campaign_id="c-9", accounts=9, log10_e=99.0, action=Recommendation.CONTAIN
                ),
            )
        ),
    )
    assert len(lines_of(scene)) == HEIGHT


def test_large_population_says_how_much_of_it_is_shown(plan: Plan) -> None:
    people = tuple(
        dataclasses.replace(plan.callers[0], account_id=f"acct-{number}", kind="person") for number in range(900)
    )
    text = "\n".join(lines_of(Scene(plan=dataclasses.replace(plan, callers=people))))
    assert "900 benign, 266 shown" in text
