# SPDX-License-Identifier: Apache-2.0
"""What the spool's thread does: commits, new segments, and what to do when the disk refuses. No thread in here.

A segment whose disk refused is given up at its last acknowledged byte, for after a failed sync nobody can say what of
it is on the disk. A new one is begun that says so, and holds again all that was not acknowledged. If that fails too,
the writer has *failed*: everything is refused, and each further commit first tries to make a new segment. Exchanges
that had begun are kept in memory until it succeeds, so that not even these are missing from the log; there are at most
as many as requests were under way. What never began (a refusal) is counted only.
"""

import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from stillwatch.ledger.adapters.segment import Segment
from stillwatch.ledger.frames import SegmentHeader
from stillwatch.ledger.interface import Disk
from stillwatch.ledger.settings import LedgerSettings

LOG = logging.getLogger("stillwatch.ledger")
W = TypeVar("W")

QUICK_SECONDS = 0.001
"""A disk that takes longer is not waited for where others wait too."""
FORGET = 0.9
"""What a durable write's duration counts for at the next one: after one of 10 ms it takes 22 quick ones to be quick."""


class Entry(msgspec.Struct, Generic[W], frozen=True, gc=False):
    """One thing to write: the ``BEGIN`` or ``FINISH`` frame of an exchange, and who waits for it."""

    exchange_id: str
    frame: bytes
    is_finish: bool
    waiter: W | None = None


class Verdict(msgspec.Struct, Generic[W], frozen=True, gc=False):
    """Who may go on, and who must be told that it could not be recorded."""

    acknowledged: Sequence[W] = ()
    refused: Sequence[W] = ()


class Counters(msgspec.Struct):
    """What a writer has done since it was made. Written by its thread, read by anybody."""

    exchanges: int = 0
    """Exchanges made durable."""
    commits: int = 0
    """Syncs it took."""
    bytes: int = 0
    """Bytes of frames written."""
    segments: int = 0
    """Segments made."""
    failures: int = 0
    """Times the disk refused."""
    unrecorded: int = 0
    """Refusals that found no place in the record while the disk was full or failing."""
    in_flight: int = 0
    """Exchanges begun and not ended."""


