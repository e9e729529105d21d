# SPDX-License-Identifier: Apache-2.0
"""Finds groups whose accounts take up another model together, while the population does not.

Catches: campaigns that turn to another model within hours, because whoever steers them has changed one setting.
Misses: campaigns that stay with one model, or begin with the model they are after; turns that are spread over days; an
account's fifth model and later ones. False alarms: teams that follow one recommendation. A launch makes everybody turn,
and so is no evidence. It reads the times of requests, so it never corroborates.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.detection.interface import Case, Evidence
from stillwatch.detection.matching import one_of_each, stand_ins
from stillwatch.detection.tempo import DAY_S, HOUR_S, gaps
from stillwatch.detection.tokens import TOKEN_KINDS
from stillwatch.stats.calibrate import log10_e_of_p
from stillwatch.stats.tails import binomial_log10_tail

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

KIND = TOKEN_KINDS.index("model")
WINDOW_S = 6 * HOUR_S
SETTLED_S = DAY_S
"""Seconds an account must have been seen for before what it takes up is a turn and not its beginning."""
FEWEST = 5
"""Organisations of the group that must have been there before and after a turn."""
PEERS = 10
"""Other accounts of like pace that must have been."""
GRACE_GAPS = 3.0
"""Mean gaps of its own by which another account may be late: it must ask again before it can turn."""
DRAWS = 99
"""Groups of stand-ins that are pooled."""


@dataclass(frozen=True, slots=True)
class Pivot:
    """Compares the densest six hours in which members first used a model with what other accounts did in these hours.

    One account of each organisation counts. Null: members that were settled take the model up in these hours as often
    as settled accounts of other organisations that did as much over as long, who are given time to ask again. Binomial
    tail, times the windows tried.
    """

    name: str = "pivot"
    is_independent: bool = False
    weight: float = 0.1
    peers: str = "as many accounts of like pace that were active before and after"
    clears: str = (
        "A recommendation, a price or a library's new default that these customers followed and others do not use."
    )

    def weigh(self, case: Case) -> Evidence | None:
        """Weigh a turn to another model."""
        census, rows = case.census, case.rows
        everyone = np.arange(len(census))
        models = census.tokens[everyone, KIND]
        if len(np.unique(models[models != 0])) < 2:
            return None
        draw = np.random.default_rng((case.chance, 6))
        picked = np.sort(one_of_each(census.org, rows, draw))
        # Who asks once a day turns later than who asks every hour, so only accounts of like pace are compared.
        own = np.flatnonzero(np.isin(census.org[everyone], census.org[rows]))
        drawn = stand_ins(census, picked, without=own, groups=DRAWS, draw=draw) if len(picked) >= FEWEST else None
        if drawn is None:
            return None
        others = np.unique(drawn)
        grace = GRACE_GAPS * gaps(census.life(others))
        best, tried = (0.0, 0, len(picked), 0.0), 0
        for model in np.unique(models[picked][models[picked] != 0]).tolist():
            mine, theirs = _turns(case, picked, model), _turns(case, others, model)
            for start in np.unique(mine[np.isfinite(mine)]).tolist():
                turned, were_there = _within(case, picked, mine, start, np.zeros(len(picked)))
                they_turned, they_were_there = _within(case, others, theirs, start, grace)
                if were_there < FEWEST or they_were_there < PEERS:
                    continue
                tried += 1
                share = (they_turned + 1.0) / (they_were_there + 2.0)
                best = min(best, (binomial_log10_tail(turned, were_there, share), turned, were_there, share))
        tail, turned, were_there, share = best
        log10_p = min(0.0, tail + float(np.log10(max(tried, 1))))
        return Evidence(
            family=self.name,
            p_value=float(10.0**log10_p),
            log10_e=log10_e_of_p(log10_p),
            why=f"{turned} of {were_there} of its organisations first used one further model within the same six "
            f"hours; {share:.1%} of accounts of like pace did.",
        )


def _turns(case: Case, rows: Ints, model: int) -> Doubles:
    """Give when each account took a model up, having been there before; infinite where not. Shape of ``rows``."""
    census = case.census
    since = np.where(census.tokens[rows, KIND] == model, census.model_since[rows], np.inf).min(axis=1)
    turns: Doubles = np.where(since - census.total_first[rows] >= SETTLED_S, since, np.inf)
    return turns


def _within(case: Case, rows: Ints, turns: Doubles, start: float, grace: Doubles) -> tuple[int, int]:
    """Count who turned within the window that begins at ``start``, and who was there before and after that instant.

    Args:
        case: For the lives.
        rows: Accounts. Shape (R,).
        turns: When each turned. Shape (R,).
        start: Seconds since the epoch.
        grace: Seconds by which each may be late. Shape (R,).
    """
    census = case.census
    there = (census.total_first[rows] <= start - SETTLED_S) & (census.total_last[rows] >= start) & (turns >= start)
    return int((there & (turns < start + WINDOW_S + grace)).sum()), int(there.sum())
