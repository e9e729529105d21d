# SPDX-License-Identifier: Apache-2.0
"""The open streams of all accounts: one for most, two for those that mix (see ``detection.cells``)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.detection.cells import NONE
from stillwatch.detection.census import Census
from stillwatch.detection.content import Floats

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

NEWCOMER_EXCHANGES = 3
"""Exchanges from which a stream can join a group, though not be compared with others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Sums over the exchanges of S streams."""

    rows: Ints
    """Their accounts' rows in the census. Shape (S,)."""
    key: Ints
    """What names a stream for good: twice the row, and one more where it is the cell. Shape (S,)."""
    count: Doubles
    first: Doubles
    last: Doubles
    square: Doubles
    """How many exchanges, the first and last instant in seconds, and the sum of the squared lengths of their vectors.
    Shape (S,)."""
    content: Floats
    """Sum of the content vectors. Shape (S, D)."""


def open_streams(census: Census, least: int, *, fewest: float = 0.0, among: Ints | None = None) -> Streams:
    """Give every account's open stream, and both streams of those whose cell holds at least ``least`` exchanges.

    What is not in the cell keeps the account's first and last instant: its own are not remembered.

    Args:
        census: Everybody.
        least: Exchanges from which a cell is told apart.
        fewest: Exchanges below which a stream is left out.
        among: Keys of the streams asked for; None for all of them.
    """
    size = len(census)
    cells = census.cells.of(np.arange(size))
    is_split = cells != NONE
    is_split[is_split] = census.cells.count[cells[is_split]] >= least
    split = np.flatnonzero(is_split)
    count = census.count[:size].copy()
    count[split] -= census.cells.count[cells[split]]
    rows, split = np.flatnonzero(count >= fewest), split[census.cells.count[cells[split]] >= fewest]
    if among is not None:
        is_asked = np.zeros(2 * size, np.bool_)
        is_asked[among] = True
        rows, split = rows[is_asked[2 * rows]], split[is_asked[2 * split + 1]]
    square, content = census.square[rows], census.content[rows]
    of_rest, at_rest = cells[rows[is_split[rows]]], np.flatnonzero(is_split[rows])
    square[at_rest] -= census.cells.square[of_rest]
    content[at_rest] -= census.cells.content[of_rest]
    of_split = cells[split]
    return Streams(
        rows=np.concatenate((rows, split)),
        key=np.concatenate((2 * rows, 2 * split + 1)),
        count=np.concatenate((count[rows], census.cells.count[of_split])),
        first=np.concatenate((census.first[rows], census.cells.first[of_split])),
        last=np.concatenate((census.last[rows], census.cells.last[of_split])),
        square=np.concatenate((square, census.cells.square[of_split])),
        content=np.concatenate((content, census.cells.content[of_split])),
    )
