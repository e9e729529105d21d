# SPDX-License-Identifier: Apache-2.0
import numpy as np

from stillwatch.arena.schedule import DAY_US, START_US
from stillwatch.arena.worlds.arrivals import ModelledArrivals, waking_days

ARRIVALS = ModelledArrivals()


def test_people_come_by_day_in_their_zone() -> None:
    at_us = ARRIVALS.sessions(np.random.default_rng(1), 2_000, days=14, zone=0.0)
    hours = (at_us - START_US) % DAY_US / DAY_US * 24
    assert ((hours > 6) & (hours < 24)).mean() > 0.99
    assert (np.diff(at_us) >= 0).all()


def test_a_person_is_there_on_some_days_only() -> None:
    assert len(set(waking_days(np.random.default_rng(1), 14, 5))) == 5
    assert len(waking_days(np.random.default_rng(1), 3, 50)) == 3


def test_servers_stay_within_the_log_and_burst() -> None:
    spread = []
    for seed in range(30):
        at_us = ARRIVALS.service(np.random.default_rng(seed), 400, days=14)
        assert at_us.min() >= START_US
        assert at_us.max() <= START_US + 14 * DAY_US
        gaps = np.diff(at_us)
        spread.append(gaps.std() / gaps.mean())
    # Evenly random instants have a coefficient of variation of 1.
    assert np.median(spread) > 1.5


def test_agents_step_faster_than_people_write() -> None:
    chance = np.random.default_rng(1)
    assert np.median(ARRIVALS.steps(chance, 2_000)) * 3 < np.median(ARRIVALS.pauses(chance, 2_000))
