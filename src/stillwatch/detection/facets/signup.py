# SPDX-License-Identifier: Apache-2.0
"""Finds groups whose accounts were made in one burst.

Catches: accounts enrolled in bulk and kept for later. Misses: accounts bought old, or enrolled a few a day for months.
False alarms: an event or a course at which people sign up and begin at once. One cause then explains the sign-up and
the common beginning, so the family abstains for members that began within two days of signing up.
"""

from dataclasses import dataclass

import numpy as np

from stillwatch.detection.interface import Case, Evidence
from stillwatch.detection.tempo import DAY_S
from stillwatch.stats.calibrate import log10_e_of_p
from stillwatch.stats.tails import binomial_log10_tail

WINDOW_S = 2 * DAY_S
FEWEST = 5
RESTED_S = 2 * DAY_S


@dataclass(frozen=True, slots=True)
class Signup:
    """Compares the densest two days of the members' sign-ups with the population's share of the same two days.

    Null: members sign up when accounts in general do. The p-value is multiplied by the number of windows tried.
    """

    name: str = "signup"
    is_independent: bool = True
    weight: float = 1.0
    peers: str = "as many accounts that sign up when accounts in general do"
    clears: str = (
        "An occasion for which many accounts were made in those days: a migration, a programme, a reseller's intake."
    )

    def weigh(self, case: Case) -> Evidence | None:
        """Weigh a burst of sign-ups."""
        census, rows = case.census, case.rows
        rested = rows[census.total_first[rows] - census.signup[rows] > RESTED_S]
        if len(rested) < max(FEWEST, len(rows) // 4):
            return None
        made = np.sort(census.signup[rested])
        everyone = census.signup[: len(census)]
        everyone = np.sort(everyone[~np.isnan(everyone)])
        inside = np.searchsorted(made, made + WINDOW_S, side="right") - np.arange(len(made))
        share = (
            np.searchsorted(everyone, made + WINDOW_S, side="right") - np.searchsorted(everyone, made) - inside + 1
        ) / max(1, len(everyone) - len(made) + 1)
        tails = [
            binomial_log10_tail(int(n), len(made), float(max(p, 1e-4))) for n, p in zip(inside, share, strict=True)
        ]
        best = int(np.argmin(tails))
        log10_p = min(0.0, tails[best] + float(np.log10(len(made))))
        return Evidence(
            family=self.name,
            p_value=float(10.0**log10_p),
            log10_e=log10_e_of_p(log10_p),
            why=f"{inside[best]} of its accounts signed up within the same two days, days before first use; "
            f"{share[best]:.1%} of all accounts did.",
        )
