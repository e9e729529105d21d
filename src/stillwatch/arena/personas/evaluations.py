# SPDX-License-Identifier: Apache-2.0
"""Evaluation runs: strangers who each put the same public benchmark to the model, as fast as it answers."""

from stillwatch.arena.schedule import DAY_US, SECOND_US, START_US, Caller, Planned
from stillwatch.arena.world import World


def evaluations(world: World, count: int) -> tuple[list[Caller], list[Planned]]:
    """Strangers with one run each, most of them in the benchmark's own order."""
    questions = world.library.examination()
    callers = [world.caller("evaluation") for _ in range(count)]
    planned = []
    for caller in callers:
        dice = world.chance_for(caller)
        size = min(len(questions), dice.between(100, 180))
        chosen = list(questions[:size]) if dice.chance(0.7) else dice.some(questions, size)
        at = START_US + int(dice.uniform(0.2, world.days - 0.5) * DAY_US)
        for question in chosen:
            planned.append(Planned(at_us=at, caller=caller, prompt=question, temperature=0.0, max_tokens=8))
            at += int(dice.gap(2.0) * SECOND_US) + 1
    return callers, planned
