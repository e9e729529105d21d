# SPDX-License-Identifier: Apache-2.0
"""Reads a segment of the spool, while it is written or after its writer has gone."""

import contextlib
import fcntl
import logging
import os
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

from stillwatch.errors import IntegrityError
from stillwatch.ledger.adapters.segment import SUFFIX
from stillwatch.ledger.frames import (
    HEADER_SIZE,
    Frame,
    Kind,
    SegmentReader,
    payload_length,
)
from stillwatch.ledger.rows import RowMaker
from stillwatch.records.exchange import Exchange

LOG = logging.getLogger("stillwatch.ledger")
CHUNK = 1024 * 1024
RELEASE = 1024
"""Frames looked at between two hand-outs."""


class SegmentFollower:
    """One segment, open for reading. A context manager.

    Args:
        path: The segment.

    Raises:
        FileNotFoundError: It is not there (any more).

    Attributes:
        segment_id: Its name.
        is_concluded: Nobody writes to it, and all of it has been read.
        interrupted: How many exchanges were cut short.
        torn_bytes: Bytes that the end of the writer left unfinished; none of them acknowledged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.segment_id = path.name.removesuffix(SUFFIX)
        self.is_concluded = False
        self._damage: list[str] = []
        self.interrupted = 0
        self.torn_bytes = 0
        self._reader = SegmentReader()
        self._rows = RowMaker()
        self._is_unreadable = False
        self._waiting: deque[Frame] = deque()
        """Whole frames not yet known to be on the disk."""
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    @property
    def damage(self) -> list[str]:
        """What was wrong with bytes that had been acknowledged, a sentence each; empty where nothing was."""
        return [*self._damage, *self._rows.damage]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file, and of the lock where it was taken."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def is_abandoned(self) -> bool:
        """Whether nobody writes to it any more. Where so, it is locked for us until ``close``."""
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False

    def is_in_place(self) -> bool:
        """Whether its name still leads to this very file."""
        with contextlib.suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(self._descriptor), self.path.stat())
        return False

    def committed_rows(self) -> Iterator[Exchange]:
        """What is known to be on the disk and was not handed out before. For a segment that is being written."""
        if not self._is_unreadable:
            try:
                yield from self._rows.rows(self._frames(limit=None))
            except IntegrityError as error:
                # It is judged, and what follows the damage read, once its writer has gone.
                self._is_unreadable = True
                self._note(str(error))

    def unsynced(self) -> Iterator[int]:
        """Where each exchange ends that was read, and is not yet known to be on the disk."""
        return (found.end for found in self._waiting if found.kind is Kind.FINISH)

    def last_rows(self, followed: Mapping[str, int]) -> Iterator[Exchange]:
        """All that was not handed out before. For an abandoned segment; sets ``is_concluded``.

        Damage is noted, and what follows it is read from the next mark on.

        Args:
            followed: Segment id to how many of its bytes count, for each that another continues. Read it after
                ``is_abandoned`` has said so: a successor is on the disk before its predecessor is let go.
        """
        is_followed = self.segment_id in followed
        limit = followed[self.segment_id] if is_followed else os.fstat(self._descriptor).st_size
        is_more = True
        while is_more:
            try:
                yield from self._rows.rows(self._frames(limit=limit))
                self._judge(limit, is_followed=is_followed)
                is_more = False
            except IntegrityError as error:
                self._note(str(error))
                yield from self._rows.rows(self._release(limit))
                is_more = self._reader.header is not None and self._reader.resume(self._rest(limit))
        end = self._reader.end
        if not is_followed and (end is None or end.next is None):
            for row in self._rows.interrupted():
                self.interrupted += 1
                yield row
        self.is_concluded = True

    def _judge(self, limit: int, *, is_followed: bool) -> None:
        """Say whether what could not be read was never acknowledged. Raises IntegrityError where it was."""
        if self._reader.position >= limit:
            return
        self._reader.conclude(self._rest(limit))
        self.torn_bytes = self._reader.torn_bytes
        if is_followed:
            self._note(f"Segment {self.segment_id} lacks bytes {self._reader.position} to {limit}, acknowledged once.")

    def _frames(self, *, limit: int | None) -> Iterator[Frame]:
        """Frames that count: those before the last mark or, given a limit, those that end within it."""
        reader = self._reader
        for found in self._feed():
            self._waiting.append(found)
            if len(self._waiting) > RELEASE:
                yield from self._release(reader.committed)
        yield from self._release(reader.committed if limit is None else limit)

    def _release(self, up_to: int) -> Iterator[Frame]:
        while self._waiting and self._waiting[0].end <= up_to:
            yield self._waiting.popleft()

    def _feed(self) -> Iterator[Frame]:
        """Every whole frame from the reader's position on, reading no more than there is."""
        while True:
            before = self._reader.position
            head = os.pread(self._descriptor, HEADER_SIZE, before)
            if not head or head[0] == 0:
                return
            wanted = max(CHUNK, HEADER_SIZE + (payload_length(head) or 0))
            yield from self._reader.feed(os.pread(self._descriptor, wanted, before))
            if self._reader.position == before:
                return

    def _rest(self, limit: int) -> bytes:
        return os.pread(self._descriptor, max(0, limit - self._reader.position), self._reader.position)

    def _note(self, what: str) -> None:
        if what not in self._damage:
            LOG.error("%s", what)
            self._damage.append(what)
