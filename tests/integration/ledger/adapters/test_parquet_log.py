# SPDX-License-Identifier: Apache-2.0
"""Rolling: exactly once, whatever is killed or fails in between, and readable by what operators have."""

import os
from collections import Counter
from itertools import count
from pathlib import Path

import duckdb
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from fakes.exchanges import START_US, an_exchange
from fakes.failing_disk import Fail, FailingDisk
from stillwatch.ledger.adapters.log_check import check_log
from stillwatch.ledger.adapters.parquet_log import ParquetLog, hour_folder, hours_of
from stillwatch.ledger.adapters.spool_folder import SpoolFolder
from stillwatch.ledger.adapters.spool_writer import Entry, SpoolWriter
from stillwatch.ledger.frames import Begin, begin_frame, finish_frame
from stillwatch.ledger.pseudonyms import Pseudonyms
from stillwatch.ledger.rows import HOUR_US
from stillwatch.ledger.settings import LedgerSettings
from stillwatch.records.exchange import Exchange

clock = count(START_US).__next__
DAY_US = 24 * HOUR_US


def spool(ledger: LedgerSettings, *exchanges: Exchange, in_flight: tuple[str, ...] = ()) -> SpoolWriter[int]:
    writer: SpoolWriter[int] = SpoolWriter(ledger, worker_id="w0", now_us=clock, disk=FailingDisk())
    writer.commit(
        [
            Entry(name, begin_frame(Begin(name, START_US + 5 * HOUR_US, "org-1", "acct-1", "large-1")), is_finish=False)
            for name in in_flight
        ]
    )
    for exchange in exchanges:
        writer.commit([Entry(exchange.exchange_id, finish_frame(exchange), is_finish=True, waiter=1)])
    return writer


def in_log(ledger: LedgerSettings) -> Counter[str]:
    """What DuckDB sees in the folder: how often each exchange is there."""
    pattern = str(ledger.directory / "log" / "**" / "*.parquet")
    if not list((ledger.directory / "log").rglob("*.parquet")):
        return Counter()
    with duckdb.connect() as connection:
        rows = connection.execute("SELECT exchange_id FROM read_parquet($1)", [pattern]).fetchall()
    return Counter(name for (name,) in rows)


