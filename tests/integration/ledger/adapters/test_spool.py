# SPDX-License-Identifier: Apache-2.0
"""The recorder in an event loop, on a real disk."""

import asyncio
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from fakes.exchanges import START_US, an_exchange
from fakes.failing_disk import FailingDisk
from stillwatch.errors import SettingsError, Unavailable
from stillwatch.gateway.interface import Recorder
from stillwatch.ledger.adapters.log_reader import LogReader
from stillwatch.ledger.adapters.spool import SpoolRecorder
from stillwatch.ledger.adapters.spool_folder import SpoolFolder
from stillwatch.ledger.interface import Disk
from stillwatch.ledger.settings import LedgerSettings
from stillwatch.records.exchange import Exchange, Outcome


def now_us() -> int:
    return time.time_ns() // 1000


@asynccontextmanager
async def recording(ledger: LedgerSettings, disk: Disk | None = None) -> AsyncIterator[SpoolRecorder]:
    recorder = SpoolRecorder(ledger, worker_id="w0", now_us=now_us, disk=disk)
    try:
        yield recorder
    finally:
        await recorder.aclose()


def begin(recorder: Recorder, number: int) -> None:
    recorder.begin(exchange_id=f"ex-{number:06d}", ts_us=START_US, org_id="org-1", account_id="acct-1", model="large-1")


def recorded(ledger: LedgerSettings) -> list[Exchange]:
    return list(LogReader(ledger.directory).exchanges())


async def until(claim: Callable[[], bool]) -> None:
    """Wait for something the writer's thread does; a test that waits for ever is stopped by its time limit."""
    while not claim():  # noqa: ASYNC110 - the thread has no event to wait for
        await asyncio.sleep(0.005)


async def test_what_finish_has_acknowledged_is_in_the_file(ledger: LedgerSettings) -> None:
    async with recording(ledger) as recorder:
        await recorder.finish(an_exchange(1))
        (path,) = SpoolFolder(ledger.directory / "spool").segments()
        assert an_exchange(1).exchange_id.encode() in path.read_bytes()
    assert recorded(ledger) == [an_exchange(1)]


async def test_exchanges_that_end_together_share_commits(ledger: LedgerSettings) -> None:
    async with recording(ledger) as recorder:
        for _ in range(20):
            await asyncio.gather(*(recorder.finish(an_exchange(number)) for number in range(50)))
        assert recorder.counters.exchanges == 1000
        assert recorder.counters.commits <= 100


async def test_a_lone_exchange_is_not_kept_waiting_for_company(ledger: LedgerSettings) -> None:
    async with recording(ledger.model_copy(update={"gather_us": 100_000})) as recorder:
        await recorder.finish(an_exchange(0))
        started = time.perf_counter()
        for number in range(10):
            await recorder.finish(an_exchange(number))
        assert time.perf_counter() - started < 1.0
        assert recorder.counters.commits == 11


async def test_begin_does_not_wait_and_is_written_soon(ledger: LedgerSettings) -> None:
    async with recording(ledger) as recorder:
        begin(recorder, 7)
        (path,) = SpoolFolder(ledger.directory / "spool").segments()
        await until(lambda: b"ex-000007" in path.read_bytes())
        assert recorder.counters.in_flight == 1


async def test_exchanges_in_flight_at_rotation_end_in_a_later_segment(ledger: LedgerSettings) -> None:
    ledger = ledger.model_copy(update={"segment_bytes": 65_536})
    async with recording(ledger) as recorder:
        begin(recorder, 1)
        begin(recorder, 2)
        for number in range(10, 20):
            await recorder.finish(an_exchange(number, prompt="x" * 30_000))
        assert recorder.counters.segments > 3
        await recorder.finish(an_exchange(1))
    outcomes = {row.exchange_id: row.outcome for row in recorded(ledger)}
    assert outcomes["ex-000001"] is Outcome.COMPLETED
    assert outcomes["ex-000002"] is Outcome.INTERRUPTED
    assert len(outcomes) == len(recorded(ledger)) == 12


