# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.replayed import tables
from fakes.spark_cluster import missing
from fakes.traffic import DAY_US, HOUR_US, START_US, World
from stillwatch.detection.live import LiveEngine
from stillwatch.detection.settings import DetectionSettings
from stillwatch.errors import BadInput, SettingsError
from stillwatch.records.exchange import Exchange
from stillwatch.records.finding import Findings, Recommendation
from stillwatch.service.hunting import Hunt, Stage, hunt

EVERY_US = 6 * HOUR_US
SETTINGS = DetectionSettings(cadence_seconds=EVERY_US // 1_000_000)


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
    seen: dict[Stage, tuple[int, int]] = {}

    def tell(stage: Stage, done: int, total: int) -> None:
        seen[stage] = (done, total)

    found: Hunt = hunt([tmp_path], settings=SETTINGS, progress=tell)
    live = _live(people.log(), until_us=found.findings.window_to_us)
    assert found.findings == live
    assert _contained(live) <= hydra
    assert len(_contained(live)) > len(hydra) / 2
    assert (found.exchanges, found.accounts, found.note) == (len(rows), 144, "")
    assert list(seen) == [Stage.READING, Stage.REDUCING, Stage.REPLAYING]
    assert all(done == total for done, total in seen.values())
    assert seen[Stage.READING] == seen[Stage.REPLAYING] == (len(rows), len(rows))


def _live(log: list[Exchange], *, until_us: int) -> Findings:
    live = LiveEngine(SETTINGS, tables)
    due_us = log[0].ts_us - log[0].ts_us % EVERY_US + EVERY_US
    for one in log:
        while one.ts_us >= due_us:
            live.campaign_pass(due_us)
            due_us += EVERY_US
        live.observe(one)
    while due_us < until_us:
        live.campaign_pass(due_us)
        due_us += EVERY_US
    return live.campaign_pass(until_us)


def _written(path: Path, log: list[Exchange]) -> Path:
    path.write_text("\n".join(json.dumps(_row(one)) for one in log))
    return path


def test_a_clock_that_jumps_by_centuries_does_not_make_a_million_passes(
    tmp_path: Path, world: tuple[World, set[str]]
) -> None:
    log = world[0].log()[:400]
    log.append(
        Exchange(exchange_id="z", ts_us=START_US + 100_000 * DAY_US, org_id="z", account_id="z", model="m", prompt="hi")
    )
    assert hunt([_written(tmp_path / "log.jsonl", log)], settings=SETTINGS).passes < 150


def test_an_empty_log_finds_nothing(tmp_path: Path) -> None:
    found = hunt([_written(tmp_path / "log.jsonl", [])], settings=SETTINGS)
    assert found.findings == Findings(window_from_us=0, window_to_us=0, accounts=(), campaigns=())
    assert (found.exchanges, found.passes) == (0, 0)


def test_an_interrupted_hunt_goes_on_from_what_it_had_read(tmp_path: Path, world: tuple[World, set[str]]) -> None:
    log = _written(tmp_path / "log.jsonl", world[0].log()[:300])
    work = tmp_path / "work"

    def interrupt(stage: Stage, _done: int, _total: int) -> None:
        if stage is Stage.REDUCING:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hunt([log], settings=SETTINGS, work=work, progress=interrupt)
    parts = {path: path.stat().st_mtime_ns for path in work.glob("*.parquet")}
    assert parts
    found = hunt([log], settings=SETTINGS, work=work)
    assert {path: path.stat().st_mtime_ns for path in work.glob("*.parquet")} == parts
    assert found == hunt([log], settings=SETTINGS)


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason=missing())
def test_spark_finds_what_duckdb_finds(tmp_path: Path, world: tuple[World, set[str]]) -> None:
    log = _written(tmp_path / "log.jsonl", world[0].log())
    assert hunt([log], settings=SETTINGS, engine="local[2]") == hunt([log], settings=SETTINGS)


def test_two_hunts_do_not_share_a_folder(tmp_path: Path, world: tuple[World, set[str]]) -> None:
    log = _written(tmp_path / "log.jsonl", world[0].log()[:30])

    def another(_stage: Stage, _done: int, _total: int) -> None:
        hunt([log], settings=SETTINGS, work=tmp_path / "work")

    with pytest.raises(BadInput, match="Another hunt uses"):
        hunt([log], settings=SETTINGS, work=tmp_path / "work", progress=another)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"engine": "sc://10.0.0.1:15002"}, "reads the sightings where its executors run"),
        ({"engine": "postgres"}, '"postgres" names no Spark'),
        ({"memory_limit": "a lot"}, "DuckDB cannot start"),
    ],
)
def test_an_engine_that_cannot_be_had_is_told(tmp_path: Path, given: dict[str, str], told: str) -> None:
    with pytest.raises((BadInput, SettingsError), match=told):
        hunt([tmp_path], settings=SETTINGS, **given)  # type: ignore[arg-type]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be used"):
        hunt([tmp_path], settings=SETTINGS, work=tmp_path / "file")


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
