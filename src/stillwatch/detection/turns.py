# SPDX-License-Identifier: Apache-2.0
"""Whose turn it is to be looked at, where there are more streams than one pass can compare with each other.

All streams that can be compared are parted into as many parts of like size as are needed, and each pass looks at one
part. When all have had their turn, they are parted anew. What talks alike must be looked at together, so the streams
are halved by where they lie along the direction in which they differ most, and the halves again. A direction is only
followed roughly, from a beginning drawn anew for each round: a source that one round cuts in two the next one leaves
whole. The streams of a known campaign are never cut: they go where their common direction goes.

Symbols: S streams, U units (a stream, or all those of one campaign), D dimensions.
"""

from collections import deque
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from stillwatch.detection.census import Census
from stillwatch.detection.content import Floats
from stillwatch.detection.settings import DetectionSettings
from stillwatch.detection.streams import NEWCOMER_EXCHANGES, Streams, open_streams

Ints = npt.NDArray[np.int64]

STEPS = 3
"""Steps of the power method that a direction is followed for."""


class Turns:
    """The parts whose turn is still to come."""

    def __init__(self, settings: DetectionSettings) -> None:
        self._settings = settings
        self._rounds = 0
        self._waiting: deque[Ints] = deque()

    def next(self, census: Census, homes: Mapping[int, object]) -> Ints | None:
        """Give the keys of the streams whose turn it is; None where all of them can be looked at.

        Args:
            census: Everybody.
            homes: The campaign of each account that has one, by its row in the census.
        """
        if not self._waiting:
            streams = open_streams(census, self._settings.minimum_exchanges, fewest=NEWCOMER_EXCHANGES)
            count = -(-len(streams.rows) // self._settings.accounts_a_pass)
            if count <= 1:
                return None
            draw = np.random.default_rng((self._settings.seed, self._rounds, 0x7042))
            self._rounds += 1
            self._waiting.extend(parted(streams, census.space.centre(), homes, count=count, draw=draw))
        return self._waiting.popleft()


def parted(
    streams: Streams, centre: Floats, homes: Mapping[int, object], *, count: int, draw: np.random.Generator
) -> list[Ints]:
    """Part streams by what they talk about.

    Args:
        streams: The streams.
        centre: The population's mean vector. Shape (D,).
        homes: The campaign of each account that has one, by its row in the census.
        count: How many parts, at least 1.
        draw: The source of chance.

    Returns:
        The keys of each part's streams. Parts are of like size, as far as campaigns can be left whole.

    Cost:
        S times D for each doubling of the parts.
    """
    towards = streams.content / streams.count[:, None].astype(np.float32) - centre
    towards /= np.maximum(np.linalg.norm(towards, axis=1), 1e-9)[:, None]
    unit = _units(streams.rows, homes)
    order = np.argsort(unit, kind="stable")
    begins = np.flatnonzero(np.diff(unit[order], prepend=-1))
    sizes = np.diff(begins, append=len(order))
    summed = np.add.reduceat(towards[order], begins, axis=0)
    summed /= np.maximum(np.linalg.norm(summed, axis=1), 1e-9)[:, None]
    part = np.zeros(len(begins), np.int64)
    _cut(summed, sizes, np.arange(len(begins)), part, first=0, count=count, draw=draw)
    of_stream = np.repeat(part, sizes)
    return [streams.key[order[of_stream == one]] for one in range(count) if (of_stream == one).any()]


def _units(rows: Ints, homes: Mapping[int, object]) -> Ints:
    """Number the units: each stream by itself, and all streams of one campaign's accounts together. Shape (S,)."""
    names: dict[int, int] = {}
    unit = np.arange(len(rows))
    at_home = np.flatnonzero(np.isin(rows, np.fromiter(homes, np.int64, len(homes))))
    for at in at_home.tolist():
        unit[at] = names.setdefault(id(homes[int(rows[at])]), at)
    return unit


def _cut(
    towards: Floats, sizes: Ints, units: Ints, part: Ints, *, first: int, count: int, draw: np.random.Generator
) -> None:
    """Number the parts of some units from ``first`` on, halving them again and again.

    Args:
        towards: Directions of all units. Shape (U, D).
        sizes: How many streams each is. Shape (U,).
        units: Which to part.
        part: Receives the number of each unit's part. Shape (U,).
        first: The first number.
        count: How many parts.
        draw: The source of chance.
    """
    if count <= 1 or len(units) <= 1:
        part[units] = first
        return
    own = towards[units]
    own -= own.mean(axis=0)
    axis: Floats = draw.standard_normal((own.shape[1], 1), np.float32)
    for _ in range(STEPS):
        axis = own.T @ (own @ axis)
        axis /= max(float(np.linalg.norm(axis)), 1e-9)
    order = np.argsort((own @ axis)[:, 0], kind="stable")
    lower = count // 2
    reached = np.cumsum(sizes[units[order]]) - sizes[units[order]] / 2.0
    is_lower = reached <= float(sizes[units].sum()) * lower / count
    # The cut must leave somebody on both sides.
    is_lower[0], is_lower[-1] = True, False
    _cut(towards, sizes, units[order[is_lower]], part, first=first, count=lower, draw=draw)
    _cut(towards, sizes, units[order[~is_lower]], part, first=first + lower, count=count - lower, draw=draw)
