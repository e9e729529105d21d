# SPDX-License-Identifier: Apache-2.0
"""The demo as a user runs it, shortened."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from stillwatch.arena.schedule import HOUR_US
from stillwatch.records.standing import Rung
from stillwatch.settings import load_settings

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


@dataclass(frozen=True)
class Played:
    """A short demo that has ended."""

    folder: Path
    picture: Path
    said: str
    summary: dict[str, Any]

    def asked(self, *words: str) -> Any:
        """What a command of the product says about it."""
        command = [*PROGRAM[:-1], *words, "--json", "--config", str(self.folder / "stillwatch.toml")]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=200).stdout)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("played") / "demo"
    picture = folder.with_suffix(".svg")
    options = ["--dir", str(folder), "--days", "7", "--accounts", "200", "--picture", str(picture), "--json"]
    ended = subprocess.run([*PROGRAM, *options], capture_output=True, text=True, check=False, timeout=200)
    assert ended.returncode == 0, ended.stderr[-2_000:]
    return Played(folder, picture, ended.stderr, json.loads(ended.stdout))


@pytest.mark.slow
def test_short_demo_finds_the_hydra_and_harms_nobody(played: Played) -> None:
    summary = played.summary
    assert summary["contained_us"] is not None
    assert summary["benign_suspended"] == 0
    assert summary["failed"] == 0
    assert summary["harvested"] < 0.6 * summary["harvest_planned"]
    assert "Where to look next" in played.said
    assert played.picture.read_text().startswith("<svg")
    assert processes_of(played.folder) == []
    assert [case["case_id"] for case in played.asked("case", "list", "--all")] == summary["cases"]


@pytest.mark.slow
def test_hunting_in_the_gateway_s_own_log_finds_whom_it_found_when_it_did(played: Played, tmp_path: Path) -> None:
    """Live, the ladder observes whom a pass would watch, and asks whom it would contain to verify, at that pass."""
    live: dict[str, tuple[str, int]] = {}
    for case in played.asked("case", "list", "--all"):
        for made in played.asked("case", "show", case["case_id"], "--no-samples")["decisions"]:
            action = "contain" if made["rung"] >= Rung.VERIFY else "watch"
            for account in made["accounts"]:
                before = live.get(account)
                if before is None or (action == "contain" and before[0] == "watch"):
                    live[account] = (action, made["made_us"])
                elif before[0] == action:
                    live[account] = (action, min(before[1], made["made_us"]))

    log = load_settings(played.folder / "stillwatch.toml").ledger.directory / "log"
    document = played.asked("hunt", str(log), "--out", str(tmp_path / "findings.json"))
    found = {
        one["account_id"]: (one["action"], round(datetime.fromisoformat(one["flagged_at"]).timestamp() * 1e6))
        for one in document["accounts"]
        if one["campaign_id"] is not None
    }
    assert sum(action == "contain" for action, _ in found.values()) >= 10
    assert {account: action for account, (action, _) in live.items()} == {
        account: action for account, (action, _) in found.items()
    }
    assert max(abs(live[account][1] - found[account][1]) for account in found) <= HOUR_US


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
