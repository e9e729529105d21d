# SPDX-License-Identifier: Apache-2.0
"""One segment of the spool, being written."""

import contextlib
from pathlib import Path

from stillwatch.ledger.frames import MARK_SIZE, SegmentHeader, end_frame, mark_frame, opening
from stillwatch.ledger.interface import Disk

SUFFIX = ".spool"
UNBORN = ".new"
"""Suffix of a segment that is not yet part of the spool. Nothing in it has been acknowledged."""

ALLOCATION = 1024 * 1024
"""Space is claimed in steps of this many bytes: a commit within it changes no metadata and takes a third less time."""


class Segment:
    """An open segment. Not for more than one thread.

    Any ``OSError`` out of it means that the segment may not be written to again: after a failed sync the kernel may
    have dropped the pages and called them clean, so that a second sync would succeed over a hole.

    Attributes:
        segment_id: Its name without the suffix.
        position: Where the next frame goes.
        synced: All before this offset is on the disk.
        opening_bytes: How much it was born with.
    """

    def __init__(self, disk: Disk, descriptor: int, path: Path, header: SegmentHeader) -> None:
        self._disk = disk
        self._descriptor = descriptor
        self._path = path
        self._nonce = header.nonce
        self._allocated = 0
        self._is_marked = False
        self.segment_id = header.segment_id
        self.position = 0
        self.synced = 0
        self.opening_bytes = 0

    @classmethod
    def create(cls, disk: Disk, folder: Path, header: SegmentHeader, frames: bytes, condemned: list[Path]) -> "Segment":
        """Make a segment that holds ``frames``, and return when it is on the disk under its name.

        Raises:
            OSError: It could not be made. Files that could not even be removed again are put into ``condemned``: while
                one is there, the segment it follows must not be written to.
        """
        path = folder / f"{header.segment_id}{SUFFIX}"
        unborn = folder / f"{header.segment_id}{UNBORN}"
        descriptor = disk.create(unborn)
        segment = cls(disk, descriptor, path, header)
        try:
            # Locked before it has its name, so that nobody can take a segment that is being born for a dead one.
            disk.lock(descriptor)
            segment.write(opening(header) + frames, durably=True)
            # If we crash before the next line, an unborn file is left that nobody reads; its exchanges still lie in
            # the segment that this one follows, or were never acknowledged.
            disk.rename(unborn, path)
            disk.sync_path(folder)
        except OSError:
            segment.abandon()
            for leftover in (unborn, path):
                try:
                    disk.remove(leftover)
                except FileNotFoundError:
                    continue
                except OSError:
                    condemned.append(leftover)
            raise
        segment.opening_bytes = segment.position
        return segment

    def write(self, frames: bytes, *, durably: bool) -> None:
        """Append whole frames; ``durably`` returns only when these and all before them are on the disk.

        Raises:
            OSError: See the class.
        """
        if self.position and self.position == self.synced:
            # One that mark() wrote ahead of time is written again: only so is it certain to be on the disk with them.
            frames = mark_frame(self._nonce, self.position) + frames
        lacking = self.position + len(frames) - self._allocated
        if lacking > 0:
            more = -(-lacking // ALLOCATION) * ALLOCATION
            self._disk.allocate(self._descriptor, self._allocated, more)
            self._allocated += more
        if durably and self.synced == self.position:
            self._disk.write_durably(self._descriptor, frames, self.position)
        else:
            self._disk.write(self._descriptor, frames, self.position)
            if durably:
                self._disk.sync(self._descriptor)
        self.position += len(frames)
        self._is_marked = False
        if durably:
            self.synced = self.position

    def has_room(self, size: int) -> bool:
        """Whether as many bytes of frames can be written into space that is there already."""
        return self.position + MARK_SIZE + size <= self._allocated

    def sync(self) -> None:
        """Put all that was written on the disk. Raises OSError: see the class."""
        if self.synced < self.position:
            self._disk.sync(self._descriptor)
            self.synced = self.position

    def mark(self) -> None:
        """Let readers know, before the next commit does, that all so far is on the disk. Raises OSError."""
        mark = mark_frame(self._nonce, self.position)
        is_due = self.synced == self.position and not self._is_marked
        if is_due and self.position + len(mark) <= self._allocated:
            self._disk.write(self._descriptor, mark, self.position)
            self._is_marked = True

    def end(self, next_segment: str | None) -> None:
        """Write that nothing follows, give back unused space, and let go. Raises OSError: see the class."""
        self.write(end_frame(next_segment), durably=True)
        self._disk.truncate(self._descriptor, self.position)
        self._disk.close(self._descriptor)

    def abandon(self) -> None:
        """Let go without another word: this file is not trusted, or not needed."""
        with contextlib.suppress(OSError):
            self._disk.close(self._descriptor)
