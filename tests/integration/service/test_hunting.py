# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.traffic import DAY_US, HOUR_US, START_US, World
from stillwatch.detection.engine import Engine
from stillwatch.detection.settings import DetectionSettings
from stillwatch.records.exchange import Exchange
from stillwatch.records.finding import Findings, Recommendation
from stillwatch.service.hunting import Hunt, hunt, replay

SETTINGS = DetectionSettings(cadence_seconds=6 * 3_600)


def _row(one: Exchange) -> dict[str, object]:
    kept = ("exchange_id", "org_id", "account_id", "model", "prompt", "client_ip", "payment_fp", "ja4")
    return {"ts": one.ts_us, "signup_ts": one.signup_ts_us, **{name: getattr(one, name) for name in kept}}


@pytest.fixture(scope="module")
def world() -> tuple[World, set[str]]:
    world = World(seed=81)
    world.people(120)
    return world, set(world.hydra(24, exchanges=35, shared=0.5))


def _contained(findings: Findings) -> set[str]:
    return {one.account_id for one in findings.accounts if one.action is Recommendation.CONTAIN}


def test_a_hunt_in_unsorted_files_finds_what_a_live_engine_finds(tmp_path: Path, world: tuple[World, set[str]]) -> None:
    people, hydra = world
    rows = [json.dumps(_row(one)) for one in people.exchanges]
    (tmp_path / "one.jsonl").write_text("\n".join(rows[::2]))
    (tmp_path / "two.jsonl").write_text("\n".join(rows[1::2]))
    seen: list[tuple[int, int]] = []
    found: Hunt = hunt([tmp_path], settings=SETTINGS, progress=lambda done, total: seen.append((done, total)))
    live, _ = replay(Engine(SETTINGS), people.log(), cadence_us=6 * HOUR_US)
    assert found.findings == live
    assert _contained(live) <= hydra
    assert len(_contained(live)) > len(hydra) / 2
    assert (found.exchanges, found.accounts, found.note) == (len(rows), 144, "")
    assert seen[-1] == (len(rows), len(rows))


def test_a_clock_that_jumps_by_centuries_does_not_make_a_million_passes(world: tuple[World, set[str]]) -> None:
    log = world[0].log()[:400]
    log.append(
        Exchange(exchange_id="z", ts_us=START_US + 100_000 * DAY_US, org_id="z", account_id="z", model="m", prompt="hi")
    )
    _, passes = replay(Engine(SETTINGS), log, cadence_us=6 * HOUR_US)
    assert passes < 150


def test_an_empty_log_finds_nothing() -> None:
    assert replay(Engine(), [], cadence_us=HOUR_US) == (
        Findings(window_from_us=0, window_to_us=0, accounts=(), campaigns=()),
        0,
    )


@pytest.mark.shared
@pytest.mark.slow
def test_real_prompts_dealt_to_strangers_are_found_among_real_people(tmp_path: Path) -> None:
    shared = Path(os.environ.get("STILLWATCH_SHARED", "../shared"))
    composer = shared / "bench" / "compose.py"
    python = os.environ.get("STILLWATCH_BENCH_PYTHON", sys.executable)
    if not composer.exists():
        pytest.skip("the real corpora are not here; STILLWATCH_SHARED says where they are")
    try:
        subprocess.run([python, "-c", "import polars, sklearn"], check=True, capture_output=True)
    except (subprocess.CalledProcessError, OSError):
        pytest.skip(
            "the composer needs polars and scikit-learn, which this Python lacks; STILLWATCH_BENCH_PYTHON names another"
        )
    subprocess.run(
        [python, composer, shared / "bench" / "visible-small.json", shared / "data", tmp_path],
        check=True,
        capture_output=True,
    )
    truth = json.loads((tmp_path / "truth.json").read_text())["accounts"]
    found = hunt([tmp_path / "log.parquet"], settings=DetectionSettings())
    assert all(truth[account]["campaign"] for account in _contained(found.findings))
    assert len(_contained(found.findings)) >= 10
