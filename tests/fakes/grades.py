# SPDX-License-Identifier: Apache-2.0
"""A whole grading, made of small points."""

from collections.abc import Sequence

from fakes.worlds import point, small_world
from stillwatch.arena.grading.grade import SCHEMA, Grade, Sweep, SweepStep
from stillwatch.arena.grading.point import Point


def grade(*, headline: Sequence[Point] = (), sweep: Sequence[dict[str, float]] = ()) -> Grade:
    """A grading with the headline given, and a sweep with one step for each set of contained accounts."""
    steps = tuple(
        SweepStep(label=f"step {number}", points=(point(contained=contained),))
        for number, contained in enumerate(sweep)
    )
    return Grade(
        schema=SCHEMA,
        command="stillwatch arena grade --only <dilution>",
        made_on="2026-06-30",
        versions={"stillwatch": "0"},
        code="0123456789abcdef",
        cadence_seconds=21_600,
        most_false=3,
        prompts="generated",
        arrivals="modelled",
        world=small_world() if headline else None,
        reference=small_world() if sweep else None,
        headline=tuple(headline),
        sweeps=(Sweep(name="dilution", title="Dilution", words="share", steps=steps),) if steps else (),
    )
