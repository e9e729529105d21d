# SPDX-License-Identifier: Apache-2.0
"""Finds groups whose members never send the same prompt though they draw on the same pile.

Catches: a pile dealt without repetition. Misses: harvesters that sample each prompt several times; groups with too few
prompts for a repetition to be expected. False alarms: none are possible by this family alone, because it only compares
repetition within the group with what the group's own repetition within accounts predicts; people who write freely do
not repeat each other either, so its weight is small and it never corroborates.
"""

from dataclasses import dataclass

import numpy as np

from stillwatch.detection.census import NO_PROMPT
from stillwatch.detection.interface import Case, Evidence
from stillwatch.stats.calibrate import log10_e_of_p
from stillwatch.stats.tails import poisson_log10_lower_tail


@dataclass(frozen=True, slots=True)
class Complementarity:
    """Compares repeated prompts across members with those across other accounts of the population.

    Null: two members share a kept prompt as rarely as two other candidates do. Poisson, lower tail.
    """

    name: str = "complementarity"
    is_independent: bool = False
    weight: float = 1.0
    peers: str = "as many prompts of other accounts that are compared"
    clears: str = (
        "Nothing by itself: people who write freely do not repeat each other either, so it falls with what it supports."
    )

    def weigh(self, case: Case) -> Evidence | None:
        """Weigh the absence of repetition among the members."""
        inside = set(case.rows.tolist())
        outside = [int(row) for row in case.chosen.rows if int(row) not in inside]
        mine, my_pairs = _repeats(case, sorted(inside))
        theirs, their_pairs = _repeats(case, outside)
        if not theirs or my_pairs < 100 or their_pairs < 100:
            return None
        expected = theirs / their_pairs * my_pairs
        if expected < 3.0 or mine >= expected:
            return None
        # Benign repetition is far from independent, so no more than one in a thousand is believed.
        log10_p = max(-3.0, poisson_log10_lower_tail(mine, expected))
        return Evidence(
            family=self.name,
            p_value=float(10.0**log10_p),
            log10_e=log10_e_of_p(log10_p),
            why=f"Its accounts repeated {mine} of each other's prompts; other accounts' habits predict {expected:.0f}.",
        )


def _repeats(case: Case, rows: list[int]) -> tuple[int, float]:
    """Prompts shared by two accounts, and the pairs of prompts that could have been."""
    kept = case.census.prompts[rows]
    sizes = (kept != NO_PROMPT).sum(axis=1).astype(float)
    _, counts = np.unique(kept[kept != NO_PROMPT], return_counts=True)
    total = float(sizes.sum())
    pairs = (total * total - float((sizes * sizes).sum())) / 2.0
    return int((counts * (counts - 1) // 2).sum()), pairs