class SpoolWriter(Generic[W]):
    """Writes one worker's segments, one after the other. Not for more than one thread at a time.

    Args:
        settings: See there.
        worker_id: Tells this writer from the others.
        now_us: The gateway's clock; it only names segments.
        disk: The disk.

    Raises:
        OSError: The first segment cannot be made.

    Attributes:
        is_failed: Nothing can be written.
        is_low: Free space is down to the reserve: only exchanges that had begun are written.
    """

    def __init__(self, settings: LedgerSettings, *, worker_id: str, now_us: Callable[[], int], disk: Disk) -> None:
        self.counters = Counters()
        self.is_failed = False
        self.is_low = False
        self._settings = settings
        self._worker_id = worker_id
        self._now_us = now_us
        self._disk = disk
        self._folder = settings.directory / "spool"
        self._open: dict[str, bytes] = {}
        """``BEGIN`` frames of the exchanges whose end is not on the disk yet."""
        self._owed: list[Entry[W]] = []
        """Ends that are not on the disk yet."""
        self._condemned: list[Path] = []
        self._rotate_after = 0.0
        self._durable_seconds = 1.0
        """The longest that a durable write took, the older the less it counts. Nothing is known of the disk yet."""
        disk.make_folders(self._folder)
        self.is_low = disk.free_bytes(self._folder) < settings.reserve_bytes
        self._segment = self._make_segment(None)
        self._segment_born = time.monotonic()

    def has_begun(self, exchange_id: str) -> bool:
        """Whether an exchange is under way as far as the writer has been told."""
        return exchange_id in self._open

    def is_quick(self, size: int) -> bool:
        """Whether a commit of so many bytes is likely to take no longer than ``QUICK_SECONDS``.

        It is where durable writes have not taken longer of late, and neither more space nor a new segment is needed.
        """
        segment = self._segment
        return (
            self._durable_seconds < QUICK_SECONDS
            and not self.is_failed
            and segment.has_room(size)
            and segment.position + size - segment.opening_bytes < self._settings.segment_bytes
        )

    def commit(self, entries: Sequence[Entry[W]]) -> Verdict[W]:
        """Write everything, with one sync where anything has ended. Never raises ``OSError``."""
        refused = self._take_in(entries)
        if self.is_failed:
            if not self._replace_segment():
                return self._fail(refused)
            self.is_failed = False
            LOG.warning("The record can be written again.")
            return self._acknowledge(refused)
        try:
            frames = b"".join([entry.frame for entry in entries if not (refused and entry.waiter in refused)])
            began = time.monotonic()
            self._segment.write(frames, durably=bool(self._owed))
            self.counters.bytes += len(frames)
        except OSError as error:
            return self._give_up_segment(error, refused)
        if self._owed:
            self.counters.commits += 1
            self._durable_seconds = max(time.monotonic() - began, FORGET * self._durable_seconds)
        verdict = self._acknowledge(refused)
        if self._segment.position - self._segment.opening_bytes >= self._settings.segment_bytes:
            self._rotate()
        return verdict

    def mark(self) -> Verdict[W]:
        """Let readers know that all so far is on the disk, before the next commit would."""
        try:
            self._segment.mark()
        except OSError as error:
            return self._give_up_segment(error, [])
        return Verdict()

    def keep_house(self) -> Verdict[W]:
        """Look at the free space and the segment's age, and sync what no ``FINISH`` has synced. Once a second or so."""
        with contextlib.suppress(OSError):
            was_low, self.is_low = self.is_low, self._disk.free_bytes(self._folder) < self._settings.reserve_bytes
            if self.is_low and not was_low:
                LOG.error("Free space in %s is down to the reserve: requests are refused.", self._folder)
        if self.is_failed:
            return Verdict()
        try:
            self._segment.sync()
        except OSError as error:
            return self._give_up_segment(error, [])
        is_old = time.monotonic() - self._segment_born >= self._settings.segment_seconds
        if is_old and self._segment.position > self._segment.opening_bytes:
            self._rotate()
        return Verdict()

    def close(self) -> None:
        """End the segment. Exchanges still under way are then on record as interrupted."""
        if self.is_failed and not self._replace_segment():
            LOG.error("The record was closed while it could not be written; %d ends are lost.", len(self._owed))
            return
        try:
            self._segment.end(None)
        except OSError:
            # Recovery treats it as if the gateway had been killed, which keeps all that was acknowledged.
            LOG.exception("The segment could not be ended.")
            self._segment.abandon()

    def _take_in(self, entries: Sequence[Entry[W]]) -> list[W]:
        """Note what began and what ended; returns who is refused for want of space."""
        refused = []
        for entry in entries:
            if not entry.is_finish:
                self._open[entry.exchange_id] = entry.frame
            elif self.is_low and entry.exchange_id not in self._open and entry.waiter is not None:
                refused.append(entry.waiter)
                self.counters.unrecorded += 1
            else:
                self._owed.append(entry)
        return refused

    def _acknowledge(self, refused: Sequence[W]) -> Verdict[W]:
        """All that was owed is on the disk."""
        acknowledged = []
        for entry in self._owed:
            self._open.pop(entry.exchange_id, None)
            if entry.waiter is not None:
                acknowledged.append(entry.waiter)
        self.counters.exchanges += len(self._owed)
        self._owed.clear()
        self.counters.in_flight = len(self._open)
        return Verdict(acknowledged, refused)

    def _fail(self, refused: Sequence[W]) -> Verdict[W]:
        """Tell everybody, and keep in memory only the ends of what had begun."""
        self.is_failed = True
        waiting = [entry.waiter for entry in self._owed if entry.waiter is not None]
        kept = [
            Entry[W](entry.exchange_id, entry.frame, is_finish=True)
            for entry in self._owed
            if entry.exchange_id in self._open
        ]
        self.counters.unrecorded += len(self._owed) - len(kept)
        self._owed = kept
        return Verdict((), [*refused, *waiting])

    def _give_up_segment(self, error: OSError, refused: Sequence[W]) -> Verdict[W]:
        """The disk refused: go on in a new segment, or fail."""
        self.counters.failures += 1
        LOG.error("Writing to the spool failed (%s); beginning a new segment.", error.strerror)
        if self._replace_segment():
            return self._acknowledge(refused)
        LOG.error("The record cannot be written: requests are refused until it can.")
        return self._fail(refused)

    def _make_segment(self, old: Segment | None) -> Segment:
        """Make the segment that continues ``old``, holding all that is under way or owed. Raises OSError."""
        while self._condemned:
            with contextlib.suppress(FileNotFoundError):
                self._disk.remove(self._condemned[-1])
            self._condemned.pop()
        # In this order, so that what ended since it began reads as ended.
        frames = [*self._open.values(), *(entry.frame for entry in self._owed)]
        created_us = self._now_us()
        header = SegmentHeader(
            segment_id=f"{created_us:016d}-{self._worker_id}-{secrets.token_hex(4)}",
            worker_id=self._worker_id,
            created_us=created_us,
            nonce=secrets.token_bytes(8),
            follows=old.segment_id if old else None,
            follows_bytes=old.synced if old else 0,
        )
        segment = Segment.create(self._disk, self._folder, header, b"".join(frames), self._condemned)
        self.counters.segments += 1
        return segment

    def _replace_segment(self) -> bool:
        """Leave a segment that is not trusted; False where no new one can be made."""
        try:
            new = self._make_segment(self._segment)
        except OSError as error:
            self.counters.failures += 1
            LOG.error("A new segment could not be made: %s.", error.strerror)  # noqa: TRY400 - it repeats every second
            return False
        # The old one stays locked up to here, so that nobody rolls it before its successor says where it ends.
        self._segment.abandon()
        self._segment, self._segment_born = new, time.monotonic()
        return True

    def _rotate(self) -> None:
        """Go on in a new segment and end the old one, which is well."""
        if time.monotonic() < self._rotate_after:
            return
        try:
            new = self._make_segment(self._segment)
        except OSError as error:
            self.counters.failures += 1
            LOG.error("A new segment could not be made (%s); staying in this one.", error.strerror)  # noqa: TRY400 - as above
            self._rotate_after = time.monotonic() + self._settings.retry_seconds
            # A successor that could not be taken back already says where this segment ends.
            self.is_failed = bool(self._condemned)
            return
        # If we crash before the next line, the old segment has no end; that a successor exists says the same.
        old, self._segment, self._segment_born = self._segment, new, time.monotonic()
        try:
            old.end(new.segment_id)
        except OSError:
            old.abandon()
