# SPDX-License-Identifier: Apache-2.0
"""People: conversations of a few messages, by day, about things of their own."""

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.prompts.interface import Talker
from stillwatch.arena.schedule import SECOND_US, Caller, Planned
from stillwatch.arena.timetable import by_day
from stillwatch.arena.world import World


def people(world: World, count: int) -> tuple[list[Caller], list[Planned]]:
    """People who have nothing to do with each other."""
    callers = [world.caller("person") for _ in range(count)]
    return callers, [request for caller in callers for request in chats(world, caller)]


def office(world: World, count: int) -> tuple[list[Caller], list[Planned]]:
    """People who share nothing but the address of the office they sit in."""
    address = world.address(world.dice.spawn("office"))
    callers = [world.caller("office", address=address) for _ in range(count)]
    zone = world.dice.spawn("office zone").uniform(-6, 8)
    return callers, [request for caller in callers for request in chats(world, caller, zone=zone)]


def chats(world: World, caller: Caller, *, zone: float | None = None, median: float = 6.0) -> list[Planned]:
    """One person's conversations over the whole rehearsal; ``median`` of them for the median person."""
    dice = world.chance_for(caller)
    talker = world.library.person(dice.spawn("voice"))
    wants_reasoning = dice.chance(0.12)
    sessions = by_day(dice, max(1, int(dice.around(median, 0.8))), days=world.days, zone=zone)
    return [
        request
        for number, start in enumerate(sessions)
        for request in conversation(
            caller, talker, dice, start, name=f"{caller.account_id}-{number}", reasoning=wants_reasoning
        )
    ]


def conversation(
    caller: Caller, talker: Talker, dice: Dice, start_us: int, *, name: str, reasoning: bool = False
) -> list[Planned]:
    """One conversation: an opening and, mostly, a few more messages a minute or so apart."""
    found, at = [], start_us
    streams = dice.chance(0.5)
    for turn in range(1 + min(6, int(dice.gap(1.6)))):
        found.append(
            Planned(
                at_us=at,
                caller=caller,
                prompt=talker.follow_up() if turn else talker.opening(),
                conversation=name,
                stream=streams,
                reasoning=reasoning,
                temperature=0.7,
                max_tokens=24,
            )
        )
        at += int(dice.around(70, 0.7) * SECOND_US)
    return found