def over_hours(number: int = 6) -> list[Exchange]:
    return [an_exchange(each, ts_us=START_US + each * HOUR_US // 2) for each in range(number)]


def test_every_row_is_in_the_folder_of_its_hour(ledger: LedgerSettings) -> None:
    spool(ledger, *over_hours()).close()
    report = ParquetLog(ledger).roll(START_US)
    assert (report.segments, report.rows, report.failures) == (1, 6, 0)
    folders = [
        folder.relative_to(ledger.directory / "log").as_posix() for _, folder in hours_of(ledger.directory / "log")
    ]
    assert folders == [f"date=2026-06-01/hour={hour:02d}" for hour in range(3)]
    assert all(len(list((ledger.directory / "log" / folder).glob("*.parquet"))) == 1 for folder in folders)
    assert SpoolFolder(ledger.directory / "spool").segments() == []


def test_duckdb_reads_it_with_its_hours_and_exact_types(ledger: LedgerSettings) -> None:
    spool(ledger, *over_hours()).close()
    ParquetLog(ledger).roll(START_US)
    pattern = str(ledger.directory / "log" / "*" / "*" / "*.parquet")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        log = connection.read_parquet(pattern, hive_partitioning=True)
        found = log.filter("date = '2026-06-01' AND hour = 1").order("ts")
        rows = found.project("exchange_id, epoch_us(ts), input_tokens, outcome, sketch").fetchall()
        types = dict(zip(log.columns, map(str, log.types), strict=True))
    assert rows == [
        ("ex-000002", START_US + HOUR_US, 7, "completed", b"\x00\x01"),
        ("ex-000003", START_US + 3 * HOUR_US // 2, 7, "completed", b"\x00\x01"),
    ]
    assert types["ts"] == "TIMESTAMP WITH TIME ZONE"
    assert types["signup_ts"] == "TIMESTAMP WITH TIME ZONE"
    assert types["latency_ms"] == "DOUBLE"
    assert types["stream"] == "BOOLEAN"


def test_arrow_and_so_pandas_read_the_folder_as_one_table(ledger: LedgerSettings) -> None:
    spool(ledger, *over_hours()).close()
    ParquetLog(ledger).roll(START_US)
    (ledger.directory / "log" / "date=2026-06-01" / "hour=00" / ".half-made").write_bytes(b"not parquet")
    table = ds.dataset(ledger.directory / "log", format="parquet", partitioning="hive").to_table()
    assert table.num_rows == 6
    assert {"ts", "signup_ts", "date", "hour"} <= set(table.column_names)


def test_a_file_is_sorted_by_time_and_keeps_no_prompt_in_its_footer(ledger: LedgerSettings) -> None:
    rows = [an_exchange(number, ts_us=START_US + (7 * number) % 5) for number in range(5)]
    spool(ledger, *rows).close()
    ParquetLog(ledger).roll(START_US)
    (path,) = (ledger.directory / "log").rglob("*.parquet")
    table = pq.read_table(path, columns=["ts"], partitioning=None)
    assert table["ts"].cast("int64").to_pylist() == [START_US + offset for offset in range(5)]
    footer = pq.read_metadata(path).row_group(0)
    with_bounds = {footer.column(at).path_in_schema for at in range(footer.num_columns) if footer.column(at).statistics}
    assert "ts" in with_bounds
    assert not with_bounds & {"prompt", "response", "system", "sketch"}
    assert path.stat().st_mode & 0o077 == 0


def test_a_segment_that_is_being_written_stays(ledger: LedgerSettings) -> None:
    writer = spool(ledger, *over_hours())
    assert ParquetLog(ledger).roll(START_US).segments == 0
    writer.close()
    assert ParquetLog(ledger).roll(START_US).segments == 1


def test_a_segment_waits_for_the_one_it_continues(ledger: LedgerSettings) -> None:
    """What is in flight in the first is told apart from what was cut short by the second alone."""
    ledger = ledger.model_copy(update={"segment_bytes": 65_536})
    disk = FailingDisk()
    writer: SpoolWriter[int] = SpoolWriter(ledger, worker_id="w0", now_us=clock, disk=disk)
    writer.commit([Entry("ex-000001", begin_frame(Begin("ex-000001", START_US, "o", "a", "m")), is_finish=False)])
    # The first is given up and so has no end of its own.
    disk.fail_step(len(disk.steps), Fail.LANDED)
    finished = Entry("ex-000002", finish_frame(an_exchange(2)), is_finish=True, waiter=1)
    writer.commit([finished])
    writer.commit([Entry("ex-000001", finish_frame(an_exchange(1)), is_finish=True, waiter=1)])
    writer.close()
    first, second = (path.stem for path in SpoolFolder(ledger.directory / "spool").in_order())
    assert ParquetLog(ledger, ready=lambda: {second}).roll(START_US).segments == 0
    assert ParquetLog(ledger, ready=lambda: {first}).roll(START_US).interrupted == 0
    assert ParquetLog(ledger).roll(START_US).rows == 2
    assert in_log(ledger) == {"ex-000001": 1, "ex-000002": 1}


def test_what_a_killed_worker_cut_short_is_a_row(ledger: LedgerSettings) -> None:
    spool(ledger, an_exchange(1), in_flight=("ex-000001", "ex-000002"))._segment.abandon()
    report = ParquetLog(ledger).roll(START_US)
    assert (report.rows, report.interrupted) == (2, 1)
    assert in_log(ledger) == {"ex-000001": 1, "ex-000002": 1}


def test_rolling_again_changes_nothing(ledger: LedgerSettings) -> None:
    spool(ledger, *over_hours()).close()
    ParquetLog(ledger).roll(START_US)
    before = in_log(ledger)
    assert ParquetLog(ledger).roll(START_US).segments == 0
    assert in_log(ledger) == before


def roll_in_a_child(ledger: LedgerSettings, step: int, how: Fail) -> bool:
    """Roll in a process that is killed at a step; say whether it was."""
    child = os.fork()
    if child == 0:
        disk = FailingDisk()
        disk.stop_process_at(step, how)
        ParquetLog(ledger, disk=disk).roll(START_US)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("how", Fail)
def test_killed_at_any_step_and_rolled_again_each_exchange_is_there_once(ledger: LedgerSettings, how: Fail) -> None:
    killed = True
    step = 0
    while killed:
        here = ledger.model_copy(
            update={"directory": ledger.directory.with_name(f"{how.name}-{step}"), "segment_bytes": 65_536}
        )
        rows = [*over_hours(), *(an_exchange(each, ts_us=START_US, prompt="x" * 60_000) for each in (7, 8, 9))]
        spool(here, *rows, in_flight=("ex-000020",))._segment.abandon()
        expected = {row.exchange_id: 1 for row in rows} | {"ex-000020": 1}
        killed = roll_in_a_child(here, step, how)
        # Whoever reads the folder meanwhile sees nothing twice…
        assert all(times == 1 for times in in_log(here).values()), step
        # …and after the next roll everything.
        ParquetLog(here).roll(START_US)
        assert in_log(here) == expected, step
        assert SpoolFolder(here.directory / "spool").segments() == []
        assert check_log(here.directory).is_good, step
        assert not list((here.directory / "log").rglob(".*.half"))
        step += 1
    assert step > 20


@pytest.mark.parametrize("how", Fail)
def test_a_disk_that_fails_at_any_step_keeps_the_segment_for_the_next_time(ledger: LedgerSettings, how: Fail) -> None:
    step = 0
    failures = 1
    while failures:
        here = ledger.model_copy(update={"directory": ledger.directory.with_name(f"{how.name}-{step}")})
        spool(here, *over_hours()).close()
        disk = FailingDisk()
        disk.fail_step(step, how)
        log = ParquetLog(here, disk=disk)
        failures = log.roll(START_US).failures
        assert all(times == 1 for times in in_log(here).values()), step
        log.roll(START_US)
        assert in_log(here) == {row.exchange_id: 1 for row in over_hours()}, step
        step += 1
    assert step > 10


def test_two_rollers_do_not_get_in_each_others_way(ledger: LedgerSettings) -> None:
    spool(ledger, *over_hours()).close()
    first = ParquetLog(ledger)
    with first._sole_roller() as is_sole:
        assert is_sole
        assert ParquetLog(ledger).roll(START_US).segments == 0
    assert first.roll(START_US).segments == 1


def test_a_damaged_segment_is_rolled_as_far_as_it_can_be_read_and_kept(ledger: LedgerSettings) -> None:
    spool(ledger, *over_hours()).close()
    (path,) = SpoolFolder(ledger.directory / "spool").segments()
    data = bytearray(path.read_bytes())
    data[data.index(b"ex-000002")] ^= 1
    path.write_bytes(data)
    report = ParquetLog(ledger).roll(START_US)
    assert report.damaged == [path.stem]
    assert in_log(ledger) == {f"ex-{number:06d}": 1 for number in (0, 1, 3, 4, 5)}
    assert SpoolFolder(ledger.directory / "spool").segments() == []
    (kept,) = (ledger.directory / "quarantine").iterdir()
    assert kept.read_bytes() == data


def test_a_segment_that_was_never_born_is_swept_away_when_it_is_old(ledger: LedgerSettings) -> None:
    folder = ledger.directory / "spool"
    folder.mkdir(parents=True)
    (folder / "old.new").touch()
    os.utime(folder / "old.new", (0, 0))
    (folder / "young.new").touch()
    ParquetLog(ledger).roll(START_US)
    assert [path.name for path in folder.iterdir()] == ["young.new"]


def test_pseudonyms_stand_in_the_log_for_what_they_hide(ledger: LedgerSettings) -> None:
    names = Pseudonyms(("account_id", "client_ip"), b"k" * 32)
    spool(ledger, an_exchange(1)).close()
    ParquetLog(ledger, pseudonyms=names).roll(START_US)
    (path,) = (ledger.directory / "log").rglob("*.parquet")
    assert b"acct-1" not in path.read_bytes()
    (row,) = pq.read_table(path, partitioning=None).to_pylist()
    assert row["account_id"] == names.pseudonym("account_id", "acct-1")
    assert row["org_id"] == "org-1"


@pytest.mark.parametrize("days", [1, 30])
def test_retention_drops_the_hours_that_are_past_it_and_no_row_that_is_younger(
    ledger: LedgerSettings, days: int
) -> None:
    ledger = ledger.model_copy(update={"retention_days": days})
    spool(ledger, *over_hours()).close()
    log = ParquetLog(ledger)
    log.roll(START_US)
    last_of_first_hour = START_US + HOUR_US - 1
    assert log.roll(last_of_first_hour + days * DAY_US).dropped_hours == 0
    assert log.roll(last_of_first_hour + 1 + days * DAY_US).dropped_hours == 1
    assert in_log(ledger) == {f"ex-{number:06d}": 1 for number in range(2, 6)}
    assert log.roll(START_US + 50 * DAY_US + days * DAY_US).dropped_hours == 2
    assert list((ledger.directory / "log").glob("date=*")) == []


def test_retention_reaches_what_lies_in_quarantine(ledger: LedgerSettings) -> None:
    ledger = ledger.model_copy(update={"retention_days": 1})
    spool(ledger, *over_hours()).close()
    (path,) = SpoolFolder(ledger.directory / "spool").segments()
    data = bytearray(path.read_bytes())
    data[data.index(b"ex-000002")] ^= 1
    path.write_bytes(data)
    log = ParquetLog(ledger)
    log.roll(START_US)
    log.roll(START_US + DAY_US + 2 * HOUR_US)
    assert len(list((ledger.directory / "quarantine").iterdir())) == 1
    log.roll(START_US + DAY_US + 3 * HOUR_US)
    assert list((ledger.directory / "quarantine").iterdir()) == []


def test_without_retention_nothing_is_ever_dropped(ledger: LedgerSettings) -> None:
    ledger = ledger.model_copy(update={"retention_days": None})
    spool(ledger, *over_hours()).close()
    log = ParquetLog(ledger)
    log.roll(START_US)
    assert log.roll(START_US + 10**6 * DAY_US).dropped_hours == 0


def test_folders_of_other_names_are_left_alone(tmp_path: Path) -> None:
    for name in ("date=2026-06-01/hour=05", "date=yesterday/hour=05", "date=2026-06-01/minute=3", "other"):
        (tmp_path / name).mkdir(parents=True)
    assert [folder.name for _, folder in hours_of(tmp_path)] == ["hour=05"]
    hour = START_US // HOUR_US + 5
    assert hours_of(tmp_path)[0][0] == hour
    assert hour_folder(hour) == "date=2026-06-01/hour=05"
