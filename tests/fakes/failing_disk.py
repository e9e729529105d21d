# SPDX-License-Identifier: Apache-2.0
"""A real disk that fails, or stops the process, at a step of one's choice."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any

from stillwatch.ledger.adapters.disk import PosixDisk

CHANGING = ("create", "allocate", "write", "write_durably", "sync", "truncate", "rename", "remove", "sync_path")
"""Steps that change something, or promise that it has changed."""


class Fail(Enum):
    """How a step fails."""

    LOST = "nothing of it happened"
    LANDED = "it happened, but its answer was an error"


class FailingDisk:
    """A ``Disk`` that does the real thing until a step is to fail.

    Attributes:
        steps: The changing steps that were taken, by name, since the disk was made.
        free: What ``free_bytes`` answers; None for the truth.
    """

    def __init__(self) -> None:
        self._real = PosixDisk()
        self._plan: Callable[[int, str], Fail | None] = lambda _number, _name: None
        self._stop_at: tuple[int, Fail] | None = None
        self._error = errno.EIO
        self.steps: list[str] = []
        self.free: int | None = None

    def fail_step(self, number: int, how: Fail, *, error: int = errno.EIO) -> None:
        """Fail the step of that number, counted from the disk's making, and no other."""
        self._error = error
        self._plan = lambda at, _name: how if at == number else None

    @contextmanager
    def failing(self, *names: str, how: Fail = Fail.LOST, error: int = errno.ENOSPC) -> Iterator[None]:
        """Fail every step of these names (all of them where none is named) while the context lasts."""
        self._error = error
        self._plan = lambda _number, name: how if not names or name in names else None
        try:
            yield
        finally:
            self._plan = lambda _number, _name: None

    def stop_process_at(self, number: int, how: Fail) -> None:
        """End the process, as SIGKILL would, before (lost) or after (landed) the step of that number."""
        self._stop_at = (number, how)

    def _step(self, name: str, *args: Any) -> Any:
        number = len(self.steps)
        self.steps.append(name)
        how = self._plan(number, name)
        if how is Fail.LOST:
            raise OSError(self._error, os.strerror(self._error))
        if self._stop_at == (number, Fail.LOST):
            os._exit(9)
        result = getattr(self._real, name)(*args)
        if self._stop_at == (number, Fail.LANDED):
            os._exit(9)
        if how is Fail.LANDED:
            raise OSError(self._error, os.strerror(self._error))
        return result

    def create(self, path: Path) -> int:
        descriptor: int = self._step("create", path)
        return descriptor

    def lock(self, descriptor: int) -> None:
        self._real.lock(descriptor)

    def allocate(self, descriptor: int, offset: int, length: int) -> None:
        self._step("allocate", descriptor, offset, length)

    def write(self, descriptor: int, data: bytes, offset: int) -> None:
        self._step("write", descriptor, data, offset)

    def write_durably(self, descriptor: int, data: bytes, offset: int) -> None:
        self._step("write_durably", descriptor, data, offset)

    def sync(self, descriptor: int) -> None:
        self._step("sync", descriptor)

    def truncate(self, descriptor: int, length: int) -> None:
        self._step("truncate", descriptor, length)

    def close(self, descriptor: int) -> None:
        self._real.close(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        self._step("rename", old, new)

    def remove(self, path: Path) -> None:
        self._step("remove", path)

    def remove_tree(self, path: Path) -> None:
        self._real.remove_tree(path)

    def sync_path(self, path: Path) -> None:
        self._step("sync_path", path)

    def make_folders(self, path: Path) -> None:
        self._real.make_folders(path)

    def free_bytes(self, path: Path) -> int:
        return self._real.free_bytes(path) if self.free is None else self.free
