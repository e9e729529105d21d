# SPDX-License-Identifier: Apache-2.0
"""Detection beside the baselines: what each finds, and whom it wrongs, at its own setting and at a limited one."""

from collections.abc import Sequence
from dataclasses import dataclass

from stillwatch.arena.grading.grade import pooled
from stillwatch.arena.grading.point import Point
from stillwatch.arena.grading.report.svg import Scale, circle, line, picture, rect, text
from stillwatch.stats.intervals import Rate

WIDTH, _ROW, _LEFT, _GAP, _RIGHT, _HEAD, _FOOT = 1_000.0, 34.0, 190.0, 60.0, 20.0, 26.0, 26.0

_INSIDE = 0.88
"""A bar longer than this has its figure inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method over all headline runs."""

    name: str
    is_ours: bool
    nominal_recall: Rate
    nominal_false: Rate
    limited_recall: Rate


def methods(points: Sequence[Point]) -> list[Method]:
    """Ours first, at its one setting, then the baselines."""
    ours = pooled([point.score.contained for point in points])
    false = pooled([point.score.false_contained for point in points])
    others = zip(*(point.baselines for point in points), strict=True)
    return [
        Method(name="Stillwatch", is_ours=True, nominal_recall=ours, nominal_false=false, limited_recall=ours),
        *(
            Method(
                name=same[0].name,
                is_ours=False,
                nominal_recall=pooled([one.nominal_recall for one in same]),
                nominal_false=pooled([one.nominal_false for one in same]),
                limited_recall=pooled([one.limited_recall for one in same]),
            )
            for same in others
        ),
    ]


def method_plot(points: Sequence[Point], *, most_false: int) -> str:
    """A row for each method: recall to the right, benign accounts flagged to the far right."""
    found = methods(points)
    middle = _LEFT + (WIDTH - _LEFT - _GAP - _RIGHT) / 2
    recall, false = Scale(0, 1, _LEFT, middle), Scale(0, 1, middle + _GAP, WIDTH - _RIGHT)
    bottom = _HEAD + _ROW * len(found)
    shapes = [
        text(_LEFT, 12, "attackers' accounts found", "axis strong"),
        text(middle + _GAP, 12, "benign accounts flagged, at the method's own setting", "axis strong"),
    ]
    for scale in (recall, false):
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            shapes.append(line(scale(share), _HEAD - 4, scale(share), bottom, "grid"))
            shapes.append(text(scale(share), bottom + 16, f"{share:.0%}", "tick", anchor="middle"))
    for number, method in enumerate(found):
        y = _HEAD + _ROW * number + _ROW / 2
        css = "ours" if method.is_ours else "other"
        shapes.append(text(_LEFT - 14, y + 4, method.name, f"label {css}", anchor="end"))
        shapes += _recall_row(method, recall, y, css, most_false)
        shapes += _false_row(method, false, y, css)
    return picture(WIDTH, bottom + _FOOT, shapes, label="Recall and false positives of every method")


def _recall_row(method: Method, scale: Scale, y: float, css: str, most_false: int) -> list[str]:
    limited, nominal = method.limited_recall, method.nominal_recall
    title = f"{method.name}: {limited.count} of {limited.of}" + (
        "" if method.is_ours else f" with at most {most_false} false"
    )
    shapes = [
        rect(scale(0), y - 8, scale(limited.value) - scale(0), 16, f"bar {css}", title=title),
        line(scale(limited.low), y, scale(limited.high), y, "whisker"),
    ]
    if not method.is_ours:
        title = f"{method.name}, own setting: {nominal.count} of {nominal.of}"
        shapes.append(circle(scale(nominal.value), y, 5, "ring", title=title))
    return shapes


def _false_row(method: Method, scale: Scale, y: float, css: str) -> list[str]:
    false = method.nominal_false
    said = f"{false.value:.1%}" if false.count else f"none of {false.of:,}"
    is_inside = false.value > _INSIDE
    end = scale(false.value) - 8 if is_inside else scale(false.value) + 8
    return [
        rect(
            scale(0), y - 8, scale(false.value) - scale(0), 16, f"bar bad {css}", title=f"{false.count} of {false.of:,}"
        ),
        text(end, y + 4, said, "value inside" if is_inside else "value", anchor="end" if is_inside else "start"),
    ]
