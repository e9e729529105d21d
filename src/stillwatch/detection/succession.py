# SPDX-License-Identifier: Apache-2.0
"""Which accounts of a campaign may have taken another's place: they began soon after it ended.

An account has *ended* where it was contained, or fell silent for many times its own pace. Its *successor* is an account
of another organisation that was new then. One that merely began next is a proposal for a person to look at; whether
more of them began so soon than newcomers do in general is what ``facets.inheritance`` weighs.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.detection.census import Census
from stillwatch.detection.interface import Case
from stillwatch.detection.tempo import HOUR_S, gaps

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SILENT_GAPS = 4.0
"""Mean gaps of its own without an exchange, after which an account has fallen silent."""
NEW_AFTER_S = 12 * HOUR_S
"""Seconds after watching began from which who is first seen is new."""
SOON_S = 12 * HOUR_S
"""Seconds after an end within which a beginning is proposed as a succession."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """One account that may have taken another's place. Rows are those of the census."""

    row: int
    predecessor: int
    lag_s: float
    """Seconds from the one's end to the other's first exchange."""


def are_new(census: Census, rows: Ints) -> Bools:
    """Say which accounts were first seen well after watching began."""
    return census.total_first[rows] - census.started_s > np.maximum(NEW_AFTER_S, SILENT_GAPS * gaps(census.life(rows)))


def ends(case: Case) -> tuple[Ints, Doubles]:
    """Give the group's accounts, and its campaign's earlier ones, that have ended, in order of their ends.

    Returns:
        Rows of the census, and instants in seconds since the epoch. Who goes on although it was contained, as in a
        log of the past, ended when it was contained.
    """
    census = case.census
    rows = np.union1d(case.rows, np.array(sorted(case.earlier), np.int64))
    last = census.total_last[rows]
    is_silent = np.isfinite(last) & (case.now_s - last > SILENT_GAPS * gaps(census.life(rows)))
    contained = np.array([case.earlier.get(row, np.inf) for row in rows.tolist()])
    ended = np.where(is_silent, last, contained)
    rows, ended = rows[np.isfinite(ended)], ended[np.isfinite(ended)]
    order = np.lexsort((rows, ended))
    return rows[order], ended[order]


def lags(began: Doubles, ended: Doubles) -> Doubles:
    """Give the seconds from the last end before each beginning; infinite where there is none.

    Args:
        began: Instants in seconds. Any shape.
        ended: Ascending.
    """
    at = np.searchsorted(ended, began) - 1
    found: Doubles = np.where(at >= 0, began - ended[np.maximum(at, 0)], np.inf) if len(ended) else began + np.inf
    return found


def successions(case: Case) -> tuple[Succession, ...]:
    """Propose for each newcomer of the group the account of another organisation that ended last before it began.

    Nobody is taken for the predecessor of two. Sorted by the newcomers' beginnings.
    """
    census = case.census
    rows, ended = ends(case)
    new = case.rows[are_new(census, case.rows)]
    taken: set[int] = set()
    found = []
    for row in new[np.argsort(census.total_first[new], kind="stable")].tolist():
        began = float(census.total_first[row])
        for at in range(int(np.searchsorted(ended, began)) - 1, -1, -1):
            other, lag_s = int(rows[at]), began - float(ended[at])
            if lag_s > SOON_S:
                break
            if other not in taken and other != row and census.org[other] != census.org[row]:
                taken.add(other)
                found.append(Succession(row=row, predecessor=other, lag_s=lag_s))
                break
    return tuple(found)
