# SPDX-License-Identifier: Apache-2.0
"""Finds groups whose members ask for what trains a copy: written-out reasoning, rubrics, new tasks.

Catches: harvests of chains of thought and of tasks, in the languages of ``cues``. Misses: harvests of plain answers,
and other wordings. False alarms: teachers, examiners, users of a prompt guide; so the family reads content, does not
count as independent of it, and never decides alone.
"""

from dataclasses import dataclass

import numpy as np

from stillwatch.detection.cues import CUE_BITS
from stillwatch.detection.interface import Case, Evidence
from stillwatch.stats.calibrate import log10_e_of_p
from stillwatch.stats.tails import binomial_log10_tail

OFTEN = 0.25
"""Share of an account's prompts that carry the cue, from which the account asks for it habitually."""
FEWEST = 10
"""Exchanges an account must have to be counted."""
SPOKEN = {
    "reasoning": "to write out reasoning",
    "reconstruction": "to reconstruct hidden reasoning",
    "rubric": "to grade by a rubric",
    "task_generation": "to make up new tasks",
    "format": "for machine-readable final answers",
}


@dataclass(frozen=True, slots=True)
class Elicitation:
    """Compares the share of members that habitually elicit with the share of other accounts that do.

    Null: members elicit as other accounts of ten exchanges or more do. The p-value is multiplied by the number of cues.
    """

    name: str = "elicitation"
    is_independent: bool = False
    weight: float = 1.0
    peers: str = "as many other accounts of ten exchanges or more"
    clears: str = "A stated business of teaching, examining or evaluating, and prompts that show it."

    def weigh(self, case: Case) -> Evidence | None:
        """Weigh habitual elicitation among the members."""
        census = case.census
        size = len(census)
        busy = census.total_count[:size] >= FEWEST
        inside = np.zeros(size, np.bool_)
        inside[case.rows] = True
        members, others = np.flatnonzero(busy & inside), np.flatnonzero(busy & ~inside)
        if len(members) < 5 or len(others) < 20:
            return None
        often = census.cues[:size] >= OFTEN * census.total_count[:size, None]
        tails = []
        for cue in range(len(CUE_BITS)):
            rate = (float(often[others, cue].sum()) + 1.0) / (len(others) + 2.0)
            tails.append(binomial_log10_tail(int(often[members, cue].sum()), len(members), rate))
        best = int(np.argmin(tails))
        log10_p = min(0.0, tails[best] + float(np.log10(len(tails))))
        return Evidence(
            family=self.name,
            p_value=float(10.0**log10_p),
            log10_e=log10_e_of_p(log10_p),
            why=f"{often[members, best].mean():.0%} of its accounts habitually ask {SPOKEN[tuple(CUE_BITS)[best]]}; "
            f"{often[others, best].mean():.1%} of other accounts do.",
        )
