# SPDX-License-Identifier: Apache-2.0
"""Users of agents: thousands share a scaffold's system prompt and tools, each works in a repository of their own."""

from stillwatch.arena.schedule import SECOND_US, Caller, Planned
from stillwatch.arena.timetable import by_day
from stillwatch.arena.world import World

_SCAFFOLDS = (
    (
        "You are a coding agent in the user's repository. Plan first. Use the tools to search, read, edit and run. "
        "Never touch files outside the repository. When a test fails, read it before you change anything. Finish with "
        "a summary."
    ),
    (
        "You are a pair programmer inside an editor. Keep changes small, explain each in one sentence, ask before you "
        "delete anything, and run the tests after every edit. Call one tool at a time and wait for its result."
    ),
)
_TOOLS = (10, 14)
"""How many tools each scaffold offers."""


def agents(world: World, count: int) -> tuple[list[Caller], list[Planned]]:
    """Developers, each with one of the scaffolds."""
    callers = [world.caller("agent") for _ in range(count)]
    return callers, [request for caller in callers for request in _sessions(world, caller)]


def _sessions(world: World, caller: Caller) -> list[Planned]:
    dice = world.chance_for(caller)
    developer = world.library.developer(dice.spawn("repository"))
    scaffold = dice.below(len(_SCAFFOLDS))
    planned = []
    for number, start in enumerate(by_day(dice, max(1, int(dice.around(6.0, 0.6))), days=world.days)):
        at = start
        for turn in range(2 + min(9, int(dice.gap(4.0)))):
            planned.append(
                Planned(
                    at_us=at,
                    caller=caller,
                    prompt=developer.follow_up() if turn else developer.opening(),
                    system=_SCAFFOLDS[scaffold],
                    conversation=f"{caller.account_id}-{number}",
                    stream=True,
                    tools=_TOOLS[scaffold],
                    temperature=0.2,
                )
            )
            at += int(dice.around(25, 0.6) * SECOND_US)
    return planned
