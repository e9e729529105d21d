# SPDX-License-Identifier: Apache-2.0
"""A log's reduced tables, cut into windows and given to an engine in order, as they would have become known live."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pyarrow as pa

from stillwatch.detection.engine import Engine
from stillwatch.detection.relations.interface import SCHEMAS
from stillwatch.detection.relations.reduction import Batches, Reduced
from stillwatch.detection.window import Window
from stillwatch.records.finding import Findings

SILENT_WINDOWS = 48
"""Windows without a row that are made in a silence; then the clock jumps to the next row, since nothing can change."""


def windows(reduced: Reduced, *, cadence_us: int) -> Iterator[Window]:
    """Give the windows in order, from the first that holds a row to the last, the silent ones in between included.

    Args:
        reduced: Read side by side, as far as the windows are taken.
        cadence_us: A window's length, the one it was reduced with.
    """
    cuts = {name: _Cut(name, getattr(reduced, name)) for name in _TABLES}
    end_us: int | None = None
    while held := [cut.next_us for cut in cuts.values() if cut.next_us is not None]:
        next_us = min(held)
        if end_us is not None:
            silent = (next_us - end_us) // cadence_us - 1
            for number in range(1, min(silent, SILENT_WINDOWS) + 1):
                yield _window(cuts, end_us + number * cadence_us)
        end_us = next_us
        yield _window(cuts, end_us)


def replay(
    engine: Engine, given: Iterable[Window], *, progress: Callable[[int], None] = lambda _seen: None
) -> tuple[Findings, int]:
    """Give an engine windows in order, with a pass at the end of each.

    Args:
        engine: Takes them in.
        given: Windows in order of their ends.
        progress: Called after each pass with the exchanges seen so far.

    Returns:
        What the last pass found, and how many passes there were.
    """
    now_us, passes = 0, 0
    for window in given:
        engine.absorb(window)
        now_us = window.end_us
        engine.look(now_us)
        passes += 1
        progress(engine.observed)
    return engine.findings(now_us), passes


_TABLES = ("activity", "postings", "firsts", "systems", "lessons")


def _window(cuts: dict[str, "_Cut"], end_us: int) -> Window:
    return Window(end_us=end_us, **{name: cut.take(end_us) for name, cut in cuts.items()})


class _Cut:
    """One table's stream, cut where a window ends."""

    def __init__(self, name: str, batches: Batches) -> None:
        self._schema = SCHEMAS[name]
        self._batches = batches
        self._batch = pa.RecordBatch.from_pylist([], self._schema)
        self._ends = np.zeros(0, np.int64)
        self.next_us: int | None = None
        """The window of the first row that was not taken; None where there is none."""
        self._advance()

    def take(self, end_us: int) -> pa.Table:
        """Give the rows of the windows up to one."""
        taken = []
        while self.next_us is not None and self.next_us <= end_us:
            count = int(np.searchsorted(self._ends, end_us, side="right"))
            taken.append(self._batch.slice(0, count))
            self._batch, self._ends = self._batch.slice(count), self._ends[count:]
            self._advance()
        return pa.Table.from_batches(taken, self._schema)

    def _advance(self) -> None:
        while not len(self._ends):
            batch = next(self._batches, None)
            if batch is None:
                self.next_us = None
                return
            self._batch, self._ends = batch, batch["window_us"].to_numpy()
        self.next_us = int(self._ends[0])
