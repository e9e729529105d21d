# SPDX-License-Identifier: Apache-2.0
"""Machines of single customers: single prompts without conversation, which is how harvesters look one by one."""

import numpy as np
from numpy.typing import NDArray

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.schedule import DAY_US, SECOND_US, START_US
from stillwatch.arena.worlds.draft import Draft, Manner
from stillwatch.arena.worlds.harvest import corpus


def pipelines(draft: Draft, count: int) -> None:
    """Bulk work of one customer each: classification, translation, summaries, under a system prompt of its own."""
    for _ in range(count):
        account = draft.account("pipeline")
        chance, dice = draft.chance_of(account)
        system, item = draft.library.job(dice)
        size = _size(chance, 180)
        manner = Manner(
            temperature=float(chance.choice([0.0, 0.0, 0.2, 0.7])),
            max_tokens=int(chance.choice([16, 64, 256, 1024])),
            answer_tokens=40,
        )
        draft.say(
            account, _machine_times(draft, chance, size), [item() for _ in range(size)], system=system, manner=manner
        )


def back_ends(draft: Draft, count: int) -> None:
    """An application's server: single questions of many end users under one account, with or without instructions."""
    for _ in range(count):
        account = draft.account("back end")
        chance, dice = draft.chance_of(account)
        size = _size(chance, 250)
        users = [draft.library.person(dice.spawn(f"user {number}")) for number in range(dice.between(15, 60))]
        system = dice.pick(("", "", "Answer briefly.", f"You are the assistant of app {dice.token(4)}."))
        prompts = [dice.pick(users).opening() for _ in range(size)]
        if dice.chance(0.3):  # a tutor's application: its pupils paste what they were set
            homework = _homework(draft, dice, size)
            prompts = [own if dice.chance(0.4) else set_ for own, set_ in zip(prompts, homework, strict=True)]
        at_us = draft.arrivals.service(chance, size, days=draft.days)
        draft.say(account, at_us, prompts, system=system, manner=Manner(is_streamed=True))


def hobby_bots(draft: Draft, count: int) -> None:
    """Somebody's bot: one taste, a timer, switched on at some point and often off again."""
    for _ in range(count):
        account = draft.account("hobby bot")
        chance, dice = draft.chance_of(account)
        talker = draft.library.person(dice.spawn("taste"))
        size = max(5, round(chance.lognormal(np.log(50), 0.7)))
        begin = START_US + chance.uniform(0, 0.5) * draft.days * DAY_US
        span = chance.uniform(0.3, 1.0) * draft.days * DAY_US
        at = (
            (np.arange(size) + 0.1 * chance.random(size)) / size
            if chance.random() < 0.6
            else np.sort(chance.random(size))
        )
        system = dice.pick(("", "", "Answer in one line.", f"You are {dice.token(4)}bot."))
        prompts = [talker.opening() for _ in range(size)]
        draft.say(account, (begin + at * span).astype(np.int64), prompts, system=system, manner=Manner(max_tokens=256))


def prototypers(draft: Draft, count: int) -> None:
    """Developers who try a model on problems before they build with it: single prompts, many that ask for reasoning."""
    for _ in range(count):
        account = draft.account("prototyper")
        chance, dice = draft.chance_of(account)
        size = max(4, round(chance.lognormal(np.log(30), 0.8)))
        talker = draft.library.person(dice.spawn("own"))
        tasks = corpus("reasoning" if chance.random() < 0.5 else "code", draft.library, size, dice.spawn("tasks"))
        share = chance.uniform(0.1, 0.8)
        prompts = [task.prompt if chance.random() < share else talker.opening() for task in tasks]
        starts = draft.arrivals.sessions(chance, size, days=draft.days, zone=chance.uniform(-8, 9))
        draft.say(account, starts, prompts, manner=Manner(reasoning=bool(chance.random() < 0.4)))


def judges(draft: Draft, count: int) -> None:
    """Model evaluation by a model: a question, two answers, a verdict, in batches, under a common template."""
    for _ in range(count):
        account = draft.account("judge")
        chance, dice = draft.chance_of(account)
        size = _size(chance, 150)
        talker = draft.library.person(dice.spawn("questions"))
        prompts = [
            f"Question: {talker.opening()}\n\nAnswer A: {talker.follow_up()}\n\nAnswer B: {talker.follow_up()}\n\n"
            "Which answer is better? Explain, then end with [[A]], [[B]] or [[C]] for a tie."
            for _ in range(size)
        ]
        system = dice.pick(("", "Please act as an impartial judge of two answers."))
        draft.say(account, _batch(draft, chance, size), prompts, system=system, manner=Manner(temperature=0.0))


def evaluations(draft: Draft, count: int) -> None:
    """Runs of one public benchmark: the same questions in the same order, whoever runs it."""
    questions = list(draft.library.examination())
    for _ in range(count):
        account = draft.account("evaluation")
        chance, _ = draft.chance_of(account)
        size = min(len(questions), int(chance.integers(120, 400)))
        at_us = _batch(draft, chance, size)
        draft.say(account, at_us, questions[:size], manner=Manner(temperature=0.0, max_tokens=512, answer_tokens=60))


def _size(chance: np.random.Generator, median: float) -> int:
    return int(np.clip(chance.lognormal(np.log(median), 0.7), 12, 5_000))


def _homework(draft: Draft, dice: Dice, size: int) -> list[str]:
    found: list[str] = []
    while len(found) < size:
        found += draft.library.assignment(dice)
    return found[:size]


def _batch(draft: Draft, chance: np.random.Generator, size: int) -> NDArray[np.int64]:
    """One item after the other, from some instant on."""
    begin = START_US + int(chance.uniform(0, draft.days - 1) * DAY_US)
    return (begin + np.cumsum(chance.exponential(2.5, size)) * SECOND_US).astype(np.int64)


def _machine_times(draft: Draft, chance: np.random.Generator, size: int) -> NDArray[np.int64]:
    """Every night at the same hour, or when the customer's own users come."""
    if chance.random() < 0.6:
        return draft.arrivals.service(chance, size, days=draft.days)
    day, place = np.divmod(np.arange(size), max(1, -(-size // draft.days)))
    pause = chance.uniform(0.6, 4.0)
    return (START_US + day * DAY_US + (chance.uniform(0, 23) * 3_600 + place * pause) * SECOND_US).astype(np.int64)
