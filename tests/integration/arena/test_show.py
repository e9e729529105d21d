# SPDX-License-Identifier: Apache-2.0
import io
from pathlib import Path

import pytest
from rich.console import Console

from stillwatch.arena.client import Answered
from stillwatch.arena.control_room import Status
from stillwatch.arena.population import populate
from stillwatch.arena.prompts.generated import GeneratedLibrary
from stillwatch.arena.scene import Scene
from stillwatch.arena.schedule import HOUR_US, START_US
from stillwatch.arena.show import Show, report, save_picture, verdict
from stillwatch.arena.summary import summarise


@pytest.fixture
def scene() -> Scene:
    """A short rehearsal, played without a gateway; its hydra is suspended in the thirtieth hour."""
    plan, _ = populate(accounts=60, days=2, seed=1, library=GeneratedLibrary())
    return Scene(plan=plan)


def play(scene: Scene, show: Show) -> None:
    ahead = list(scene.plan.requests)
    with show:
        for hour in range(1, 49):
            now = START_US + hour * HOUR_US
            while ahead and ahead[0].at_us < now:
                scene.on_answer(ahead.pop(0), Answered(status=200))
            scene.on_pass(now, Status(standing=dict.fromkeys(scene.hydra_at_work(), 4) if hour > 29 else {}))
            show.on_pass(scene)
        show.final(scene, summarise(scene, replacements=0, seconds=1.0))


def shown(scene: Scene, *, is_terminal: bool, height: int = 40) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=is_terminal, width=120, height=height, highlight=False)
    play(scene, Show(console, threshold_log10_e=12.0))
    return file.getvalue()


def test_without_a_terminal_every_day_is_a_line(scene: Scene) -> None:
    lines = shown(scene, is_terminal=False).splitlines()
    days = [line for line in lines if line.startswith("day ")]
    assert [line[:12] for line in days] == ["day  1 of 2:", "day  2 of 2:"]
    assert f"{scene.exchanges:,} exchanges" in days[1]
    assert any("CONTAINED" in line for line in lines)


def test_in_a_terminal_the_picture_is_drawn_and_left_standing(scene: Scene) -> None:
    text = shown(scene, is_terminal=True)
    assert text.startswith("\x1b[?1049h")
    assert text.count("STILLWATCH") > 1
    assert text.rindex("STILLWATCH") > text.rindex("\x1b[?1049l")


def test_terminal_too_small_for_the_picture_gets_lines(scene: Scene) -> None:
    assert "\x1b[?1049h" not in shown(scene, is_terminal=True, height=24)


def test_saved_picture_is_the_same_byte_for_byte(scene: Scene, tmp_path: Path) -> None:
    shown(scene, is_terminal=False)
    summary = summarise(scene, replacements=0, seconds=1.0)
    for name in ("one.svg", "two.svg"):
        save_picture(tmp_path / "new" / name, scene, summary, threshold_log10_e=12.0)
    one, two = ((tmp_path / "new" / name).read_bytes() for name in ("one.svg", "two.svg"))
    assert one == two
    assert one.startswith(b"<svg")
    assert b"STILLWATCH" in one


def test_report_says_numbers_and_what_to_do_next(scene: Scene) -> None:
    shown(scene, is_terminal=False)
    summary = summarise(scene, replacements=2, seconds=1.0)
    text = report(summary, config=Path("/x/stillwatch.toml"), log=Path("/x/log"))
    assert f"{summary.harvested:,} in all" in text
    assert "stillwatch case list --config /x/stillwatch.toml" in text
    assert "stillwatch hunt /x/log --out" in text
    assert text.endswith(verdict(summary))
    assert verdict(summary).startswith("Contained ")
