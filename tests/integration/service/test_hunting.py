# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from zlib import crc32

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
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


@pytest.fixture(scope="module")
def town() -> tuple[World, set[str]]:
    world = World(seed=83)
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


def _judged(tmp_path: Path, log: list[Exchange], hydra: set[str]) -> Hunt:
    """Hunt in a log, and see that the hydra is contained and nobody else is."""
    found = hunt([_written(tmp_path / "log.jsonl", log)], settings=SETTINGS)
    assert _contained(found.findings) <= hydra
    assert len(_contained(found.findings)) > len(hydra) / 2
    return found


def test_an_address_that_half_of_all_accounts_share_links_nobody(tmp_path: Path, town: tuple[World, set[str]]) -> None:
    people, hydra = town
    half = {one.account_id for one in people.exchanges if crc32(one.account_id.encode()) % 2}
    log = [
        msgspec.structs.replace(one, client_ip="203.0.113.7") if one.account_id in half else one for one in people.log()
    ]
    assert 50 < len(half) < 95
    _judged(tmp_path, log, hydra)


def test_columns_that_hold_nothing_are_held_against_nobody(tmp_path: Path, town: tuple[World, set[str]]) -> None:
    people, hydra = town
    log = people.log()
    nothing = {"client_ip": pa.nulls(len(log)), "payment_fp": pa.nulls(len(log), pa.string())}
    nothing |= {"ja4": pa.nulls(len(log)), "asn": pa.nulls(len(log), pa.int64()), "system": pa.nulls(len(log))}
    nothing |= {"signup_ts": pa.nulls(len(log)), "turn": pa.nulls(len(log)), "conversation_id": pa.nulls(len(log))}
    kept = ("exchange_id", "org_id", "account_id", "model", "prompt")
    columns = {name: pa.array([getattr(one, name) for one in log]) for name in kept}
    instants = pa.array([one.ts_us for one in log], pa.timestamp("us", tz="UTC"))
    pq.write_table(pa.table({"ts": instants, **columns, **nothing}), tmp_path / "log.parquet")
    found = hunt([tmp_path / "log.parquet"], settings=SETTINGS)
    assert _contained(found.findings) <= hydra
    assert (found.exchanges, found.accounts) == (len(log), 144)


def test_a_log_given_twice_is_the_log(tmp_path: Path, town: tuple[World, set[str]]) -> None:
    log = town[0].log()
    once = hunt([_written(tmp_path / "once.jsonl", log)], settings=SETTINGS)
    twice = hunt([_written(tmp_path / "twice.jsonl", [*log, *log[::-1]])], settings=SETTINGS)
    assert twice.findings == once.findings
    assert twice.exchanges == len(log)


def test_exchanges_that_all_bear_one_id_are_counted_each(tmp_path: Path, town: tuple[World, set[str]]) -> None:
    people, hydra = town
    log = [msgspec.structs.replace(one, exchange_id="0") for one in people.log()]
    assert _judged(tmp_path, log, hydra).exchanges == len({(one.account_id, one.ts_us) for one in log})


@pytest.mark.slow
def test_an_account_with_a_quarter_of_a_million_exchanges_is_one_account(
    tmp_path: Path, town: tuple[World, set[str]]
) -> None:
    people, hydra = town
    count, days = 250_000, 12
    first = people.log()[0].ts_us
    loud = {
        "exchange_id": pa.array([f"loud-{at}" for at in range(count)]),
        "ts": pa.array([first + at * days * DAY_US // count for at in range(count)], pa.timestamp("us", tz="UTC")),
        "org_id": pa.array(["loud"] * count),
        "account_id": pa.array(["loud"] * count),
        "model": pa.array(["m"] * count),
        "prompt": pa.array([f"Sort ticket {at % 977} about the harbour ferry, please." for at in range(count)]),
    }
    pq.write_table(pa.table(loud), tmp_path / "loud.parquet")
    quiet = hunt([_written(tmp_path / "log.jsonl", people.log())], settings=SETTINGS)
    began = time.process_time()
    found = hunt([tmp_path / "log.jsonl", tmp_path / "loud.parquet"], settings=SETTINGS, workers=1)
    assert time.process_time() - began < 60
    assert (found.exchanges, found.accounts) == (quiet.exchanges + count, quiet.accounts + 1)
    assert _contained(found.findings) <= hydra
    assert len(_contained(found.findings)) > len(hydra) / 2
    assert "loud" not in {one.account_id for one in found.findings.accounts}


def test_a_log_whose_clock_runs_back_and_stands_still_is_replayed(tmp_path: Path, town: tuple[World, set[str]]) -> None:
    people, hydra = town
    # A third of the rows an hour early, and a day whose rows all bear its first instant.
    log = []
    for at, one in enumerate(people.log()):
        day = (one.ts_us - START_US) // DAY_US
        ts_us = START_US + day * DAY_US if day == 1 else one.ts_us - HOUR_US * (at % 3 == 0)
        log.append(msgspec.structs.replace(one, ts_us=ts_us))
    assert sum(one.ts_us == START_US + DAY_US for one in log) > 100
    assert _judged(tmp_path, log, hydra).exchanges == len(log)


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
