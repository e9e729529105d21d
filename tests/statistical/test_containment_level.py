# SPDX-License-Identifier: Apache-2.0
"""How many benign accounts are ever contained, over hundreds of populations whose accounts depend on each other.

Each population has its own people, and crowds that look coordinated for lawful reasons: an office and a university
behind one address, a class with one list of questions, a hackathon or a launch day, one job split over many accounts,
runs of one benchmark, an enterprise and an agency with many keys. Crowds, sizes and texts are drawn anew for each.

The level held is the operator's ``alpha`` for each account's whole life. Accounts are not independent within a
population, so populations are what is counted, and nothing is assumed of how accounts of one depend on each other:

    A contained campaign contains at least L accounts, L being ``minimum_contained``, where it contains any at all.
    So by Markov's inequality the chance that a population of n accounts has one is at most E[contained] / L, which
    is at most n alpha / L if alpha is kept. Over P independent populations the number that have one is then at most
    binomial with P trials and that chance, and exceeds ``ALLOWED`` less than once in 30,000 seeds.

A campaign may hold fewer than L contained accounts for the first few passes; populations are therefore read at their
end. A population is small, but above the least number of organisations; what this shows holds for populations like
these and for no others.
"""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from fakes.populations import replayed_each
from fakes.worlds import composed
from stillwatch.arena.worlds.compose import Composition
from stillwatch.arena.worlds.description import Crowd, Operator, World
from stillwatch.detection.settings import DetectionSettings
from stillwatch.records.finding import Recommendation
from stillwatch.stats.intervals import at_most

POPULATIONS, PLANTED, DAYS = 300, 16, 8
SETTINGS = DetectionSettings(cadence_seconds=12 * 3_600)
CROWDS = {
    "office": (5, 12),
    "university": (5, 12),
    "classroom": (10, 18),
    "hackathon": (10, 18),
    "launch wave": (8, 16),
    "job shard": (8, 14),
    "evaluation": (2, 3),
    "enterprise": (8, 14),
    "agency": (3, 6),
    "back end": (1, 1),
    "prototyper": (3, 8),
}
"""Each with the fewest and the most accounts."""
LARGEST = 90
"""Accounts of a population, at most."""
CHANCE = LARGEST * SETTINGS.alpha / SETTINGS.minimum_contained
ALLOWED = int(binom.ppf(1 - 1 / 30_000, POPULATIONS, CHANCE))


def _population(seed: int, *operators: Operator) -> Composition:
    """Some thirty people, and four of the crowds."""
    draw = np.random.default_rng(seed)
    kinds = draw.choice(list(CROWDS), 4, replace=False).tolist()
    crowds = [Crowd(kind=kind, accounts=int(draw.integers(*CROWDS[kind], endpoint=True))) for kind in kinds]
    crowds.append(Crowd(kind="person", accounts=int(draw.integers(26, 30, endpoint=True))))
    return composed(World(name="level", days=DAYS, crowds=tuple(crowds), operators=operators), seed=seed)


def _contained(populations: list[Composition], folder: Path) -> list[int]:
    """How many accounts of each are contained."""
    return [
        sum(one.action is Recommendation.CONTAIN for one in findings.accounts)
        for findings in replayed_each(populations, folder, settings=SETTINGS)
    ]


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_benign_accounts_are_contained_no_more_often_than_alpha_and_its_margin_allow(tmp_path: Path) -> None:
    populations = [_population(seed) for seed in range(POPULATIONS)]
    assert max(len(one.callers) for one in populations) <= LARGEST
    contained = _contained(populations, tmp_path)
    wronged = sum(count > 0 for count in contained)
    accounts = sum(len(one.callers) for one in populations)
    assert wronged <= ALLOWED, f"{sum(contained)} of {accounts} accounts, in {wronged} of {POPULATIONS} populations"
    # What can be said of populations like these, with 95 % confidence, if this passes with none.
    assert at_most(0, POPULATIONS) < 0.01


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_the_same_populations_with_a_campaign_would_be_noticed(tmp_path: Path) -> None:
    operator = Operator(
        name="hydra",
        accounts=14,
        exchanges=600,
        days=6.0,
        first_day=0.5,
        dilution=0.0,
        stagger=0.0,
        quota_skew=0.2,
        shared=0.9,
        replacement="none",
    )
    contained = _contained([_population(seed, operator) for seed in range(PLANTED)], tmp_path)
    assert sum(count > 0 for count in contained) > ALLOWED
    assert sum(count > 0 for count in contained) >= PLANTED / 2
