# SPDX-License-Identifier: Apache-2.0
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from fakes.traffic import World

PROGRAM = [sys.executable, "-c", "from stillwatch.cli import main; main()", "hunt"]


def _hunt(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *arguments], cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hunt")
    world = World(seed=91)
    world.people(100)
    world.hydra(24, exchanges=35, shared=0.5)
    kept = ("exchange_id", "org_id", "account_id", "model", "prompt", "client_ip", "payment_fp")
    rows = [json.dumps({"ts": one.ts_us, **{name: getattr(one, name) for name in kept}}) for one in world.exchanges]
    (folder / "log.jsonl").write_text("\n".join(rows) + "\n")
    (folder / "bad.jsonl").write_text("\n".join([*rows[:3], "{oops", *rows[3:40]]) + "\n")
    (folder / "lacking.jsonl").write_text('{"exchange_id": "1", "ts": 1}\n')
    return folder


def test_a_campaign_is_found_written_and_summarised(folder: Path) -> None:
    done = _hunt(folder, "log.jsonl", "--out", "found.json", "--cadence", "6h")
    assert done.returncode == 0, done.stderr
    assert "contain" in done.stdout
    assert "found.json" in done.stdout
    found = json.loads((folder / "found.json").read_text())
    assert found["schema"] == "stillwatch.findings/1"
    contained = [one for one in found["accounts"] if one["action"] == "contain"]
    assert len(contained) >= 12
    assert all(one["account_id"].startswith("hydra-") and one["reasons"] for one in contained)
    assert all(datetime.fromisoformat(one["flagged_at"]).utcoffset() is not None for one in found["accounts"])


def test_a_finding_says_why_what_would_clear_it_and_shows_prompts_unless_told_not_to(folder: Path) -> None:
    done = _hunt(folder, "log.jsonl", "--out", "found.json", "--cadence", "12h")
    assert "Chance of as much among" in done.stdout
    assert "would be cleared by:" in done.stdout
    (campaign,) = json.loads((folder / "found.json").read_text())["campaigns"]
    assert len(campaign["samples"]) == 3
    assert all(sample["account_id"].startswith("hydra-") for sample in campaign["samples"])
    assert all(facet["clears"] and 0.0 <= facet["p_value"] <= 1.0 for facet in campaign["facets"])
    without = _hunt(folder, "log.jsonl", "--out", "found.json", "--cadence", "12h", "--no-samples")
    (campaign,) = json.loads((folder / "found.json").read_text())["campaigns"]
    assert campaign["samples"] == []
    assert "\n  samples  " in done.stdout
    assert "\n  samples  " not in without.stdout


def test_json_goes_to_standard_output_alone(folder: Path) -> None:
    done = _hunt(folder, "log.jsonl", "--out", "found.json", "--cadence", "1d", "--json")
    assert json.loads(done.stdout)["schema"] == "stillwatch.findings/1"


def test_a_bad_line_stops_the_hunt_unless_it_may_be_skipped(folder: Path) -> None:
    refused = _hunt(folder, "bad.jsonl")
    assert refused.returncode == 2
    assert "line 4" in refused.stderr
    assert "--skip-bad-rows" in refused.stderr
    skipped = _hunt(folder, "bad.jsonl", "--skip-bad-rows", "--out", "bad.json")
    assert skipped.returncode == 0, skipped.stderr
    assert "1 skipped" in skipped.stdout
    assert "line 4" in skipped.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["lacking.jsonl"], '"org_id" is missing'),
        (["absent.parquet"], "no file absent.parquet"),
        (["log.jsonl", "--cadence", "soon"], "cadence 'soon'"),
        (["log.jsonl", "--memory-limit", "lots"], "memory limit 'lots'"),
        (["log.jsonl", "--out", "nowhere/found.json"], "no folder nowhere"),
        (["log.jsonl", "--config", "absent.toml"], "absent.toml"),
    ],
)
def test_what_is_at_fault_is_said_in_a_sentence(folder: Path, arguments: list[str], told: str) -> None:
    done = _hunt(folder, *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
