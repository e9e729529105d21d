# SPDX-License-Identifier: Apache-2.0
"""Where the time comes from: the machine, or a rehearsal's memory-mapped file."""

import mmap
import time
from pathlib import Path
from typing import Self

from stillwatch.gateway.interface import NowUs
from stillwatch.settings import ClockSettings

_BYTES = 8


def wall_now_us() -> int:
    """The machine's clock, microseconds since the epoch."""
    return time.time_ns() // 1000


class FileClock:
    """The data's clock: eight bytes that a rehearsal writes and every process of the gateway reads.

    An aligned eight-byte store is atomic on every platform Python runs on, so readers need no lock.
    """

    def __init__(self, path: Path, *, writable: bool = False) -> None:
        if writable and not path.exists():
            path.write_bytes(bytes(_BYTES))
        with path.open("r+b" if writable else "rb") as file:
            access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
            self._map = mmap.mmap(file.fileno(), _BYTES, access=access)
        # A view of one native integer is read and written in a single store, unlike a slice of bytes.
        self._cell = memoryview(self._map).cast("q")

    def now_us(self) -> int:
        """The data's present, microseconds since the epoch."""
        return self._cell[0]

    def set(self, now_us: int) -> None:
        """Move the clock. It never goes back: an earlier instant is ignored."""
        self._cell[0] = max(self._cell[0], now_us)

    def close(self) -> None:
        """Let go of the file."""
        self._cell.release()
        self._map.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_clock(settings: ClockSettings) -> NowUs:
    """The clock the settings name."""
    return wall_now_us if settings.file is None else FileClock(settings.file).now_us
