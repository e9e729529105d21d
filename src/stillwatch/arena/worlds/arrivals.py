# SPDX-License-Identifier: Apache-2.0
"""Arrival processes by a stated model, for where no measured traces are given.

People: active on some days only, by day in one time zone, fewer at the weekend; log-normal pauses of about a minute.
Agents: steps of about ten seconds, with a person's pause now and then. Servers: a daily wave times bursts, as a renewal
process with gamma gaps whose coefficient of variation is drawn for each client, between 1 and 6.
"""

import numpy as np
from numpy.typing import NDArray

from stillwatch.arena.schedule import DAY_US, HOUR_US, SECOND_US, START_US

Instants = NDArray[np.int64]


class ModelledArrivals:
    """See the module, and ``Arrivals`` for the methods."""

    name = "modelled"

    def sessions(self, chance: np.random.Generator, count: int, *, days: int, zone: float) -> Instants:
        """Sessions on active days: a person who comes often comes on more days, not only more often a day."""
        active = waking_days(chance, days, max(1, round(count * chance.uniform(0.4, 1.0))))
        return np.sort(at_waking_hours(chance, chance.choice(active, count), zone=zone))

    def pauses(self, chance: np.random.Generator, count: int) -> Instants:
        """Log-normal with a median of 65 s."""
        return (chance.lognormal(np.log(65), 0.9, count) * SECOND_US).astype(np.int64)

    def steps(self, chance: np.random.Generator, count: int) -> Instants:
        """Log-normal with a median of 9 s; every eighth is a person's pause."""
        gaps = chance.lognormal(np.log(9), 0.7, count) * SECOND_US
        is_pause = chance.random(count) < 0.125
        gaps[is_pause] = self.pauses(chance, int(is_pause.sum()))
        return gaps.astype(np.int64)

    def service(self, chance: np.random.Generator, count: int, *, days: int) -> Instants:
        """Operational time with gamma gaps, mapped through the daily wave of one time zone."""
        variation = chance.uniform(1.0, 6.0)
        gaps = chance.gamma(1 / variation**2, 1.0, count + 1) + 1e-9
        passed = np.cumsum(gaps)[:-1] / gaps.sum()
        hours = np.arange(days * 24)
        wave = 1.0 + chance.uniform(0.2, 0.95) * np.sin((hours - chance.uniform(0, 24)) / 24 * 2 * np.pi)
        wave *= np.where(hours // 24 % 7 >= 5, chance.uniform(0.3, 1.0), 1.0)
        elapsed = np.concatenate([[0.0], np.cumsum(wave)]) / wave.sum()
        at = np.interp(passed, elapsed, np.arange(days * 24 + 1)) * HOUR_US
        found: Instants = START_US + at.astype(np.int64)
        return found


def waking_days(chance: np.random.Generator, days: int, count: int) -> NDArray[np.int64]:
    """Different days on which a person is there, weekends half as likely."""
    every = np.arange(days)
    weight = np.where(every % 7 >= 5, 0.45, 1.0)
    return chance.choice(every, min(count, days), replace=False, p=weight / weight.sum())


def at_waking_hours(chance: np.random.Generator, day: NDArray[np.int64], *, zone: float) -> Instants:
    """An instant on each of the days, about two in the afternoon of the zone."""
    hour = chance.normal(14.5, 3.6, len(day))
    hour = np.where((hour < 6.0) | (hour > 24.0), chance.uniform(8.0, 23.0, len(day)), hour)
    return START_US + day * DAY_US + ((hour - zone) * HOUR_US).astype(np.int64)
