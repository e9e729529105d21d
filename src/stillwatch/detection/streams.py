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


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Sums over the exchanges of S streams."""

    rows: Ints
    """Their accounts' rows in the census. Shape (S,)."""
    count: Doubles
    first: Doubles
    last: Doubles
    square: Doubles
    """How many exchanges, the first and last instant in seconds, and the sum of the squared lengths of their vectors.
    Shape (S,)."""
    content: Floats
    """Sum of the content vectors. Shape (S, D)."""

    def take(self, at: Ints) -> "Streams":
        """Some of the streams."""
        return Streams(
            rows=self.rows[at],
            count=self.count[at],
            first=self.first[at],
            last=self.last[at],
            square=self.square[at],
            content=self.content[at],
        )


def open_streams(census: Census, least: int) -> Streams:
    """Give every account's open stream, and both streams of those whose cell holds at least ``least`` exchanges.

    What is not in the cell keeps the account's first and last instant: its own are not remembered.
    """
    rows = np.arange(len(census))
    cells = census.cells.of(rows)
    split = np.flatnonzero(cells != NONE)
    split = split[census.cells.count[cells[split]] >= least]
    of_split = cells[split]
    count, square, content = census.count[rows], census.square[rows], census.content[rows]
    count[split] -= census.cells.count[of_split]
    square[split] -= census.cells.square[of_split]
    content[split] -= census.cells.content[of_split]
    return Streams(
        rows=np.concatenate((rows, split)),
        count=np.concatenate((count, census.cells.count[of_split])),
        first=np.concatenate((census.first[rows], census.cells.first[of_split])),
        last=np.concatenate((census.last[rows], census.cells.last[of_split])),
        square=np.concatenate((square, census.cells.square[of_split])),
        content=np.concatenate((content, census.cells.content[of_split])),
    )
