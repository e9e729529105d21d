# SPDX-License-Identifier: Apache-2.0
"""How long this machine's disk takes to keep a promise: the floor under every durable record."""

import os
import statistics
import time
from pathlib import Path

WRITES = 100
BYTES = 2_048


def durable_write_ms(folder: Path) -> float:
    """Give the median time of one small write that returns when it is durable, over space that is there already."""
    path = folder / "durable"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.pwrite(descriptor, bytes(WRITES * BYTES), 0)
        os.fsync(descriptor)
        took = []
        for number in range(WRITES):
            began = time.perf_counter()
            os.pwritev(descriptor, [b"x" * BYTES], number * BYTES, os.RWF_DSYNC)
            took.append((time.perf_counter() - began) * 1e3)
    finally:
        os.close(descriptor)
        path.unlink()
    return statistics.median(took)
