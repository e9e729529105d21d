# SPDX-License-Identifier: Apache-2.0
"""The tail hands out each exchange once, whoever wrote it and however they ended."""

from itertools import count

import pytest

from fakes.exchanges import START_US, an_exchange
from fakes.failing_disk import Fail, FailingDisk
from stillwatch.ledger.adapters.parquet_log import ParquetLog
from stillwatch.ledger.adapters.spool_folder import SpoolFolder
from stillwatch.ledger.adapters.spool_writer import Entry, SpoolWriter
from stillwatch.ledger.adapters.tail import SpoolTail
from stillwatch.ledger.frames import Begin, begin_frame, finish_frame
from stillwatch.ledger.settings import LedgerSettings
from stillwatch.records.exchange import Outcome

clock = count(START_US).__next__


def a_writer(ledger: LedgerSettings, worker: str = "w0", disk: FailingDisk | None = None) -> SpoolWriter[int]:
    return SpoolWriter(ledger, worker_id=worker, now_us=clock, disk=disk or FailingDisk())


def begin(number: int) -> Entry[int]:
    frame = begin_frame(Begin(f"ex-{number:06d}", START_US, "org-1", "acct-1", "large-1"))
    return Entry(f"ex-{number:06d}", frame, is_finish=False)


def finish(number: int, prompt: str = "?") -> Entry[int]:
    frame = finish_frame(an_exchange(number, prompt=prompt))
    return Entry(f"ex-{number:06d}", frame, is_finish=True, waiter=number)


def numbers(tail: SpoolTail) -> list[int]:
    return [int(row.exchange_id.removeprefix("ex-")) for row in tail.poll()]


def test_a_spool_that_is_not_there_yet_is_empty(ledger: LedgerSettings) -> None:
    assert numbers(SpoolTail(ledger.directory)) == []


def test_a_row_is_handed_out_once_it_is_known_to_be_on_the_disk(ledger: LedgerSettings) -> None:
    writer = a_writer(ledger)
    tail = SpoolTail(ledger.directory)
    writer.commit([finish(1)])
    assert numbers(tail) == []
    writer.mark()
    assert numbers(tail) == [1]
    assert numbers(tail) == []
    writer.commit([finish(2)])
    writer.commit([finish(3)])
    assert numbers(tail) == [2]
    writer.close()
    assert numbers(tail) == [3]
    assert numbers(tail) == []


def test_an_end_that_is_not_known_to_be_on_the_disk_is_told_of(ledger: LedgerSettings) -> None:
    writer = a_writer(ledger)
    tail = SpoolTail(ledger.directory)
    writer.commit([begin(5), finish(1)])
    assert numbers(tail) == []
    (unsynced,) = tail.unsynced()
    writer.mark()
    assert numbers(tail) == [1]
    assert unsynced not in tail.unsynced()
    writer.close()


def test_several_workers_are_followed_at_once(ledger: LedgerSettings) -> None:
    writers = [a_writer(ledger, f"w{number}") for number in range(3)]
    tail = SpoolTail(ledger.directory)
    for number, writer in enumerate(writers):
        writer.commit([finish(number)])
        writer.mark()
    assert sorted(numbers(tail)) == [0, 1, 2]
    late = a_writer(ledger, "w9")
    late.commit([finish(9)])
    late.mark()
    assert numbers(tail) == [9]
    for writer in [*writers, late]:
        writer.close()
    assert numbers(tail) == []


def test_rotation_is_not_noticed(ledger: LedgerSettings) -> None:
    ledger = ledger.model_copy(update={"segment_bytes": 65_536})
    writer = a_writer(ledger)
    tail = SpoolTail(ledger.directory)
    writer.commit([begin(0), begin(99)])
    seen = []
    for number in range(1, 20):
        writer.commit([finish(number, "x" * 20_000)])
        seen += numbers(tail)
    writer.commit([finish(0)])
    writer.close()
    rows = list(tail.poll())
    seen += [int(row.exchange_id.removeprefix("ex-")) for row in rows]
    assert sorted(seen) == [*range(20), 99]
    assert rows[-1].outcome is Outcome.INTERRUPTED
    assert writer.counters.segments > 4


def test_what_a_killed_worker_left_is_handed_out_with_what_it_cut_short(ledger: LedgerSettings) -> None:
    writer = a_writer(ledger)
    writer.commit([begin(1), begin(2), finish(1)])
    tail = SpoolTail(ledger.directory)
    assert numbers(tail) == []
    writer._segment.abandon()
    rows = {row.exchange_id: row.outcome for row in tail.poll()}
    assert rows == {"ex-000001": Outcome.COMPLETED, "ex-000002": Outcome.INTERRUPTED}
    assert numbers(tail) == []


@pytest.mark.parametrize("how", Fail)
def test_a_commit_that_failed_and_was_repeated_elsewhere_is_handed_out_once(ledger: LedgerSettings, how: Fail) -> None:
    disk = FailingDisk()
    writer = a_writer(ledger, disk=disk)
    tail = SpoolTail(ledger.directory)
    writer.commit([begin(1), begin(2), finish(1)])
    disk.fail_step(len(disk.steps), how)
    seen = numbers(tail)
    assert writer.commit([finish(2)]).acknowledged == [2]
    seen += numbers(tail)
    writer.close()
    seen += numbers(tail)
    assert seen == [1, 2]


def test_only_segments_that_were_read_to_their_end_may_be_rolled(ledger: LedgerSettings) -> None:
    writer = a_writer(ledger)
    tail = SpoolTail(ledger.directory)
    log = ParquetLog(ledger, ready=tail.drained)
    writer.commit([finish(1)])
    writer.close()
    assert log.roll(START_US).segments == 0
    assert numbers(tail) == [1]
    assert log.roll(START_US).segments == 1
    assert SpoolFolder(ledger.directory / "spool").segments() == []
    assert numbers(tail) == []
    assert tail.drained() == frozenset()


def test_a_row_larger_than_a_reading_is_handed_out_whole(ledger: LedgerSettings) -> None:
    writer = a_writer(ledger)
    tail = SpoolTail(ledger.directory)
    writer.commit([finish(1, "x" * 5_000_000)])
    writer.commit([finish(2)])
    writer.mark()
    assert numbers(tail) == [1, 2]
    tail.close()
    writer.close()


def test_damage_is_passed_over_once_the_worker_has_gone(
    ledger: LedgerSettings, caplog: pytest.LogCaptureFixture
) -> None:
    writer = a_writer(ledger)
    for number in range(5):
        writer.commit([finish(number)])
    (path,) = SpoolFolder(ledger.directory / "spool").segments()
    data = bytearray(path.read_bytes())
    data[data.index(b"ex-000001")] ^= 1
    path.write_bytes(data)
    tail = SpoolTail(ledger.directory)
    assert numbers(tail) == [0]
    writer.close()
    assert numbers(tail) == [2, 3, 4]
    assert "damaged at byte" in caplog.text
