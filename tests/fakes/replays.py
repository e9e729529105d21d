# SPDX-License-Identifier: Apache-2.0
"""A replay table of one process, with random bytes that are the same each time."""

import random
from contextlib import nullcontext

from stillwatch.access.binding.replay import ReplayTable, size_of


def small_table(buckets: int = 64, seed: int = 7) -> ReplayTable:
    """A fresh table in this process's memory."""
    chance = random.Random(seed)  # noqa: S311 - tests want the same each time
    return ReplayTable(memoryview(bytearray(size_of(buckets))), lock=lambda _: nullcontext(), entropy=chance.randbytes)
