# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import pytest

from fakes.terminal import Terminal
from fakes.worlds import composed
from stillwatch.arena.worlds.description import Crowd, World
from stillwatch.arena.worlds.writing import write_log

SPEED = ("--cadence", "1d", "--repeats", "1", "--workers", "1")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month of people and offices, and another in which everybody is a machine that never stops."""
    folder = tmp_path_factory.mktemp("logs")
    for name, kind, seed in (("people", "person", 1), ("machines", "pipeline", 2)):
        world = World(name=name, days=6, crowds=(Crowd(kind=kind, accounts=45), Crowd(kind="person", accounts=30)))
        write_log(composed(world, seed=seed), folder / name)
    return folder


def test_a_baseline_is_written_and_told_in_words_and_holds_no_name(
    terminal: Terminal, logs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "baseline.json"
    told = terminal.good("calibrate", str(logs / "people" / "log.parquet"), "--out", str(out), *SPEED)
    assert "everybody" in told
    assert "you can claim at most" in told
    assert "0.01% of accounts contained apart cannot be claimed" in told
    assert "Moving breaks when" in told
    written = json.loads(out.read_text())
    assert written["schema"] == "stillwatch.baseline/1"
    assert written["accounts"] == 75
    assert "acct-" not in out.read_text()


def test_the_same_traffic_has_not_drifted_and_other_traffic_has(terminal: Terminal, logs: Path, tmp_path: Path) -> None:
    out = tmp_path / "baseline.json"
    people, machines = (str(logs / name / "log.parquet") for name in ("people", "machines"))
    first = terminal.json("calibrate", people, "--out", str(out), *SPEED)
    assert first == json.loads(out.read_text())
    same = terminal.json("calibrate", people, "--against", str(out), "--seed", "3", *SPEED)
    assert same["drift"] is False
    assert same["differences"]
    other = terminal.run("calibrate", machines, "--against", str(out), *SPEED)
    assert other.code == 1, other.out
    assert "yes" in other.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["absent.parquet", "--against", "absent.json"], "absent.json cannot be read"),
        (["absent.parquet", "--out", "nowhere/b.json"], "no folder nowhere"),
        (["absent.parquet", "--memory-limit", "lots"], "memory limit 'lots'"),
    ],
)
def test_what_is_at_fault_is_said_in_a_sentence(terminal: Terminal, arguments: list[str], told: str) -> None:
    assert told in terminal.refused("calibrate", *arguments)


def test_a_log_that_is_not_there_is_said_in_a_sentence(terminal: Terminal) -> None:
    # The bar is on the same stream as the sentence.
    shown = terminal.run("calibrate", "absent.parquet")
    assert shown.code == 2
    assert "no file absent.parquet" in shown.err


def test_a_baseline_of_other_settings_is_refused(terminal: Terminal, logs: Path, tmp_path: Path) -> None:
    out = tmp_path / "baseline.json"
    people = str(logs / "people" / "log.parquet")
    terminal.good("calibrate", people, "--out", str(out), *SPEED)
    told = terminal.refused("calibrate", people, "--against", str(out), "--cadence", "12h")
    assert "made with other settings" in told
