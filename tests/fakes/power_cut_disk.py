# SPDX-License-Identifier: Apache-2.0
"""A disk that loses, at a power cut, whatever was not synced: each page of it or not, as chance has it."""

import os
from pathlib import Path
from random import Random

from fakes.failing_disk import FailingDisk

PAGE = 4096


class PowerCutError(Exception):
    """The machine is off; nothing after this happens."""


class PowerCutDisk(FailingDisk):
    """Does the real thing, and remembers what of each file a power cut would leave.

    Contents that were not synced may or may not be there after ``wake_up``, page by page and in any order, as with a
    real disk. So may names that were not synced.
    """

    def __init__(self) -> None:
        super().__init__()
        self._open: set[int] = set()
        self._paths: dict[int, Path] = {}
        """By inode, as descriptors are used again."""
        self._durable: dict[int, bytearray] = {}
        """By inode: what is certainly on the disk."""
        self._names: dict[Path, Path] = {}
        """Renames that were not synced: new name to old."""
        self._left: int | None = None

    def cut_power_after(self, steps: int) -> None:
        """Let so many more steps happen, and stop in the midst of the one after."""
        self._left = steps

    def _count(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise PowerCutError

    def create(self, path: Path) -> int:
        self._count()
        descriptor = super().create(path)
        self._open.add(descriptor)
        inode = os.fstat(descriptor).st_ino
        self._paths[inode] = path
        self._durable[inode] = bytearray()
        return descriptor

    def close(self, descriptor: int) -> None:
        super().close(descriptor)
        self._open.discard(descriptor)

    def write(self, descriptor: int, data: bytes, offset: int) -> None:
        super().write(descriptor, data, offset)
        self._count()

    def write_durably(self, descriptor: int, data: bytes, offset: int) -> None:
        super().write(descriptor, data, offset)
        # What is written may be lost when the power goes before the sync is done.
        self._count()
        first, last = offset // PAGE * PAGE, -(-(offset + len(data)) // PAGE) * PAGE
        self._keep(descriptor, first, last)

    def sync(self, descriptor: int) -> None:
        self._count()
        self._keep(descriptor, 0, os.fstat(descriptor).st_size)

    def truncate(self, descriptor: int, length: int) -> None:
        self._count()
        super().truncate(descriptor, length)

    def rename(self, old: Path, new: Path) -> None:
        self._count()
        super().rename(old, new)
        self._names[new] = old
        self._paths = {inode: new if path == old else path for inode, path in self._paths.items()}

    def sync_path(self, path: Path) -> None:
        self._count()
        self._names = {new: old for new, old in self._names.items() if new.parent != path}

    def wake_up(self, dice: Random) -> None:
        """Leave in each file, and of the names, only what survived. Locks are gone."""
        for descriptor in self._open:
            super().close(descriptor)
        for inode, path in self._paths.items():
            whole = path.read_bytes()
            durable = self._durable[inode].ljust(len(whole), b"\0")
            for start in range(0, len(whole), PAGE):
                if dice.random() < 0.5:
                    durable[start : start + PAGE] = whole[start : start + PAGE]
            path.write_bytes(durable[: len(whole)])
        for new, old in self._names.items():
            if dice.random() < 0.5:
                new.rename(old)

    def _keep(self, descriptor: int, first: int, last: int) -> None:
        inode = os.fstat(descriptor).st_ino
        data = self._paths[inode].read_bytes()
        kept = self._durable[inode]
        if len(kept) < len(data):
            kept.extend(bytes(len(data) - len(kept)))
        kept[first:last] = data[first:last]
