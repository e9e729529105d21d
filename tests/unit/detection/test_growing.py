# SPDX-License-Identifier: Apache-2.0
import numpy as np

from stillwatch.detection.growing import Shapes, grow

SHAPES: Shapes = {"when": ((), np.float64, np.inf), "sums": ((2,), np.float32, 0)}


class _Holder:
    when: np.ndarray[tuple[int], np.dtype[np.float64]]
    sums: np.ndarray[tuple[int, int], np.dtype[np.float32]]


def test_what_is_there_stays_and_the_rest_is_empty() -> None:
    holder = _Holder()
    grow(holder, SHAPES, 2, used=0)
    holder.when[0], holder.sums[0] = 7.0, (1.0, 2.0)
    grow(holder, SHAPES, 5, used=1)
    assert holder.when.tolist() == [7.0, *[np.inf] * 4]
    assert holder.sums.tolist() == [[1.0, 2.0], *[[0.0, 0.0]] * 4]


def test_somebody_else_who_looks_at_an_array_keeps_what_he_sees() -> None:
    holder = _Holder()
    grow(holder, SHAPES, 2, used=0)
    holder.when[:] = 7.0
    seen = holder.when[:1]
    grow(holder, SHAPES, 4, used=2)
    holder.when[0] = 8.0
    assert seen.tolist() == [7.0]
