# SPDX-License-Identifier: Apache-2.0
"""Numbers as block characters: lines of bars that fit in a terminal."""

from collections.abc import Sequence
from itertools import pairwise

_EIGHTHS = " ▁▂▃▄▅▆▇█"


def resampled(values: Sequence[float], width: int) -> list[float]:
    """Add neighbours together so that at most ``width`` numbers remain.

    Example:
        >>> resampled([1, 2, 3, 4], 2)
        [3, 7]
    """
    if len(values) <= width:
        return list(values)
    edges = [round(index * len(values) / width) for index in range(width + 1)]
    return [sum(values[a:b]) for a, b in pairwise(edges)]


def sparkline(values: Sequence[float], *, top: float | None = None) -> str:
    """One line of bars, an eighth of a line exact; anything above nothing shows.

    Args:
        values: Not negative.
        top: The value of a full bar; the largest value by default.

    Example:
        >>> sparkline([0, 1, 4, 8])
        ' ▁▄█'
    """
    highest = top or max(values, default=0) or 1
    return "".join(_EIGHTHS[0 if v <= 0 else max(1, min(8, round(8 * v / highest)))] for v in values)


def columns(values: Sequence[float], *, height: int, top: float) -> list[str]:
    """Bars several lines high, the uppermost line first.

    Example:
        >>> columns([1, 2, 4], height=2, top=4)
        ['  █', '▄██']
    """
    lines = []
    for row in range(height - 1, -1, -1):
        cells = []
        for value in values:
            eighths = round(8 * height * min(max(value, 0.0), top) / top) - 8 * row
            cells.append(_EIGHTHS[max(0, min(8, eighths))])
        lines.append("".join(cells))
    return lines
