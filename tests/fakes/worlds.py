# SPDX-License-Identifier: Apache-2.0
"""Small composed worlds, drafts and labelled logs for tests of the arena's composer and grader."""

from pathlib import Path

import numpy as np

from stillwatch.arena.grading.comparison import BaselineScore
from stillwatch.arena.grading.hunting import Cost
from stillwatch.arena.grading.labelled_log import LabelledLog, TrueCampaign
from stillwatch.arena.grading.point import Point
from stillwatch.arena.grading.scoring import score
from stillwatch.arena.grading.verdicts import Verdicts
from stillwatch.arena.prompts.generated import GeneratedLibrary
from stillwatch.arena.worlds.arrivals import ModelledArrivals
from stillwatch.arena.worlds.compose import Composition, compose
from stillwatch.arena.worlds.description import Crowd, Operator, World
from stillwatch.arena.worlds.draft import Draft
from stillwatch.stats.intervals import rate

HOUR_US = 3_600_000_000
FIRST_US = 1_780_272_000_000_000
"""2026-06-01T00:00:00Z."""

EASY = Operator(name="hydra", accounts=24, exchanges=1_000, dilution=0.0, stagger=0.0, quota_skew=0.2, shared=0.9)
"""A campaign that any detection should notice."""


def draft(*, seed: int = 1, days: int = 14) -> Draft:
    """Nobody in it yet."""
    return Draft(seed=seed, days=days, library=GeneratedLibrary(), arrivals=ModelledArrivals())


def small_world(operator: Operator | None = None, *, people: int = 30, days: int = 14) -> World:
    """A few people and one campaign."""
    campaign = operator or Operator(name="hydra", accounts=10, exchanges=200)
    return World(name="small", days=days, crowds=(Crowd(kind="person", accounts=people),), operators=(campaign,))


def composed(world: World, *, seed: int = 1, bans: dict[str, int] | None = None) -> Composition:
    """The world's log, from generated prompts and modelled arrivals."""
    return compose(world, seed=seed, library=GeneratedLibrary(), arrivals=ModelledArrivals(), bans=bans)


def labelled_log() -> LabelledLog:
    """Two attackers who harvest every hour, and two benign accounts, over ten hours.

    Accounts ``h1`` and ``h2`` of campaign ``hydra``; ``p`` is a person and ``o`` sits in an office.
    """
    names = ("h1", "h2", "p", "o")
    account = np.tile(np.arange(4), 10)
    return LabelledLog(
        path=Path("nowhere"),
        names=names,
        account=account,
        at_us=FIRST_US + np.repeat(np.arange(10), 4) * HOUR_US,
        harvest=account < 2,
        kinds={"p": "person", "o": "office"},
        campaign_of={"h1": "hydra", "h2": "hydra"},
        campaigns={"hydra": TrueCampaign(accounts=frozenset({"h1", "h2"}), harvest=20)},
    )


def verdicts(*, contained: dict[str, float], watched: tuple[str, ...] = ()) -> Verdicts:
    """Accounts contained so many hours after the log's beginning, as one campaign, and those watched."""
    return Verdicts(
        contained_us={name: FIRST_US + int(hours * HOUR_US) for name, hours in contained.items()},
        watched=frozenset(watched),
        groups=(("c-1", frozenset(contained)),) if contained else (),
    )


def point(*, contained: dict[str, float], watched: tuple[str, ...] = (), seed: int = 1) -> Point:
    """A graded point of ``labelled_log``, with one baseline beside it that finds one of the attackers."""
    baseline = BaselineScore(
        name="rate limit",
        nominal_recall=rate(2, 2),
        nominal_false=rate(2, 2),
        limited_recall=rate(1, 2),
        limited_false=rate(0, 2),
        cpu_seconds=0.1,
    )
    return Point(
        world="small",
        seed=seed,
        score=score(labelled_log(), verdicts(contained=contained, watched=watched)),
        cost=Cost(cpu_seconds=1.0, wall_seconds=1.5, peak_mib=100.0, exchanges=40),
        baselines=(baseline,),
    )
