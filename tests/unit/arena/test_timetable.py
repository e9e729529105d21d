# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, datetime
from itertools import pairwise

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.schedule import DAY_US, HOUR_US, SECOND_US, START_US
from stillwatch.arena.timetable import at_intervals, by_day, nightly, steadily

END = START_US + 14 * DAY_US


def test_people_sleep_at_night() -> None:
    instants = by_day(Dice(1), 2_000, days=14, zone=0.0)
    hours = [datetime.fromtimestamp(at / 1e6, UTC).hour for at in instants]
    assert sum(hour < 6 for hour in hours) == 0
    assert sum(9 <= hour < 21 for hour in hours) > 0.8 * len(hours)


def test_people_write_less_at_the_weekend() -> None:
    instants = by_day(Dice(1), 4_000, days=14, zone=0.0)
    weekend = sum(datetime.fromtimestamp(at / 1e6, UTC).weekday() >= 5 for at in instants)
    # Two days of seven, each at 45 % of a weekday's rate: 15 % of the whole.
    assert 0.11 < weekend / len(instants) < 0.20


def test_every_timetable_stays_within_the_rehearsal_and_in_order() -> None:
    for instants in (
        by_day(Dice(2), 100, days=14),
        steadily(Dice(2), 100, start_us=START_US, end_us=END),
        at_intervals(Dice(2), 100, start_us=START_US, end_us=END),
        nightly(Dice(2), 100, days=14),
    ):
        assert instants == sorted(instants)
        assert all(START_US <= at < END for at in instants)


def test_timer_keeps_its_interval() -> None:
    instants = at_intervals(Dice(3), 200, start_us=START_US, end_us=END)
    gaps = [b - a for a, b in pairwise(instants)]
    assert max(gaps) < 1.3 * min(gaps)


def test_nightly_batch_runs_once_a_day_in_one_go() -> None:
    instants = nightly(Dice(4), 140, days=14)
    gaps = [b - a for a, b in pairwise(instants)]
    assert sum(gap > 20 * HOUR_US for gap in gaps) == 13
    assert sum(gap <= 4 * SECOND_US for gap in gaps) == len(gaps) - 13
