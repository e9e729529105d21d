# SPDX-License-Identifier: Apache-2.0
"""Finds groups whose answers are worth more to a student: longer, reasoning included, than those of like accounts.

Catches: harvests of written-out reasoning, of long solutions and of agents' work, whatever their wording. Misses:
harvests of short answers, of labels and of scores; logs that do not say how many tokens an answer had. False alarms:
every trade whose answers are long (writers, programmers, report makers), since a group that talks alike is mostly of
one trade; so no more than one in a thousand is ever believed, and the family never corroborates.
"""

from dataclasses import dataclass

import numpy as np

from stillwatch.detection.interface import Case, Evidence
from stillwatch.detection.matching import one_of_each, stand_ins
from stillwatch.stats.calibrate import log10_e_of_p
from stillwatch.stats.tails import permutation_log10_tail

DRAWS = 199
FEWEST = 5
"""Answers of known length an account must have, and organisations a group must have, to be compared."""
KNOWN_SHARE = 0.5
"""Share of the members that must have so many; below it the family abstains."""
LEAST_LOG10_P = -3.0


@dataclass(frozen=True, slots=True)
class Training:
    """Compares the mean worth of the members' answers with that of groups of their stand-ins.

    The worth of an answer is the binary logarithm of its tokens; an account counts with the mean of its answers, and
    one account of each organisation counts. Null: the members' answers are no longer than those of accounts of other
    organisations that did as much over as long. The p-value is that of the permutation, followed beyond its draws down
    to one in a thousand. It holds for members drawn one by one; those of a group of one trade are not.
    """

    name: str = "training"
    is_independent: bool = False
    weight: float = 0.1
    peers: str = "groups of accounts of other organisations that did as much over as long"
    clears: str = "A trade whose answers are long: writing, programming, making reports."

    def weigh(self, case: Case) -> Evidence | None:
        """Weigh the length of the members' answers."""
        census, rows = case.census, case.rows
        is_known = census.answers[: len(census)] >= FEWEST
        draw = np.random.default_rng((case.chance, 3))
        known = rows[is_known[rows]]
        picked = one_of_each(census.org, known, draw)
        if len(picked) < FEWEST or len(known) < KNOWN_SHARE * len(rows):
            return None
        unfit = np.union1d(rows, np.flatnonzero(~is_known))
        drawn = stand_ins(census, picked, without=unfit, groups=DRAWS, draw=draw)
        if drawn is None:
            return None
        worth = census.worth[: len(census)] / np.maximum(census.answers[: len(census)], 1.0)
        seen, others = float(worth[picked].mean()), worth[drawn].mean(axis=1)
        log10_p = max(LEAST_LOG10_P, permutation_log10_tail(seen, others))
        return Evidence(
            family=self.name,
            p_value=float(10.0**log10_p),
            log10_e=log10_e_of_p(log10_p),
            why=f"Its accounts' answers have {2.0**seen:.0f} tokens each, as a geometric mean; those of accounts of "
            f"like activity have {2.0 ** float(others.mean()):.0f}.",
        )
