# SPDX-License-Identifier: Apache-2.0
"""Memory that a process shares with those it forks, and locks over parts of it that end with their holder."""

import fcntl
import mmap
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from stillwatch.access.binding.replay import ReplayTable, size_of
from stillwatch.errors import Unavailable

BUCKETS = 32_768
"""A million entries in 25 MB: 8,000 signed requests a second for the two minutes that each may be remembered."""


def share_replay_table(buckets: int = BUCKETS) -> ReplayTable:
    """A new table in anonymous memory. Every process forked from now on has the same one.

    Raises:
        Unavailable: There is no memory for it.
    """
    try:
        file = os.memfd_create("stillwatch-replay")
        os.ftruncate(file, size_of(buckets))
        memory = memoryview(mmap.mmap(file, size_of(buckets)))
    except OSError as error:
        raise Unavailable(f"No memory could be had for used proofs: {error.strerror}.") from error

    @contextmanager
    def locked(number: int) -> Iterator[None]:
        # The kernel lets go of a record lock when its holder dies: a killed worker stops nobody.
        fcntl.lockf(file, fcntl.LOCK_EX, 1, number)
        try:
            yield
        finally:
            fcntl.lockf(file, fcntl.LOCK_UN, 1, number)

    return ReplayTable(memory, lock=locked, entropy=secrets.token_bytes)
