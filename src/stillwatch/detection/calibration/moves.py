# SPDX-License-Identifier: Apache-2.0
"""Moves whole blocks of accounts in time, so that nothing between two blocks coincides but by chance.

A block keeps its own order of events, its pauses and its pace, and stays within the log. What is broken is when one
block began, ended and signed up as against another; what they say, how long they live, how fast they ask, and what
they share stay as they are. A block that fills the log from end to end cannot be moved at all.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.detection.calibration.crowd import MOST, Crowd
from stillwatch.detection.relations.interface import OFFSETS

Ints = npt.NDArray[np.int64]

TOLD_APART_US = 36 * 3_600_000_000
"""The farthest apart at which two beginnings still count as one: a block that can be moved by less stays in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How far each block can be moved, in windows. Shape (B,) each."""

    earliest: Ints
    """At most 0."""
    latest: Ints
    """At least 0."""
    cadence_us: int

    def can_move(self) -> npt.NDArray[np.bool_]:
        """True for blocks that can be moved by more than what still counts as one time."""
        able: npt.NDArray[np.bool_] = (self.latest - self.earliest) * self.cadence_us > TOLD_APART_US
        return able

    def draw(self, chance: np.random.Generator) -> Ints:
        """Draw each block's move, every one that it has room for alike. Microseconds, shape (B,)."""
        drawn: Ints = chance.integers(self.earliest, self.latest, endpoint=True) * self.cadence_us
        return drawn


def room_of(crowd: Crowd, *, cadence_us: int) -> Room:
    """Give how far each block can be moved without leaving the log."""
    first, last = np.full(crowd.blocks, MOST), np.zeros(crowd.blocks, np.int64)
    np.minimum.at(first, crowd.block, crowd.first_us)
    np.maximum.at(last, crowd.block, crowd.last_us)
    return Room(
        earliest=-((first - first.min(initial=MOST)) // cadence_us),
        latest=(last.max(initial=0) - last) // cadence_us,
        cadence_us=cadence_us,
    )


def offsets(crowd: Crowd, moved_us: Ints) -> tuple[pa.Table, pa.Table]:
    """Give ``OFFSETS`` of the accounts and of the organisations.

    Args:
        crowd: The accounts.
        moved_us: Each block's move, shape (B,).
    """
    return (
        pa.table([pa.array(crowd.names, pa.string()), pa.array(moved_us[crowd.block], pa.int64())], schema=OFFSETS),
        pa.table(
            [pa.array(crowd.organisations, pa.string()), pa.array(moved_us[crowd.org_block], pa.int64())],
            schema=OFFSETS,
        ),
    )
