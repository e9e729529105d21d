# SPDX-License-Identifier: Apache-2.0
"""A class: one address, accounts made in the same hour, the same questions in the same lesson."""

from stillwatch.arena.schedule import DAY_US, HOUR_US, SECOND_US, START_US, Caller, Planned
from stillwatch.arena.world import World


def classroom(world: World, count: int) -> tuple[list[Caller], list[Planned]]:
    """The pupils of one class, over a few lessons."""
    dice = world.dice.spawn("classroom")
    address = world.address(dice)
    enrolled = START_US - int(dice.uniform(1, 6) * DAY_US)
    lessons = [START_US + day * DAY_US + 9 * HOUR_US for day in sorted(dice.some(range(world.days), 4))]
    assignments = [world.library.assignment(dice.spawn(f"lesson {index}")) for index in range(len(lessons))]
    callers, planned = [], []
    for _ in range(count):
        caller = world.caller("classroom", address=address, signup_us=enrolled + int(dice.uniform(0, 1) * HOUR_US))
        own = world.chance_for(caller)
        callers.append(caller)
        for number, (start, questions) in enumerate(zip(lessons, assignments, strict=True)):
            at = start + int(own.uniform(0, 2_400) * SECOND_US)
            for question in own.some(questions, own.between(1, 4)):
                planned.append(
                    Planned(
                        at_us=at,
                        caller=caller,
                        prompt=question,
                        conversation=f"{caller.account_id}-{number}",
                        max_tokens=32,
                    )
                )
                at += int(own.around(90, 0.6) * SECOND_US)
    return callers, planned