async def test_closing_writes_what_was_still_gathering(ledger: LedgerSettings) -> None:
    recorder = SpoolRecorder(ledger, worker_id="w0", now_us=now_us)
    tasks = [asyncio.ensure_future(recorder.finish(an_exchange(number))) for number in range(5)]
    await asyncio.sleep(0)
    await recorder.aclose()
    await asyncio.gather(*tasks)
    assert len(recorded(ledger)) == 5
    with pytest.raises(Unavailable):
        await recorder.finish(an_exchange(9))
    assert not recorder.is_writable


async def test_a_caller_that_is_cancelled_while_waiting_is_recorded_all_the_same(ledger: LedgerSettings) -> None:
    async with recording(ledger) as recorder:
        task = asyncio.ensure_future(recorder.finish(an_exchange(1)))
        await asyncio.sleep(0)
        task.cancel()
        await recorder.finish(an_exchange(2))
    assert [row.exchange_id for row in recorded(ledger)] == ["ex-000001", "ex-000002"]


async def test_a_failing_disk_fails_closed_and_recovers(ledger: LedgerSettings) -> None:
    disk = FailingDisk()
    async with recording(ledger, disk) as recorder:
        begin(recorder, 1)
        await recorder.finish(an_exchange(0))
        with disk.failing():
            with pytest.raises(Unavailable):
                await recorder.finish(an_exchange(1))
            assert not recorder.is_writable
            with pytest.raises(Unavailable):
                await recorder.finish(an_exchange(2))
        await until(lambda: recorder.is_writable)
        await recorder.finish(an_exchange(3))
        assert recorder.counters.unrecorded == 1
    assert [row.exchange_id for row in recorded(ledger)] == ["ex-000000", "ex-000001", "ex-000003"]


async def test_a_disk_down_to_its_reserve_refuses_new_work_and_finishes_old(ledger: LedgerSettings) -> None:
    disk = FailingDisk()
    async with recording(ledger.model_copy(update={"reserve_bytes": 1_000_000}), disk) as recorder:
        begin(recorder, 1)
        disk.free = 999_999
        await until(lambda: not recorder.is_writable)
        with pytest.raises(Unavailable):
            await recorder.finish(an_exchange(2))
        await recorder.finish(an_exchange(1))
        disk.free = None
        await until(lambda: recorder.is_writable)


@contextmanager
def small_disk(path: Path, *, kibibytes: int) -> Iterator[Path]:
    """A real file system that is soon full."""
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", str(path)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system takes more rights than this user has")
    try:
        yield path
    finally:
        subprocess.run(["umount", str(path)], check=True)


