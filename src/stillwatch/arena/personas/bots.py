# SPDX-License-Identifier: Apache-2.0
"""Bots and application back ends: single prompts, no conversation, by a timer or for many end users at once.

Account by account they look more like a harvester than anybody else does.
"""

from stillwatch.arena.schedule import DAY_US, START_US, Caller, Planned
from stillwatch.arena.timetable import at_intervals, by_day, steadily
from stillwatch.arena.world import World


def hobby_bots(world: World, count: int) -> tuple[list[Caller], list[Planned]]:
    """Somebody's bot: one taste, a timer, switched on at some point and often off again."""
    callers = [world.caller("hobby bot") for _ in range(count)]
    planned = []
    for caller in callers:
        dice = world.chance_for(caller)
        talker = world.library.person(dice.spawn("taste"))
        start = START_US + int(dice.uniform(0, 0.5) * world.days * DAY_US)
        end = min(world.end_us, start + int(dice.uniform(0.3, 1.0) * world.days * DAY_US))
        size = max(5, int(dice.around(50, 0.7)))
        timer = at_intervals if dice.chance(0.6) else steadily
        system = dice.pick(("", "", "Answer in one line.", f"You are {caller.account_id[5:9]}bot."))
        planned += [
            Planned(at_us=at, caller=caller, prompt=talker.opening(), system=system, max_tokens=20, temperature=1.0)
            for at in timer(dice, size, start_us=start, end_us=end)
        ]
    return callers, planned


def back_ends(world: World, count: int) -> tuple[list[Caller], list[Planned]]:
    """An application's server: the questions of many end users, each in a voice of their own, under one account."""
    callers = [world.caller("back end") for _ in range(count)]
    planned = []
    for caller in callers:
        dice = world.chance_for(caller)
        users = [world.library.person(dice.spawn(f"user {number}")) for number in range(dice.between(12, 40))]
        size = max(20, int(dice.around(150, 0.5) * world.days / 14))
        if dice.chance(0.5):
            instants = steadily(dice, size, start_us=START_US, end_us=world.end_us)
        else:
            instants = by_day(dice, size, days=world.days)
        system = dice.pick(("", "Answer briefly.", f"You are the assistant of app {caller.org_id[4:8]}."))
        planned += [
            Planned(at_us=at, caller=caller, prompt=dice.pick(users).opening(), system=system, stream=True)
            for at in instants
        ]
    return callers, planned
