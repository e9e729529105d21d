# SPDX-License-Identifier: Apache-2.0
"""Remembers what must be used once only, for all workers of one host, in memory that they share.

What a worker has accepted, no other accepts again: they look it up and note it under one lock. The memory belongs to
the parent of the workers: a worker that is started again finds it as it was. When the parent starts, it begins empty,
under a new *epoch*: a secret that nonces are made with, so that no nonce of before holds, and what was signed with one
cannot come again. What comes without a nonce must be younger than the epoch (``floor_us``).

A clock that is set back would let entries be forgotten too soon. So the latest time seen is kept beside them, and where
the clock falls behind it a new epoch begins.

Nothing is ever dropped for want of room: where there is none, the answer is ``FULL``, and the request must be refused.
"""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import Enum
from struct import Struct
from typing import Final

_HEADER: Final = 64
_SLOT: Final = 24
"""16 bytes of a keyed hash, and the instant until which it counts."""
_SLOTS: Final = 32
"""Slots of a bucket. With half of the table in use, a full bucket is a matter of one in a hundred thousand."""
_BUCKET: Final = _SLOT * _SLOTS
_UNTILS: Final = Struct("<" + "16xQ" * _SLOTS)
_US: Final = 1_000_000

SLACK_US: Final = 5 * _US
"""By how much the clock may be set back, or differ, without a new epoch. Everything is remembered longer by as much."""
_NOTED_EVERY_US: Final = 100_000


def size_of(buckets: int) -> int:
    """Bytes that a table takes."""
    return _HEADER + buckets * _BUCKET


class Claim(Enum):
    """What came of a claim."""

    NEW = "new"
    SEEN = "seen"
    FULL = "full"


class ReplayTable:
    """A hash table of fixed size in shared memory.

    Args:
        memory: As many bytes as ``size_of`` says, all zero where the table is new.
        lock: Gives a lock over a number, from 0 to the number of buckets, that holds among all who share the memory.
        entropy: Gives so many random bytes.
    """

    def __init__(
        self,
        memory: memoryview,
        *,
        lock: Callable[[int], AbstractContextManager[object]],
        entropy: Callable[[int], bytes],
    ) -> None:
        self._memory = memory
        self._buckets = (len(memory) - _HEADER) // _BUCKET
        if self._buckets < 1 or len(memory) != size_of(self._buckets):
            raise ValueError("the memory of a replay table has the wrong size")
        self._lock = lock
        self._entropy = entropy
        with lock(self._buckets):
            if not any(memory[:32]):
                memory[:32] = entropy(32)
        # The hash is keyed: nobody outside can choose names that fall into one bucket.
        self._salt = bytes(memory[:16])

    def epoch(self, now_us: int) -> bytes:
        """The epoch's secret, 16 bytes. A new epoch begins where the clock has been set back."""
        latest_us = self._number(32)
        if now_us > latest_us + _NOTED_EVERY_US:
            self._put(32, now_us)
            if latest_us == 0:
                self._put(40, now_us)
        elif now_us < latest_us - SLACK_US:
            self._begin_again(now_us)
        return bytes(self._memory[16:32])

    def floor_us(self, now_us: int) -> int:
        """The instant before which nothing counts that was made without this epoch's nonce."""
        self.epoch(now_us)
        return self._number(40)

    def claim(self, name: bytes, *, until_us: int, now_us: int) -> Claim:
        """Use a name up.

        Args:
            name: What may come once: the kind of thing, who made it, its id.
            until_us: From when on it is refused for its age, so that it can be forgotten.
            now_us: The instant.
        """
        self.epoch(now_us)
        digest = hashlib.blake2b(name, digest_size=16, key=self._salt).digest()
        number = int.from_bytes(digest[:4], "little") % self._buckets
        base = _HEADER + number * _BUCKET
        with self._lock(number):
            bucket = bytes(self._memory[base : base + _BUCKET])
            untils_us = _UNTILS.unpack(bucket)
            at = bucket.find(digest)
            while at >= 0:
                if at % _SLOT == 0 and untils_us[at // _SLOT] > now_us:
                    return Claim.SEEN
                at = bucket.find(digest, at + 1)
            for slot, until in enumerate(untils_us):
                if until <= now_us:
                    free = base + slot * _SLOT
                    self._memory[free : free + _SLOT] = digest + (until_us + SLACK_US).to_bytes(8, "little")
                    return Claim.NEW
        return Claim.FULL

    def _begin_again(self, now_us: int) -> None:
        with self._lock(self._buckets):
            latest_us = self._number(32)
            # Another worker may have done so in the meantime.
            if now_us < latest_us - SLACK_US:
                self._memory[16:32] = self._entropy(16)
                self._put(40, latest_us)
                self._put(32, now_us)

    def _number(self, at: int) -> int:
        return int.from_bytes(self._memory[at : at + 8], "little")

    def _put(self, at: int, number: int) -> None:
        self._memory[at : at + 8] = number.to_bytes(8, "little")
