# SPDX-License-Identifier: Apache-2.0
"""Reading the record back: in order, once each, rolled or not."""

from itertools import count

import pytest

from fakes.exchanges import START_US, an_exchange
from fakes.failing_disk import FailingDisk
from stillwatch.errors import IntegrityError
from stillwatch.ledger.adapters.log_reader import LogReader
from stillwatch.ledger.adapters.parquet_log import ParquetLog
from stillwatch.ledger.adapters.spool_writer import Entry, SpoolWriter
from stillwatch.ledger.adapters.tail import SpoolTail
from stillwatch.ledger.frames import finish_frame
from stillwatch.ledger.pseudonyms import Pseudonyms
from stillwatch.ledger.rows import HOUR_US
from stillwatch.ledger.settings import LedgerSettings

clock = count(START_US).__next__


def spool(ledger: LedgerSettings, *numbers: int, worker: str = "w0") -> SpoolWriter[int]:
    """Record exchanges a quarter of an hour apart, in the order given."""
    writer: SpoolWriter[int] = SpoolWriter(ledger, worker_id=worker, now_us=clock, disk=FailingDisk())
    for number in numbers:
        exchange = an_exchange(number, ts_us=START_US + number * HOUR_US // 4)
        writer.commit([Entry(exchange.exchange_id, finish_frame(exchange), is_finish=True, waiter=number)])
    writer.mark()
    return writer


def ids(reader: LogReader, **narrowed: int | bool) -> list[int]:
    return [int(row.exchange_id.removeprefix("ex-")) for row in reader.exchanges(**narrowed)]  # type: ignore[arg-type]


def a_record(ledger: LedgerSettings) -> SpoolWriter[int]:
    """Two rolled segments, one closed, one being written; their times interleave."""
    spool(ledger, 8, 0, 4).close()
    spool(ledger, 1, 9, 5, worker="w1").close()
    ParquetLog(ledger).roll(START_US)
    spool(ledger, 10, 2).close()
    return spool(ledger, 3, 7, 6, worker="w1")


def test_an_empty_ledger_has_no_exchanges(ledger: LedgerSettings) -> None:
    assert ids(LogReader(ledger.directory)) == []
    assert LogReader(ledger.directory).find("ex-000001") is None


def test_everything_comes_once_in_the_order_it_arrived(ledger: LedgerSettings) -> None:
    writer = a_record(ledger)
    assert ids(LogReader(ledger.directory)) == list(range(11))
    writer.close()
    assert ids(LogReader(ledger.directory)) == list(range(11))
    ParquetLog(ledger).roll(START_US)
    assert ids(LogReader(ledger.directory)) == list(range(11))


def test_a_stretch_of_time_includes_its_beginning_and_excludes_its_end(ledger: LedgerSettings) -> None:
    a_record(ledger)
    reader = LogReader(ledger.directory)
    assert ids(reader, from_us=START_US + HOUR_US, until_us=START_US + 2 * HOUR_US) == [4, 5, 6, 7]
    assert ids(reader, until_us=START_US + 1) == [0]


def test_history_and_tail_together_give_everything_once(ledger: LedgerSettings) -> None:
    writer = a_record(ledger)
    history = ids(LogReader(ledger.directory), rolled_only=True)
    tail = [int(row.exchange_id.removeprefix("ex-")) for row in SpoolTail(ledger.directory).poll()]
    assert sorted(history + tail) == list(range(11))
    writer.close()


def test_a_segment_that_was_rolled_and_not_yet_removed_is_read_once(ledger: LedgerSettings) -> None:
    spool(ledger, 1, 2, 3).close()
    disk = FailingDisk()
    with disk.failing("remove"):
        assert ParquetLog(ledger, disk=disk).roll(START_US).failures == 1
    assert len(list((ledger.directory / "log").rglob("*.parquet"))) == 1
    reader = LogReader(ledger.directory)
    assert ids(reader) == [1, 2, 3]
    assert ids(reader, rolled_only=True) == []
    tail = [int(row.exchange_id.removeprefix("ex-")) for row in SpoolTail(ledger.directory).poll()]
    assert tail == [1, 2, 3]


@pytest.mark.parametrize("number", [4, 2, 7], ids=["rolled", "closed", "being written"])
def test_one_exchange_is_found_wherever_it_is(ledger: LedgerSettings, number: int) -> None:
    a_record(ledger)
    expected = an_exchange(number, ts_us=START_US + number * HOUR_US // 4)
    assert LogReader(ledger.directory).find(f"ex-{number:06d}") == expected
    assert LogReader(ledger.directory).find("ex-999999") is None


def test_the_key_holder_sees_who_it_was_and_others_the_same_pseudonym_everywhere(ledger: LedgerSettings) -> None:
    names = Pseudonyms(("account_id",), b"k" * 32)
    spool(ledger, 1).close()
    ParquetLog(ledger, pseudonyms=names).roll(START_US)
    spool(ledger, 2).close()
    reader = LogReader(ledger.directory, pseudonyms=names)
    hidden = names.pseudonym("account_id", "acct-1")
    assert [row.account_id for row in reader.exchanges()] == [hidden, hidden]
    assert [row.account_id for row in reader.exchanges(identify=True)] == ["acct-1", "acct-1"]
    for name in ("ex-000001", "ex-000002"):
        found = reader.find(name)
        known = reader.find(name, identify=True)
        assert found is not None
        assert known is not None
        assert (found.account_id, known.account_id) == (hidden, "acct-1")


def test_a_damaged_file_is_named(ledger: LedgerSettings) -> None:
    spool(ledger, 1).close()
    ParquetLog(ledger).roll(START_US)
    (path,) = (ledger.directory / "log").rglob("*.parquet")
    path.write_bytes(path.read_bytes()[:-20])
    reader = LogReader(ledger.directory)
    with pytest.raises(IntegrityError, match=r"part-.* is damaged"):
        list(reader.exchanges())
    with pytest.raises(IntegrityError, match="is damaged"):
        reader.find("ex-000001")


def test_an_hour_that_retention_drops_meanwhile_is_no_error(ledger: LedgerSettings) -> None:
    spool(ledger, 0, 1, 8, 9).close()
    ParquetLog(ledger).roll(START_US)
    rows = LogReader(ledger.directory).exchanges()
    assert next(rows).exchange_id == "ex-000000"
    for path in sorted((ledger.directory / "log").rglob("*.parquet"))[1:]:
        path.unlink()
    assert [row.exchange_id for row in rows] == ["ex-000001"]
