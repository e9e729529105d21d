# SPDX-License-Identifier: Apache-2.0
"""Pipelines: one customer's job in bulk, one system prompt of its own, one item after the other."""

from stillwatch.arena.schedule import START_US, Caller, Planned
from stillwatch.arena.timetable import by_day, nightly, steadily
from stillwatch.arena.world import World


def pipelines(world: World, count: int) -> tuple[list[Caller], list[Planned]]:
    """Customers with a job each."""
    callers = [world.caller("pipeline") for _ in range(count)]
    return callers, [request for caller in callers for request in bulk_job(world, caller, median=100.0)]


def bulk_job(world: World, caller: Caller, *, median: float) -> list[Planned]:
    """One job: every night at once, all day long, or in working hours."""
    dice = world.chance_for(caller)
    system, item = world.library.job(dice.spawn("job"))
    count = max(8, int(dice.around(median, 0.5) * world.days / 14))
    style = dice.pick(("night", "steady", "day"))
    if style == "night":
        instants = nightly(dice, count, days=world.days)
    elif style == "steady":
        instants = steadily(dice, count, start_us=START_US, end_us=world.end_us)
    else:
        instants = by_day(dice, count, days=world.days)
    temperature, max_tokens = dice.pick((0.0, 0.0, 0.2, 0.7)), dice.pick((8, 12, 16, 24, 32))
    return [
        Planned(at_us=at, caller=caller, prompt=item(), system=system, temperature=temperature, max_tokens=max_tokens)
        for at in instants
    ]
