# SPDX-License-Identifier: Apache-2.0
"""The recorder: every exchange onto the disk before the last byte of its answer leaves.

One thread a worker writes. While it waits for the disk the event loop goes on, and what it records gathers; the next
commit takes all of it: one write, one sync, one wake-up of the loop, however many exchanges there were.

An exchange that is alone has nobody to share a commit with and would only wait for two threads to wake each other: the
event loop commits it itself, where the disk has been quick of late and one write is all it takes.
"""

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Sequence

from stillwatch.errors import SettingsError, Unavailable
from stillwatch.ledger.adapters.disk import PosixDisk
from stillwatch.ledger.adapters.spool_writer import Counters, Entry, SpoolWriter, Verdict
from stillwatch.ledger.frames import Begin, begin_frame, finish_frame
from stillwatch.ledger.interface import Disk
from stillwatch.ledger.settings import LedgerSettings
from stillwatch.records.exchange import Exchange

FLUSH_SECONDS = 0.005
"""While there is traffic, the longest that a ``BEGIN`` stays in this process alone."""
ACTIVE_SECONDS = 1.0
"""Traffic this recent counts as traffic."""
HOUSEKEEPING_SECONDS = 1.0
ALONE = 2
"""What waits to be written of an exchange that is alone, at most: its beginning and its end."""

Waiter = asyncio.Future[None]


