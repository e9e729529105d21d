# SPDX-License-Identifier: Apache-2.0
"""Finds groups whose members keep the same time more often than accounts in general.

Catches: accounts enrolled together, fed at one pace, spent and replaced. Misses: accounts whose enrolment is spread
over weeks and whose quotas differ by more than a factor of two. False alarms: events (a hackathon, a course, a launch
day), which is why a group that signed up for an event is not contained on time and content alone.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.detection.interface import Case, Evidence
from stillwatch.detection.tempo import RELATIONS, Life, relations
from stillwatch.stats.calibrate import log10_e_of_p

DRAWS = 199
LEAST_BY_CHANCE = -1.3
"""Decimal logarithm of the share of random groups as synchronous, above which nothing more is believed."""
SPOKEN = {
    "together": "they began and ended together, at the same pace",
    "begun": "they began within a day and a half of each other, at the same pace",
    "passing": "each came, kept the same pace for as long as the others, and went",
}


@dataclass(frozen=True, slots=True)
class Rate:
    """Takes the median member's surprise, and checks it against random groups of accounts of like activity.

    Null: whether two accounts talk alike tells nothing about whether they keep the same time. Under it twice the median
    of the members' p-values, times the number of candidates, is a p-value (Vovk & Wang, "Combining p-values via
    averaging", Biometrika 107(4), 2020). Benign traffic breaks this null at events, so it ranks. Where random groups of
    like activity keep the same time as often, their share is the p-value instead.
    """

    name: str = "rate"
    is_independent: bool = False

    def weigh(self, case: Case) -> Evidence | None:
        """Weigh how many pairs of members keep the same time."""
        census, rows = case.census, case.rows
        size = min(len(rows), 48)
        everyone = np.arange(len(census))
        order = np.argsort(census.total_count[everyone], kind="stable")
        everyone = everyone[order]
        counts = census.total_count[everyone]
        if len(everyone) < 4 * size:
            return None
        draw = np.random.default_rng((case.chance, 2))
        picked = draw.choice(rows, size, replace=False)
        seen = self._shares(case, picked)
        great = np.ones(len(RELATIONS))
        mean = np.zeros(len(RELATIONS))
        for _ in range(DRAWS):
            at = np.searchsorted(counts, census.total_count[draw.permutation(picked)]) + draw.integers(-20, 21, size)
            drawn = self._shares(case, everyone[np.clip(at, 0, len(everyone) - 1)])
            great += drawn >= seen
            mean += drawn / DRAWS
        best = int(np.argmax(np.where(great == great.min(), seen / np.maximum(mean, 1e-3), 0.0)))
        by_chance = min(0.0, float(np.log10(len(RELATIONS) * great[best] / (1 + DRAWS))))
        # Twice the median of p-values is a p-value whatever their dependence; any candidate could have begun the group.
        tried = np.log10(2.0 * len(case.chosen.rows))
        log10_p = min(0.0, float(tried - np.median(case.group.scores)))
        if by_chance > LEAST_BY_CHANCE:
            log10_p = max(log10_p, by_chance)
        return Evidence(
            family=self.name,
            p_value=float(10.0**log10_p),
            log10_e=log10_e_of_p(log10_p),
            why=f"Of the pairs among its accounts, {seen[best]:.0%} keep the same time "
            f"({SPOKEN[RELATIONS[best]]}); among accounts of like activity {mean[best]:.0%} do.",
        )

    @staticmethod
    def _shares(case: Case, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        census = case.census
        life = Life(first=census.total_first[rows], last=census.total_last[rows], count=census.total_count[rows])
        found = relations(life.column(), life, started_s=census.started_s, now_s=case.now_s)
        pairs = max(1, len(rows) * (len(rows) - 1))
        return np.array([(found[name].sum() - np.trace(found[name])) / pairs for name in RELATIONS])
