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
SAME_PACE = 0.7
"""Difference of two paces' natural logarithms below which they are the same."""


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
    return _relate(_pace(one, started_s, now_s), _pace(other, started_s, now_s), now_s - started_s)


def relations_of(
    life: Life, first: npt.NDArray[np.int64], second: npt.NDArray[np.int64], *, started_s: float, now_s: float
) -> dict[str, Bools]:
    """The same of pairs of one list of accounts, given by their places in it."""
    pace = _pace(life, started_s, now_s)
    # Most pairs go different paces, and then nothing else need be asked.
    alike = np.flatnonzero(np.abs(pace.log_pace[first] - pace.log_pace[second]) < SAME_PACE)
    of_alike = _relate(pace.take(first[alike]), pace.take(second[alike]), now_s - started_s)
    found = {name: np.zeros(len(first), np.bool_) for name in RELATIONS}
    for name, held in of_alike.items():
        found[name][alike] = held
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    """What tells in which relations a life can stand. Arrays of any one shape."""

    first: Doubles
    last: Doubles
    gap: Doubles
    log_pace: Doubles
    log_span: Doubles
    is_bounded: Bools
    has_begun: Bools
    has_passed: Bools

    def take(self, rows: npt.NDArray[np.int64]) -> "_Pace":
        return _Pace(**{name: getattr(self, name)[rows] for name in self.__slots__})


def _pace(life: Life, started_s: float, now_s: float) -> _Pace:
    span, gap = _span_and_gap(life)
    return _Pace(
        first=life.first,
        last=life.last,
        gap=gap,
        log_pace=np.log(life.count / span),
        log_span=np.log(span),
        is_bounded=_is_bounded(life, gap, started_s, now_s),
        has_begun=life.first - started_s > 3 * gap,
        has_passed=_came_and_went(life, gap, started_s, now_s),
    )


def _relate(one: _Pace, other: _Pace, watched_s: float) -> dict[str, Bools]:
    same_pace = np.abs(one.log_pace - other.log_pace) < SAME_PACE
    reach = np.clip(2.0 * np.maximum(one.gap, other.gap), 6 * HOUR_S, 36 * HOUR_S)
    apart = np.abs(one.first - other.first)
    # Nothing is told to within a quarter of the time watched, nor by two lives that fill it from end to end.
    reach = np.minimum(reach, 0.25 * max(watched_s, 1.0))
    together = (apart < reach) & (np.abs(one.last - other.last) < reach) & one.is_bounded & other.is_bounded
    begun = one.has_begun & other.has_begun & (apart < 36 * HOUR_S)
    passing = one.has_passed & other.has_passed & (np.abs(one.log_span - other.log_span) < 0.5)
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
