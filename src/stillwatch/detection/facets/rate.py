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
from stillwatch.detection.matching import one_of_each, stand_ins
from stillwatch.detection.tempo import RELATIONS, relations
from stillwatch.stats.calibrate import log10_e_of_p
from stillwatch.stats.tails import permutation_log10_tail

DRAWS = 99
LARGEST = 40
"""Members that are compared: more would cost more than they tell."""
SPOKEN = {
    "together": "they began and ended together, at the same pace",
    "begun": "they began within a day and a half of each other, at the same pace",
    "passing": "each came, kept the same pace for as long as the others, and went",
}


@dataclass(frozen=True, slots=True)
class Rate:
    """Compares the share of the members' pairs that keep one time with that among groups of their stand-ins.

    Null: the members are no more in time than accounts of other organisations that did as much over as long; one
    member of each organisation counts. The p-value is that of the permutation, followed beyond its draws, times the
    number of relations tried. It is a test where content alone chose the group; where time did, it ranks.
    """

    name: str = "rate"
    is_independent: bool = False
    weight: float = 1.0
    peers: str = "groups of accounts of other organisations that did as much over as long"
    clears: str = (
        "An occasion or a schedule that these accounts are known to share: a course, an event, a common office day."
    )

    def weigh(self, case: Case) -> Evidence | None:
        """Weigh how many pairs of members keep the same time."""
        census, rows = case.census, case.rows
        draw = np.random.default_rng((case.chance, 2))
        picked = one_of_each(census.org, rows, draw)
        picked = draw.choice(picked, min(len(picked), LARGEST), replace=False)
        drawn_rows = stand_ins(census, picked, without=rows, groups=DRAWS, draw=draw) if len(picked) > 2 else None
        if drawn_rows is None:
            return None
        seen = self._shares(case, picked[None, :])[0]
        drawn = self._shares(case, drawn_rows)
        tails = [permutation_log10_tail(float(one), draws) for one, draws in zip(seen, drawn.T, strict=True)]
        best = int(np.argmin(tails))
        log10_p = min(0.0, tails[best] + float(np.log10(len(RELATIONS))))
        mean = drawn.mean(axis=0)
        return Evidence(
            family=self.name,
            p_value=float(10.0**log10_p),
            log10_e=log10_e_of_p(log10_p),
            why=f"Of the pairs among its accounts, {seen[best]:.0%} keep the same time "
            f"({SPOKEN[RELATIONS[best]]}); among accounts of like activity {mean[best]:.0%} do.",
        )

    @staticmethod
    def _shares(case: Case, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Share of the pairs of strangers in each group that keep the same time. Shape (groups, relations)."""
        census = case.census
        life = census.life(rows)
        found = relations(life.column(), life.row(), started_s=census.started_s, now_s=case.now_s)
        strangers = census.org[rows][:, :, None] != census.org[rows][:, None, :]
        pairs = np.maximum(strangers.sum(axis=(1, 2)), 1)
        return np.stack([(found[name] & strangers).sum(axis=(1, 2)) / pairs for name in RELATIONS], axis=1)