async def test_a_disk_that_is_really_full_loses_nothing_acknowledged(ledger: LedgerSettings, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", kibibytes=4096) as small:
        ledger = ledger.model_copy(update={"directory": small / "record", "segment_bytes": 1024 * 1024})
        acknowledged = []
        async with recording(ledger) as recorder:
            for number in range(10_000):
                try:
                    await recorder.finish(an_exchange(number, prompt="x" * 5000))
                except Unavailable:
                    break
                acknowledged.append(f"ex-{number:06d}")
            assert not recorder.is_writable
            ballast = SpoolFolder(ledger.directory / "spool").segments()[0]
            kept = ballast.read_bytes()
            ballast.unlink()
            await until(lambda: recorder.is_writable)
            await recorder.finish(an_exchange(20_000))
            acknowledged.append("ex-020000")
        elsewhere = ledger.model_copy(update={"directory": tmp_path / "roomy"})
        (tmp_path / "roomy" / "spool").mkdir(parents=True)
        (tmp_path / "roomy" / "spool" / ballast.name).write_bytes(kept)
        for path in SpoolFolder(ledger.directory / "spool").segments():
            (tmp_path / "roomy" / "spool" / path.name).write_bytes(path.read_bytes())
        assert [row.exchange_id for row in recorded(elsewhere)] == acknowledged
        assert len(acknowledged) > 300


class TimedDisk(FailingDisk):
    """Takes as long for a durable write as it is told, and notes which thread waited for it."""

    def __init__(self, *, seconds: float = 0.0) -> None:
        super().__init__()
        self._seconds = seconds
        self.waited: list[int] = []

    def write_durably(self, descriptor: int, data: bytes, offset: int) -> None:
        self.waited.append(threading.get_ident())
        time.sleep(self._seconds)
        super().write_durably(descriptor, data, offset)


async def known_to_be_quick(recorder: SpoolRecorder, disk: TimedDisk) -> None:
    """Record one after the other until the event loop commits by itself."""
    number = 1_000
    while disk.waited[-1] != threading.get_ident():
        number += 1
        begin(recorder, number)
        await recorder.finish(an_exchange(number))


async def test_an_exchange_that_is_alone_is_committed_by_the_event_loop(ledger: LedgerSettings) -> None:
    disk = TimedDisk()
    async with recording(ledger, disk) as recorder:
        await known_to_be_quick(recorder, disk)
        count = recorder.counters.exchanges
        assert recorder.counters.commits == count
        assert recorder.counters.in_flight == 0
    assert len(recorded(ledger)) == count


async def test_a_slow_disk_never_holds_the_event_loop(ledger: LedgerSettings) -> None:
    disk = TimedDisk(seconds=0.002)
    async with recording(ledger, disk) as recorder:
        for number in range(100):
            await recorder.finish(an_exchange(number))
    assert threading.get_ident() not in disk.waited[1:], "the first segment is made by whoever makes the recorder"


async def test_where_another_is_under_way_the_event_loop_does_not_wait_for_the_disk(ledger: LedgerSettings) -> None:
    disk = TimedDisk()
    async with recording(ledger, disk) as recorder:
        await known_to_be_quick(recorder, disk)
        begin(recorder, 1)
        before = len(disk.waited)
        for number in range(2, 20):
            begin(recorder, number)
            await recorder.finish(an_exchange(number))
        assert threading.get_ident() not in disk.waited[before:]


async def test_a_disk_that_fails_under_the_event_loop_fails_closed_and_recovers(ledger: LedgerSettings) -> None:
    disk = TimedDisk()
    async with recording(ledger, disk) as recorder:
        await known_to_be_quick(recorder, disk)
        begin(recorder, 1)
        with disk.failing():
            with pytest.raises(Unavailable):
                await recorder.finish(an_exchange(1))
            assert not recorder.is_writable
        await until(lambda: recorder.is_writable)
        await recorder.finish(an_exchange(2))
    assert {"ex-000001", "ex-000002"} <= {row.exchange_id for row in recorded(ledger)}


def test_a_folder_that_cannot_be_written_stops_the_start(ledger: LedgerSettings, tmp_path: Path) -> None:
    (tmp_path / "record").write_text("a file where the folder belongs")
    with pytest.raises(Unavailable, match="cannot be written"):
        SpoolRecorder(ledger, worker_id="w0", now_us=now_us)


@pytest.mark.parametrize("name", ["", "a/b", "a-b", "ä", ".."[:0]])
def test_a_worker_id_that_cannot_be_a_name_is_refused(ledger: LedgerSettings, name: str) -> None:
    with pytest.raises(SettingsError, match="cannot name a worker"):
        SpoolRecorder(ledger, worker_id=name, now_us=now_us)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_closing_ends_the_thread_and_lets_go_of_the_file(ledger: LedgerSettings) -> None:
    before = threading.active_count()
    descriptors = open_files()
    async with recording(ledger):
        assert threading.active_count() == before + 1
    # The event loop's own pool waited for the thread; it stays.
    assert not any(thread.name == "spool-w0" for thread in threading.enumerate())
    assert open_files() <= descriptors + 1
