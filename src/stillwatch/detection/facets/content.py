# SPDX-License-Identifier: Apache-2.0
"""Finds groups whose members' prompts look dealt from one pile.

Catches: shards of one corpus, dealt at random, however few to each account, in any language; templates behind changing
fillings. Misses: piles sorted by topic before they are dealt; harvests under one fifth of an account's open stream;
groups under about ten accounts of broad content. False alarms: users of one public list (set aside by shared prompts),
one customer's job over many keys (set aside by organisation); so content alone never contains anybody.
"""

from dataclasses import dataclass

import numpy as np

from stillwatch.detection.grouping import cohesion
from stillwatch.detection.interface import Case, Evidence
from stillwatch.stats.calibrate import log10_e_of_p

DRAWS = 199


@dataclass(frozen=True, slots=True)
class Content:
    """Compares the group's cohesion with that of random groups of candidates of like size.

    Null: the group is a random choice of accounts with as many exchanges each. Guarantee: the p-value is exact for a
    group named in advance; this one was searched for, so it ranks and explains, and does not decide.
    """

    name: str = "content"
    is_independent: bool = False
    weight: float = 1.0
    peers: str = "random groups of accounts with as many exchanges"
    clears: str = (
        "A contract or a public source that explains why strangers send samples of one pile: one customer's job "
        "over many keys, or a published list."
    )

    def weigh(self, case: Case) -> Evidence | None:
        """Weigh how well one common mean explains the members."""
        members, chosen = case.group.members, case.chosen
        others = np.setdiff1d(np.arange(len(chosen.rows)), members)
        if len(others) < len(members) // 2 or len(others) < 10:
            return None
        draw = np.random.default_rng((case.chance, 1))
        size = min(len(members), 64, len(others))
        order = np.argsort(chosen.count[others], kind="stable")
        sorted_others, sorted_counts = others[order], chosen.count[others][order]
        seen = cohesion(chosen, draw.choice(members, size, replace=False))
        as_great = 0
        for _ in range(DRAWS):
            wanted = chosen.count[draw.choice(members, size, replace=False)]
            at = np.searchsorted(sorted_counts, wanted) + draw.integers(-8, 9, size)
            picked = np.unique(sorted_others[np.clip(at, 0, len(others) - 1)])
            as_great += cohesion(chosen, picked) >= seen
        p_value = (1 + as_great) / (1 + DRAWS)
        return Evidence(
            family=self.name,
            p_value=p_value,
            log10_e=log10_e_of_p(float(np.log10(p_value))),
            why=f"The prompts of {len(members)} accounts agree as samples of one source do: one common mix explains "
            f"{min(1.0, case.group.cohesion):.0%} of what is particular to each of them.",
        )
