# SPDX-License-Identifier: Apache-2.0
"""When callers call: people by day, machines by the clock. All instants are microseconds since the epoch."""

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.schedule import DAY_US, HOUR_US, SECOND_US, START_US


def by_day(dice: Dice, count: int, *, days: int, zone: float | None = None) -> list[int]:
    """Sessions of a person: in the waking hours of one time zone, fewer at the weekend.

    Args:
        dice: The person's chance.
        count: How many sessions.
        days: The length of the rehearsal.
        zone: Hours ahead of UTC; drawn where not given.
    """
    ahead = dice.uniform(-8, 9) if zone is None else zone
    found: list[int] = []
    while len(found) < count:
        day = dice.below(days)
        if day % 7 >= 5 and dice.chance(0.55):
            continue
        hour = min(max(dice.normal(14.5, 3.6), 6.0), 23.9)
        at = START_US + day * DAY_US + int((hour - ahead) * HOUR_US)
        if START_US <= at < START_US + days * DAY_US:
            found.append(at)
    return sorted(found)


def steadily(dice: Dice, count: int, *, start_us: int, end_us: int) -> list[int]:
    """Instants spread evenly by chance over a span: what many independent end users look like together."""
    return sorted(int(dice.uniform(start_us, end_us)) for _ in range(count))


def at_intervals(dice: Dice, count: int, *, start_us: int, end_us: int) -> list[int]:
    """A timer with a little jitter."""
    step = (end_us - start_us) / max(1, count)
    return [int(start_us + step * (index + 0.1 * dice.uniform(0, 1))) for index in range(count)]


def nightly(dice: Dice, count: int, *, days: int) -> list[int]:
    """A batch that runs once a day at the same hour, one item after the other."""
    hour, each = dice.uniform(0, 24), max(1, -(-count // days))
    pause = dice.uniform(0.6, 4.0) * SECOND_US
    found = []
    for index in range(count):
        day, place = divmod(index, each)
        found.append(int(START_US + day * DAY_US + hour * HOUR_US + place * pause))
    return [at for at in found if at < START_US + days * DAY_US]
