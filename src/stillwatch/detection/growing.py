# SPDX-License-Identifier: Apache-2.0
"""Arrays that grow by rows, several at once, as attributes of whoever holds them."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Shapes: TypeAlias = dict[str, tuple[tuple[int, ...], type, float]]
"""For each array by its name: the shape of one row, the type, and what an empty row holds."""


def grow(holder: object, shapes: Shapes, rows: int, *, used: int) -> None:
    """Make room for ``rows`` rows in each array, keeping what is there.

    Args:
        holder: Has the arrays as attributes, or has none yet.
        shapes: Which arrays.
        rows: At least as many as there are.
        used: Rows that hold something; the others are made empty.
    """
    for name, (tail, kind, blank) in shapes.items():
        grown = _grown(holder.__dict__.pop(name, None), (rows, *tail), kind)
        if blank:
            grown[used:] = blank
        setattr(holder, name, grown)


def _grown(array: npt.NDArray[Any] | None, shape: tuple[int, ...], kind: type) -> npt.NDArray[Any]:
    """Give an array more rows of zeros, where possible in its place: a copy would need all of its memory again."""
    if array is None:
        return np.zeros(shape, kind)
    try:
        array.resize(shape)
    except ValueError:  # somebody else looks at it
        copied: npt.NDArray[Any] = np.zeros(shape, kind)
        copied[: len(array)] = array
        return copied
    return array
