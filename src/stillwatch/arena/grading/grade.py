# SPDX-License-Identifier: Apache-2.0
"""A whole grading: the headline world with each seed, then every sweep, and the result in one document."""

from collections.abc import Callable, Sequence

import msgspec

from stillwatch.arena.grading.factors import FACTORS, Factor
from stillwatch.arena.grading.point import Grader, Point
from stillwatch.arena.worlds.catalog import default_world, reference_world
from stillwatch.arena.worlds.description import World
from stillwatch.errors import BadInput
from stillwatch.stats.intervals import Rate, rate

SCHEMA = "stillwatch.grade/1"
QUICK_SCALE = 0.4
"""A quick run's population, as a share of the default."""


class SweepStep(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a factor, with a point for each seed."""

    label: str
    points: tuple[Point, ...]


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """One factor."""

    name: str
    title: str
    words: str
    steps: tuple[SweepStep, ...]


class Grade(msgspec.Struct, frozen=True, kw_only=True):
    """What ``report.json`` holds."""

    schema: str
    command: str
    """The command that made it."""
    made_on: str
    """The day, ISO 8601."""
    versions: dict[str, str]
    code: str
    """Digest of the code that the figures depend on."""
    cadence_seconds: int
    most_false: int
    prompts: str
    arrivals: str
    world: World | None
    """The headline's world; None where a log was given."""
    reference: World | None
    """What the sweeps start from; None without sweeps."""
    headline: tuple[Point, ...]
    sweeps: tuple[Sweep, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be graded."""

    world: World | None
    """The headline's; None to leave it out."""
    seeds: tuple[int, ...]
    factors: tuple[tuple[Factor, tuple[int, ...]], ...]
    """Each with the positions of its steps."""
    reference: World
    sweep_seeds: tuple[int, ...]

    @property
    def points(self) -> int:
        """How many points it takes, those counted twice that two sweeps share."""
        steps = sum(len(chosen) for _, chosen in self.factors) * len(self.sweep_seeds)
        return steps + (len(self.seeds) if self.world else 0)


def planned(*, quick: bool, only: Sequence[str], world: World | None, seed: int, seeds: int | None) -> Plan:
    """Say what a command line asks for.

    Args:
        quick: A small set that ends in minutes.
        only: Names of factors; with any, the headline is left out.
        world: The headline's world, where it is not the default.
        seed: The first seed.
        seeds: How many; by default one for a quick run and three otherwise.

    Raises:
        BadInput: There is no such factor, or the world given has not exactly one operator for the sweeps.
    """
    known = {factor.name: factor for factor in FACTORS}
    for name in only:
        if name not in known:
            raise BadInput(f"There is no factor {name!r}.", hint=f"The factors are: {', '.join(known)}.")
    chosen = [known[name] for name in dict.fromkeys(only)] or (list(FACTORS) if world is None else [])
    if quick and not only:
        chosen = [factor for factor in chosen if factor.quick]
    scale = QUICK_SCALE if quick else 1.0
    reference = world or reference_world(scale)
    if chosen and len(reference.operators) != 1:
        raise BadInput(
            f"The world {reference.name!r} has {len(reference.operators)} operators.",
            hint="A sweep changes one operator: give a world with exactly one.",
        )
    every = tuple(range(seed, seed + (seeds or (1 if quick else 3))))
    return Plan(
        world=None if only else world or default_world(scale),
        seeds=every,
        factors=tuple((one, one.quick if quick and one.quick else tuple(range(len(one.steps)))) for one in chosen),
        reference=reference,
        sweep_seeds=every,
    )


def graded(
    plan: Plan, grader: Grader, *, progress: Callable[[str], None]
) -> tuple[tuple[Point, ...], tuple[Sweep, ...]]:
    """Grade the headline and the sweeps; points known from an earlier run are taken from it.

    Args:
        plan: What.
        grader: How.
        progress: Is told of each point, in words, before it is begun.
    """
    headline = []
    if plan.world is not None:
        for seed in plan.seeds:
            progress(f"{plan.world.name} world, seed {seed}")
            headline.append(grader.point(plan.world, seed))
    sweeps = []
    for factor, chosen in plan.factors:
        steps = []
        for step in (factor.steps[position] for position in chosen):
            points = []
            for seed in plan.sweep_seeds:
                progress(f"{factor.name} {step.label}, seed {seed}")
                points.append(grader.point(step.change(plan.reference), seed))
            steps.append(SweepStep(label=step.label, points=tuple(points)))
        sweeps.append(Sweep(name=factor.name, title=factor.title, words=factor.words, steps=tuple(steps)))
    return tuple(headline), tuple(sweeps)


def pooled(rates: Sequence[Rate]) -> Rate:
    """The counts of several runs together, with bounds as for one."""
    return rate(sum(one.count for one in rates), sum(one.of for one in rates))
