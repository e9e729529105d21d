# SPDX-License-Identifier: Apache-2.0
"""The check finds what is wrong with a record, and nothing where nothing is."""

import hashlib
import subprocess
from itertools import count
from pathlib import Path

import pyarrow.parquet as pq

from fakes.exchanges import START_US, an_exchange
from fakes.failing_disk import FailingDisk
from stillwatch.ledger.adapters.log_check import check_log
from stillwatch.ledger.adapters.parquet_log import ParquetLog
from stillwatch.ledger.adapters.spool_folder import SpoolFolder
from stillwatch.ledger.adapters.spool_writer import Entry, SpoolWriter
from stillwatch.ledger.frames import finish_frame
from stillwatch.ledger.rows import HOUR_US
from stillwatch.ledger.settings import LedgerSettings

clock = count(START_US).__next__


def spool(ledger: LedgerSettings, *numbers: int) -> None:
    writer: SpoolWriter[int] = SpoolWriter(ledger, worker_id="w0", now_us=clock, disk=FailingDisk())
    for number in numbers:
        exchange = an_exchange(number, ts_us=START_US + number * HOUR_US // 4)
        writer.commit([Entry(exchange.exchange_id, finish_frame(exchange), is_finish=True, waiter=number)])
    writer.close()


def only_part(ledger: LedgerSettings) -> Path:
    (path,) = (ledger.directory / "log").rglob("*.parquet")
    return path


def test_a_whole_record_is_good(ledger: LedgerSettings) -> None:
    spool(ledger, *range(8))
    ParquetLog(ledger).roll(START_US)
    spool(ledger, 8, 9)
    check = check_log(ledger.directory)
    assert check.is_good
    assert (check.rows, check.unrolled, check.files, check.segments) == (10, 2, 2, 1)


def test_an_exchange_that_is_there_twice_is_named(ledger: LedgerSettings) -> None:
    spool(ledger, 1, 2, 3)
    ParquetLog(ledger).roll(START_US)
    spool(ledger, 3)
    check = check_log(ledger.directory)
    assert check.duplicates == ["ex-000003"]
    assert not check.is_good


def test_any_flipped_byte_of_a_file_is_noticed(ledger: LedgerSettings) -> None:
    spool(ledger, 0, 1)
    ParquetLog(ledger).roll(START_US)
    path = only_part(ledger)
    whole = path.read_bytes()
    for at in range(0, len(whole), 101):
        broken = bytearray(whole)
        broken[at] ^= 0x10
        path.write_bytes(broken)
        assert check_log(ledger.directory).damage == [f"{path} does not match its SHA-256."]


def test_sha256sum_itself_can_check_the_log(ledger: LedgerSettings) -> None:
    spool(ledger, 0, 1)
    ParquetLog(ledger).roll(START_US)
    path = only_part(ledger)
    command = ["sha256sum", "--check", "--strict", f".{path.name}.sha256"]
    assert subprocess.run(command, cwd=path.parent, check=False, capture_output=True).returncode == 0
    path.write_bytes(b"PAR1")
    assert subprocess.run(command, cwd=path.parent, check=False, capture_output=True).returncode == 1


def test_a_file_without_its_sum_is_damage(ledger: LedgerSettings) -> None:
    spool(ledger, 0)
    ParquetLog(ledger).roll(START_US)
    path = only_part(ledger)
    path.with_name(f".{path.name}.sha256").unlink()
    assert "cannot be checked" in check_log(ledger.directory).damage[0]


def test_a_damaged_segment_and_what_lies_in_quarantine_are_damage(ledger: LedgerSettings) -> None:
    spool(ledger, 1, 2, 3)
    (path,) = SpoolFolder(ledger.directory / "spool").segments()
    data = bytearray(path.read_bytes())
    data[data.index(b"ex-000002")] ^= 1
    path.write_bytes(data)
    assert "damaged at byte" in check_log(ledger.directory).damage[0]
    ParquetLog(ledger).roll(START_US)
    assert "quarantine" in check_log(ledger.directory).damage[0]


def test_rows_in_another_hours_folder_are_damage(ledger: LedgerSettings) -> None:
    spool(ledger, 0)
    ParquetLog(ledger).roll(START_US)
    only_part(ledger).parent.rename(ledger.directory / "log" / "date=2026-06-01" / "hour=05")
    assert "1 rows of another hour" in check_log(ledger.directory).damage[0]


def test_a_file_that_lacks_a_column_is_damage(ledger: LedgerSettings) -> None:
    spool(ledger, 0)
    ParquetLog(ledger).roll(START_US)
    path = only_part(ledger)
    pq.write_table(pq.read_table(path, partitioning=None).drop_columns(["outcome"]), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name(f".{path.name}.sha256").write_text(f"{digest}  {path.name}\n")
    assert "lacks the columns outcome" in check_log(ledger.directory).damage[0]
