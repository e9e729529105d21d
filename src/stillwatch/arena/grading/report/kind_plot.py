# SPDX-License-Identifier: Apache-2.0
"""Benign accounts flagged, by kind, with what cannot be ruled out."""

from collections.abc import Sequence

from stillwatch.arena.grading.grade import pooled
from stillwatch.arena.grading.point import Point
from stillwatch.arena.grading.report.svg import Scale, circle, line, picture, text
from stillwatch.stats.intervals import Rate

WIDTH, _ROW, _LEFT, _RIGHT, _HEAD, _FOOT = 1_000.0, 25.0, 150.0, 300.0, 28.0, 26.0
_TICK = 34.0
"""Room that a tick's figure needs."""


def by_kind(points: Sequence[Point]) -> list[tuple[str, Rate, Rate]]:
    """Every kind with those contained and those contained or watched; all kinds together first."""
    kinds = sorted({kind for point in points for kind in point.score.contained_by_kind})
    every = [
        (
            "all benign",
            pooled([point.score.false_contained for point in points]),
            pooled([point.score.false_noticed for point in points]),
        )
    ]
    for kind in kinds:
        there = [point.score for point in points if kind in point.score.contained_by_kind]
        every.append(
            (
                kind,
                pooled([score.contained_by_kind[kind] for score in there]),
                pooled([score.noticed_by_kind[kind] for score in there]),
            )
        )
    return every


def kind_plot(points: Sequence[Point]) -> str:
    """A row for each kind: two dots with two-sided bounds, and the figures beside them."""
    rows = by_kind(points)
    # A square root spreads the small rates that matter.
    top = max(0.05, *(max(contained.high, noticed.high) for _, contained, noticed in rows))
    scale = Scale(0, top**0.5, _LEFT, WIDTH - _RIGHT)
    bottom = _HEAD + _ROW * len(rows)
    columns = (WIDTH - _RIGHT + 110, WIDTH - _RIGHT + 200, WIDTH - 4)
    shapes = [
        text(columns[0], 14, "contained", "axis strong", anchor="end"),
        text(columns[1], 14, "at most", "axis strong", anchor="end"),
        text(columns[2], 14, "or watched", "axis strong", anchor="end"),
    ]
    for share in (0.0, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0):
        # The second tick has room only where the scale is short.
        if share <= top and (share != 0.001 or scale(share**0.5) - scale(0) > _TICK):
            x = scale(share**0.5)
            shapes.append(line(x, _HEAD - 4, x, bottom, "grid"))
            shapes.append(
                text(x, bottom + 16, f"{share:.1%}" if 0 < share < 0.01 else f"{share:.0%}", "tick", anchor="middle")
            )
    for number, (kind, contained, noticed) in enumerate(rows):
        y = _HEAD + _ROW * number + _ROW / 2
        shapes.append(text(_LEFT - 14, y + 4, kind, "label strong" if not number else "label", anchor="end"))
        differs = noticed.count > contained.count
        shapes += _interval(scale, contained, y - 4 * differs, "bad", f"{kind}: contained")
        if differs:
            shapes += _interval(scale, noticed, y + 4, "noticed", f"{kind}: contained or watched")
        shapes.append(text(columns[0], y + 4, f"{contained.count} of {contained.of:,}", "value", anchor="end"))
        shapes.append(text(columns[1], y + 4, f"{contained.at_most:.2%}", "value", anchor="end"))
        shapes.append(text(columns[2], y + 4, f"{noticed.count}", "value", anchor="end"))
    return picture(WIDTH, bottom + _FOOT, shapes, label="Benign accounts flagged, by kind")


def _interval(scale: Scale, rate: Rate, y: float, css: str, words: str) -> list[str]:
    title = f"{words} {rate.count} of {rate.of}, 95 % between {rate.low:.2%} and {rate.high:.2%}"
    return [
        line(scale(rate.low**0.5), y, scale(rate.high**0.5), y, f"whisker {css}"),
        circle(scale(rate.value**0.5), y, 3, f"dot {css}", title=title),
    ]