class SpoolRecorder:
    """Implements ``gateway.interface.Recorder`` on a folder of segments.

    Call ``begin`` and ``finish`` from one event loop, the one that runs when ``finish`` is first awaited.

    Args:
        settings: See there.
        worker_id: Tells this writer from the others, in letters, digits, ``.`` and ``_``.
        now_us: The gateway's clock; it only names segments.
        disk: The disk; another one in tests.

    Raises:
        Unavailable: The spool cannot be written to.
        SettingsError: The worker id has other characters.
    """

    def __init__(
        self, settings: LedgerSettings, *, worker_id: str, now_us: Callable[[], int], disk: Disk | None = None
    ) -> None:
        if not worker_id or not all(c.isascii() and (c.isalnum() or c in "._") for c in worker_id):
            raise SettingsError(f"{worker_id!r} cannot name a worker: only letters, digits, '.' and '_' can.")
        self._settings = settings
        try:
            self._writer: SpoolWriter[Waiter] = SpoolWriter(
                settings, worker_id=worker_id, now_us=now_us, disk=disk or PosixDisk()
            )
        except OSError as error:
            raise Unavailable(
                f"The spool in {settings.directory} cannot be written: {error.strerror}.",
                hint="See that the folder can be written to and that its disk has space.",
            ) from error
        # Appended to by the event loop, emptied by the thread; single operations on a list are atomic.
        self._pending: list[Entry[Waiter]] = []
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._is_asleep = False
        """The thread waits: the end of an exchange must rouse it."""
        self._is_dozing = False
        """The thread waits for long: even the beginning of one must."""
        self._is_stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writing = threading.Lock()
        """Held by whoever uses the writer: the thread, or the event loop for an exchange that is alone."""
        self._active_until = 0.0
        self._next_look = 0.0
        self._thread = threading.Thread(target=self._run, name=f"spool-{worker_id}", daemon=True)
        self._thread.start()

    @property
    def is_writable(self) -> bool:
        """See ``Recorder``. Also False once free space is down to the reserve."""
        return not (self._writer.is_failed or self._writer.is_low or self._is_stopping)

    @property
    def counters(self) -> Counters:
        """What has been done so far."""
        return self._writer.counters

    def begin(self, *, exchange_id: str, ts_us: int, org_id: str, account_id: str, model: str) -> None:
        """See ``Recorder``. It is in the kernel's hands, safe from the death of this process, within milliseconds."""
        frame = begin_frame(Begin(exchange_id, ts_us, org_id, account_id, model))
        self._pending.append(Entry(exchange_id, frame, is_finish=False))
        if self._is_dozing:
            self._rouse()

    async def finish(self, exchange: Exchange) -> None:
        """See ``Recorder``. Where the caller is cancelled while waiting, the exchange is recorded all the same."""
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        if self._is_stopping or (self._writer.is_failed and not self._has_begun(exchange.exchange_id)):
            self._writer.counters.unrecorded += 1
            raise _unavailable()
        waiter = loop.create_future()
        self._pending.append(Entry(exchange.exchange_id, finish_frame(exchange), is_finish=True, waiter=waiter))
        if not self._commit_here(exchange.exchange_id) and self._is_asleep:
            self._rouse()
        await waiter

    async def aclose(self) -> None:
        """Write what there is and end the segment. Exchanges under way are then on record as interrupted."""
        self._is_stopping = True
        self._wake.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)

    def _has_begun(self, exchange_id: str) -> bool:
        waiting = list(self._pending)
        return self._writer.has_begun(exchange_id) or any(entry.exchange_id == exchange_id for entry in waiting)

    def _commit_here(self, exchange_id: str) -> bool:
        """Commit an exchange that is alone without the thread; False where that is the thread's to do.

        The loop stands still meanwhile. So nobody else may be under way, and the disk must have been quick of late.
        """
        pending = self._pending
        if len(pending) > ALONE or not self._writing.acquire(blocking=False):
            return False
        try:
            size = sum([len(entry.frame) for entry in pending])
            if not self._is_alone(exchange_id) or not self._writer.is_quick(size):
                return False
            entries = pending.copy()
            pending.clear()
            verdict = self._writer.commit(entries)
            self._active_until = time.monotonic() + ACTIVE_SECONDS
        finally:
            self._writing.release()
        _settle(verdict.acknowledged, verdict.refused)
        return True

    def _is_alone(self, exchange_id: str) -> bool:
        """Whether nothing but this exchange is under way, or waits to be written."""
        others = self._writer.counters.in_flight - self._writer.has_begun(exchange_id)
        return others == 0 and all(entry.exchange_id == exchange_id for entry in self._pending)

    def _rouse(self) -> None:
        self._is_asleep = self._is_dozing = False
        self._wake.put(None)

    # From here on: the thread.

    def _run(self) -> None:
        gathers = False
        while not self._is_stopping or self._pending:
            self._wait(gathers=gathers)
            with self._writing:
                gathers = self._write()
        self._writer.close()

    def _write(self) -> bool:
        """Commit what there is; say whether several ended together."""
        count = len(self._pending)
        entries = self._pending[:count]
        del self._pending[:count]
        is_due = entries or self._writer.is_failed
        verdict = self._writer.commit(entries) if is_due else self._writer.mark()
        self._tell(verdict)
        now = time.monotonic()
        if entries:
            self._active_until = now + ACTIVE_SECONDS
        if now >= self._next_look:
            self._next_look = now + HOUSEKEEPING_SECONDS
            self._tell(self._writer.keep_house())
        return len(verdict.acknowledged) > 1

    def _wait(self, *, gathers: bool) -> None:
        if self._writer.is_failed:
            # Who ends an exchange meanwhile waits with us: it may yet be recorded.
            time.sleep(self._settings.retry_seconds)
            return
        if gathers and self._settings.gather_us:
            time.sleep(self._settings.gather_us / 1e6)
        is_busy = time.monotonic() < self._active_until
        self._is_asleep = True
        self._is_dozing = not is_busy
        # Looked at after the flags are up: whoever comes later sees them and rouses us.
        if not self._pending and not self._is_stopping:
            with contextlib.suppress(queue.Empty):
                self._wake.get(timeout=FLUSH_SECONDS if is_busy else HOUSEKEEPING_SECONDS)
        self._is_asleep = self._is_dozing = False

    def _tell(self, verdict: Verdict[Waiter]) -> None:
        if self._loop is not None and (verdict.acknowledged or verdict.refused):
            # A loop that is closed has nobody left who waits.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(_settle, verdict.acknowledged, verdict.refused)


def _settle(acknowledged: Sequence[Waiter], refused: Sequence[Waiter]) -> None:
    for waiter in acknowledged:
        if not waiter.done():
            waiter.set_result(None)
    for waiter in refused:
        if not waiter.done():
            waiter.set_exception(_unavailable())


def _unavailable() -> Unavailable:
    return Unavailable("The exchange could not be recorded.", hint="The disk of the record is full or failing.")
