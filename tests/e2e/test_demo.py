# SPDX-License-Identifier: Apache-2.0
"""The demo as a user runs it, shortened."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-c", "from stillwatch.cli import main; main()", "demo"]


def processes_of(folder: Path) -> list[int]:
    """Every process whose command line or parent's names the rehearsal's folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(folder).encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_short_demo_finds_the_hydra_and_harms_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    ended = subprocess.run(
        [
            *PROGRAM,
            "--dir",
            str(folder),
            "--days",
            "7",
            "--accounts",
            "200",
            "--picture",
            str(tmp_path / "p.svg"),
            "--json",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert ended.returncode == 0, ended.stderr[-2_000:]
    summary = json.loads(ended.stdout)
    assert summary["contained_us"] is not None
    assert summary["benign_suspended"] == 0
    assert summary["failed"] == 0
    assert summary["harvested"] < 0.6 * summary["harvest_planned"]
    assert "Where to look next" in ended.stderr
    assert (tmp_path / "p.svg").read_text().startswith("<svg")
    assert processes_of(folder) == []

    listed = subprocess.run(
        [*PROGRAM[:-1], "case", "list", "--all", "--json", "--config", str(folder / "stillwatch.toml")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert [case["case_id"] for case in json.loads(listed.stdout)] == summary["cases"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_the_demo_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "demo"
    process = subprocess.Popen(
        [*PROGRAM, "--dir", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("day  1"):
                break
        running = processes_of(folder)
        assert len(running) >= 3
        process.send_signal(number)
        assert process.wait(60) == 130
        assert process.stderr is not None
        assert "nothing is left running" in process.stderr.read()
    time.sleep(0.2)
    assert not [pid for pid in running if Path(f"/proc/{pid}").exists()]
    assert processes_of(folder) == []
