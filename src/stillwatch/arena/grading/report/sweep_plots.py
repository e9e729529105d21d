# SPDX-License-Identifier: Apache-2.0
"""Small multiples: one little plot a factor, all with the same vertical scale."""

from collections.abc import Callable, Sequence
from math import sqrt

from scipy.stats import t as student

from stillwatch.arena.grading.grade import Sweep, SweepStep, pooled
from stillwatch.arena.grading.point import Point
from stillwatch.arena.grading.report.svg import Scale, area, circle, line, path, picture, text

WIDTH, HEIGHT = 340.0, 206.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 42.0, 12.0, 10.0, 44.0


def sweep_plot(sweep: Sweep) -> str:
    """Recall with its band, what is watched besides, the leak, and the best baseline."""
    across = Scale(0, max(1, len(sweep.steps) - 1), _LEFT + 14, WIDTH - _RIGHT - 14)
    up = Scale(0.0, 1.0, HEIGHT - _BOTTOM, _TOP)
    places = [across(number) for number in range(len(sweep.steps))]
    shapes = _frame(sweep, places, up)
    bands = [band(step.points) for step in sweep.steps]
    low = [(x, up(one[0])) for x, one in zip(places, bands, strict=True)]
    high = [(x, up(one[1])) for x, one in zip(places, bands, strict=True)]
    shapes.append(area(high, low, "band"))
    for css, value in _LINES:
        shapes.append(path([(x, up(value(step))) for x, step in zip(places, sweep.steps, strict=True)], css))
    for x, step in zip(places, sweep.steps, strict=True):
        for point in step.points:
            title = f"{step.label}, seed {point.seed}: {_told(point)}"
            shapes.append(circle(x, up(point.score.contained.value), 3.2, "dot ours", title=title))
    return picture(WIDTH, HEIGHT, shapes, label=f"{sweep.title}: recall and leak")


def band(points: Sequence[Point]) -> tuple[float, float]:
    """95 % bounds on recall: Student's over seeds, and Clopper-Pearson's over accounts where there is but one seed.

    The second takes accounts for independent and so is too narrow. Neither leaves [0, 1].
    """
    values = [point.score.contained.value for point in points]
    if len(values) == 1:
        return points[0].score.contained.low, points[0].score.contained.high
    mean = sum(values) / len(values)
    spread = sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    margin = float(student.ppf(0.975, len(values) - 1)) * spread / sqrt(len(values))
    return max(0.0, mean - margin), min(1.0, mean + margin)


def _recall(step: SweepStep) -> float:
    return sum(point.score.contained.value for point in step.points) / len(step.points)


def _noticed(step: SweepStep) -> float:
    return sum(point.score.noticed.value for point in step.points) / len(step.points)


def _leak(step: SweepStep) -> float:
    return sum(point.score.leak for point in step.points) / len(step.points)


def _best_baseline(step: SweepStep) -> float:
    """Of the method that is best here, not of one that is best throughout: a ceiling."""
    named = zip(*(point.baselines for point in step.points), strict=True)
    return max((pooled([one.limited_recall for one in same]).value for same in named), default=0.0)


_LINES: tuple[tuple[str, Callable[[SweepStep], float]], ...] = (
    ("line baseline", _best_baseline),
    ("line leak", _leak),
    ("line noticed", _noticed),
    ("line ours", _recall),
)


def _frame(sweep: Sweep, places: Sequence[float], up: Scale) -> list[str]:
    shapes = []
    for share in (0.0, 0.5, 1.0):
        shapes.append(line(_LEFT, up(share), WIDTH - _RIGHT, up(share), "grid"))
        shapes.append(text(_LEFT - 6, up(share) + 4, f"{share:.0%}", "tick", anchor="end"))
    for x, step in zip(places, sweep.steps, strict=True):
        shapes.append(text(x, HEIGHT - _BOTTOM + 16, step.label, "tick", anchor="middle"))
    shapes.append(text((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 8, sweep.words, "axis", anchor="middle"))
    return shapes


def _told(point: Point) -> str:
    score = point.score
    return (
        f"{score.contained.count} of {score.contained.of} accounts contained, leak {score.leak:.0%}, "
        f"{score.false_contained.count} benign contained"
    )
