# SPDX-License-Identifier: Apache-2.0
"""Finds groups whose accounts begin when others of them end: who is banned or spent is replaced.

Catches: operators that put a fresh account in the place of each one that is contained, spent or given up, hours later.
Misses: operators that keep accounts in reserve and in use all the time, or wait for days; groups whose accounts end so
often that every beginning follows an end. False alarms: rosters by which people hand over to each other (shifts, a
course in groups); so the family explains and supports, and never corroborates.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.detection.interface import Case, Evidence
from stillwatch.detection.succession import are_new, ends, lags
from stillwatch.detection.tempo import HOUR_S
from stillwatch.stats.calibrate import log10_e_of_p
from stillwatch.stats.tails import binomial_log10_tail

Doubles = npt.NDArray[np.float64]

WITHIN_HOURS = (1, 3, 12)
"""How soon after an end an account may have begun to count as its successor: each is tried."""
OCCASION_S = 2 * HOUR_S
"""Accounts that began within so long of each other are one occasion: they were enrolled together."""
FEWEST = 5
"""Occasions on which accounts joined, and below which the family abstains."""
PEERS = 30
"""Other newcomers of the same days that there must be."""


@dataclass(frozen=True, slots=True)
class Inheritance:
    """Compares how soon after an end of the group's accounts others began with how soon other newcomers did.

    Null: between the first end and the last beginning, the occasions on which accounts joined fall as the beginnings of
    other new accounts do. Binomial tail, times the number of delays tried.
    """

    name: str = "inheritance"
    is_independent: bool = False
    weight: float = 0.1
    peers: str = "as many other accounts that were new in the same days"
    clears: str = "A roster by which people hand over to each other, such as shifts or a course in groups."

    def weigh(self, case: Case) -> Evidence | None:
        """Weigh beginnings that follow ends."""
        census = case.census
        _, ended = ends(case)
        began = _occasions(census.total_first[case.rows[are_new(census, case.rows)]])
        began = began[began > ended[0]] if len(ended) else began[:0]
        if len(began) < FEWEST:
            return None
        everyone = np.arange(len(census))
        own = np.union1d(case.rows, np.array(sorted(case.earlier), np.int64))
        others = census.total_first[np.setdiff1d(everyone[are_new(census, everyone)], own)]
        others = others[(others > ended[0]) & (others <= began[-1])]
        if len(others) < PEERS:
            return None
        mine, theirs = lags(began, ended), lags(others, ended)
        tails, soon, usual = [], [], []
        for hours in WITHIN_HOURS:
            soon.append(int((mine <= hours * HOUR_S).sum()))
            usual.append((float((theirs <= hours * HOUR_S).sum()) + 1.0) / (len(theirs) + 2.0))
            tails.append(binomial_log10_tail(soon[-1], len(mine), usual[-1]))
        best = int(np.argmin(tails))
        log10_p = min(0.0, tails[best] + float(np.log10(len(tails))))
        return Evidence(
            family=self.name,
            p_value=float(10.0**log10_p),
            log10_e=log10_e_of_p(log10_p),
            why=f"On {soon[best]} of the {len(mine)} occasions on which accounts joined it, another of its accounts "
            f"had ended within the {WITHIN_HOURS[best]} h before; {usual[best]:.0%} of other new accounts began so "
            "soon after.",
        )


def _occasions(began: Doubles) -> Doubles:
    """Give the first beginning of each run of beginnings that follow each other closely, ascending."""
    in_order = np.sort(began)
    return in_order[np.diff(in_order, prepend=-np.inf) > OCCASION_S]
