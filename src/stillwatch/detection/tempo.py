# SPDX-License-Identifier: Apache-2.0
"""When two accounts keep the same time: three relations between their lives and paces.

- ``together``: they begin and end within a few mean gaps of each other, at the same pace;
- ``begun``: both began while we were watching, within a day and a half, at the same pace;
- ``passing``: both came and went while we were watching, lived equally long, at the same pace, whenever that was: what
  accounts do that are replaced when they are spent.

People's accounts stand in these relations too; what counts is whether accounts that talk alike do so more often than
accounts in general.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

HOUR_S = 3_600.0
DAY_S = 86_400.0
RELATIONS = ("together", "begun", "passing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """Lives of accounts, arrays of any one shape; they broadcast against each other."""

    first: Doubles
    last: Doubles
    count: Doubles

    def take(self, rows: npt.NDArray[np.int64]) -> "Life":
        """The lives of some of the accounts."""
        return Life(first=self.first[rows], last=self.last[rows], count=self.count[rows])

    def column(self) -> "Life":
        """The same as a column, to meet every account of a row."""
        return Life(first=self.first[..., :, None], last=self.last[..., :, None], count=self.count[..., :, None])

    def row(self) -> "Life":
        """The same as a row, to meet every account of a column."""
        return Life(first=self.first[..., None, :], last=self.last[..., None, :], count=self.count[..., None, :])


def relations(one: Life, other: Life, *, started_s: float, now_s: float) -> dict[str, Bools]:
    """Say of each pair in which relations it stands.

    Args:
        one: Lives of the first accounts.
        other: Lives of the second; broadcast against the first.
        started_s: When watching began. A life that began near then may have begun earlier.
        now_s: The present. A life that was active near now may go on.
    """
    span_one, gap_one = _span_and_gap(one)
    span_other, gap_other = _span_and_gap(other)
    same_pace = np.abs(np.log(one.count / span_one) - np.log(other.count / span_other)) < 0.7
    reach = np.clip(2.0 * np.maximum(gap_one, gap_other), 6 * HOUR_S, 36 * HOUR_S)
    apart = np.abs(one.first - other.first)
    # Nothing is told to within a quarter of the time watched, nor by two lives that fill it from end to end.
    reach = np.minimum(reach, 0.25 * max(now_s - started_s, 1.0))
    together = (apart < reach) & (np.abs(one.last - other.last) < reach)
    together &= _is_bounded(one, gap_one, started_s, now_s) & _is_bounded(other, gap_other, started_s, now_s)
    begun = (one.first - started_s > 3 * gap_one) & (other.first - started_s > 3 * gap_other) & (apart < 36 * HOUR_S)
    passing = (
        _came_and_went(one, gap_one, started_s, now_s)
        & _came_and_went(other, gap_other, started_s, now_s)
        & (np.abs(np.log(span_one) - np.log(span_other)) < 0.5)
    )
    return {"together": together & same_pace, "begun": begun & same_pace, "passing": passing & same_pace}


def gaps(life: Life) -> Doubles:
    """Give each account's mean time between exchanges, in seconds, kept between an hour and a day and a half."""
    return _span_and_gap(life)[1]


def _span_and_gap(life: Life) -> tuple[Doubles, Doubles]:
    span = np.maximum(life.last - life.first, HOUR_S)
    return span, np.clip(span / np.maximum(life.count - 1.0, 1.0), HOUR_S, 36 * HOUR_S)


def _is_bounded(life: Life, gap: Doubles, started_s: float, now_s: float) -> Bools:
    """Its beginning or its end lies within the time watched."""
    bounded: Bools = (life.first - started_s > 4 * gap) | (now_s - life.last > 4 * gap)
    return bounded


def _came_and_went(life: Life, gap: Doubles, started_s: float, now_s: float) -> Bools:
    """A single batch run comes and goes too, so a life counts only from 18 hours on."""
    gone: Bools = (now_s - life.last > 4 * gap) & (life.first - started_s > 4 * gap)
    return gone & (life.last - life.first > 18 * HOUR_S)
