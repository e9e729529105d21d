# SPDX-License-Identifier: Apache-2.0
"""The second stream of an account that has two: what it sends under a system prompt which strangers use too.

Whoever resells an account's idle hours, or hides a harvest among borrowed conversations, mixes two streams whose common
mean resembles neither. The skeleton of the system prompt tells them apart: an account's *cell* is what it sends under
the first shared skeleton it used, and the rest is everything else it sends in the open. Most accounts have one stream
only and hold no cell, so memory goes to those that mix.

Symbols: A accounts, K cells, N exchanges, D dimensions.
"""

import numpy as np
import numpy.typing as npt

from stillwatch.detection.content import DIMENSIONS, Floats
from stillwatch.detection.growing import Shapes, grow

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NONE = -1


class Cells:
    """Sums over the exchanges of each cell, one row a cell."""

    def __init__(self) -> None:
        self._size = 0
        self._system = np.zeros(0, np.int64)
        self._of_account = np.zeros(0, np.int64)
        self._allocate(64)

    count: Doubles
    first: Doubles
    last: Doubles
    square: Doubles
    """How many exchanges, the first and last instant, and the sum of the squared lengths of the vectors. Shape (K,)."""
    content: Floats
    """Sum of the content vectors. Shape (K, D)."""

    def __len__(self) -> int:
        return self._size

    def of(self, rows: Ints) -> Ints:
        """Give the cell of each account, by its row in the census; ``NONE`` where it has a single stream."""
        self._enrol(rows)
        cells: Ints = self._of_account[rows]
        return cells

    def systems(self, rows: Ints) -> Ints:
        """Give the first shared skeleton that each account used in the open; 0 where it has used none."""
        self._enrol(rows)
        systems: Ints = self._system[rows]
        return systems

    def choose(self, rows: Ints, systems: Ints, counts: Doubles) -> tuple[Bools, Ints, Bools]:
        """Sort a window's exchanges into cell and rest, and make the cells that are needed from now on.

        Args:
            rows: The account of each exchange, in order of time. Shape (N,).
            systems: The hash of its system prompt's skeleton, 0 where it has none. Shape (N,).
            counts: Exchanges of each account's open stream before this window. Shape (A,).

        Returns:
            Which exchanges belong to their account's cell, shape (N,); the accounts whose cell is new, and which of
            these have had nothing but the cell's stream so far, so that all of the past goes into it.
        """
        self._enrol(rows)
        active = np.unique(rows)
        knew_system = self._system[active] != 0
        named = np.flatnonzero((systems != 0) & (self._system[rows] == 0))
        # The first of each account decides: later assignments come first and are overwritten.
        self._system[rows[named[::-1]]] = systems[named[::-1]]
        inside = (systems != 0) & (systems == self._system[rows])
        had_some = counts[active] > 0
        some = np.zeros((2, len(active)), np.bool_)
        at = np.searchsorted(active, rows)
        some[0, at[inside]] = True
        some[1, at[~inside]] = True
        some[0] |= knew_system & had_some
        some[1] |= ~knew_system & had_some
        is_new = some.all(axis=0) & (self._of_account[active] == NONE)
        made = active[is_new]
        self._make(made)
        return inside, made, knew_system[is_new]

    def add(self, rows: Ints, at_s: Doubles, vectors: Floats) -> None:
        """Add exchanges to the cells of their accounts; those whose account has none are passed over.

        Args:
            rows: The account of each. Shape (N,).
            at_s: Its instant, seconds since the epoch. Shape (N,).
            vectors: Its content. Shape (N, D).
        """
        cells = self._of_account[rows]
        some = cells != NONE
        cells, at_s, vectors = cells[some], at_s[some], vectors[some]
        np.add.at(self.content, cells, vectors)
        np.add.at(self.square, cells, np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64))
        np.add.at(self.count, cells, 1.0)
        np.minimum.at(self.first, cells, at_s)
        np.maximum.at(self.last, cells, at_s)

    def begin_anew(self, rows: Ints) -> None:
        """Forget what some accounts' cells hold."""
        cells = self.of(rows)
        cells = cells[cells != NONE]
        self.count[cells] = self.square[cells] = self.content[cells] = 0.0
        self.first[cells], self.last[cells] = np.inf, -np.inf

    def _enrol(self, rows: Ints) -> None:
        missing = int(rows.max(initial=-1)) + 1 - len(self._system)
        if missing > 0:
            missing = max(missing, len(self._system), 256)
            self._system = np.concatenate((self._system, np.zeros(missing, np.int64)))
            self._of_account = np.concatenate((self._of_account, np.full(missing, NONE, np.int64)))

    def _make(self, accounts: Ints) -> None:
        needed = self._size + len(accounts)
        if needed > len(self.count):
            self._allocate(max(needed, 2 * self._size))
        self._of_account[accounts] = np.arange(self._size, needed)
        self._size = needed

    def _allocate(self, cells: int) -> None:
        shapes: Shapes = {
            "count": ((), np.float64, 0),
            "first": ((), np.float64, np.inf),
            "last": ((), np.float64, -np.inf),
            "square": ((), np.float64, 0),
            "content": ((DIMENSIONS,), np.float32, 0),
        }
        grow(self, shapes, cells, used=self._size)
