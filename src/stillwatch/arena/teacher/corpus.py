# SPDX-License-Identifier: Apache-2.0
"""The text from which the teacher learns: questions, reasoning and answers, made by the arena's own grammar."""

from dataclasses import dataclass

from stillwatch.arena.language.code_tasks import Repository, function_task
from stillwatch.arena.language.dice import Dice
from stillwatch.arena.language.documents import JOBS, Trade
from stillwatch.arena.language.examination import examination
from stillwatch.arena.language.lexicon import SUBJECTS
from stillwatch.arena.language.talk import Voice, fill
from stillwatch.arena.language.worked_problems import problem

_ADVICE = (
    "To {doing}, begin with the {thing}. If it is {quality}, wait a day and try again.",
    "A {quality} {thing} is quite normal. Check the {thing2} first, then {doing}.",
    "Most people {doing} too early. Look at the {thing} before anything else.",
    "It depends on the {thing}. When it looks {quality}, it is better to {doing2}.",
    "You do not need a {quality} {thing}. A plain {thing2} will do, as long as you {doing}.",
    "First {doing}. Then look at the {thing}: it should not be {quality}.",
    "Yes, but mind the {thing2}. Once you {doing}, the {thing} can turn {quality}.",
    "In {place} people {doing} with a {thing}. Ask {name} to show you.",
)
_DEFINITIONS = (
    "In {subject}, the {thing} is what lets you {doing}. It works with the {thing2}.",
    "The {thing} and the {thing2} belong together in {subject}: one is {quality}, the other is not.",
    "A {thing} is called {quality} when it no longer lets you {doing}.",
)
_LETTERS = (
    "Dear {name}, the {thing} is {quality}. Could we {doing} on {weekday}? Kind regards",
    "Hello {name}, thank you for the {thing}. I will {doing} in {place} this week.",
)
_LABEL_ANSWERS = ("other", "urgent", "positive", "request", "delivery", "mixed", "technical", "normal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One question with the reasoning and the answer the teacher should learn to give."""

    question: str
    answer: str
    reasoning: str = ""


def lessons(count: int, *, seed: int) -> list[Lesson]:
    """The first ``count`` lessons of a seed; a longer list begins with a shorter one."""
    dice = Dice(seed, "lessons")
    return [dice.weighted(_KINDS, _WEIGHTS)(dice) for _ in range(count)]


def _worked(dice: Dice) -> Lesson:
    posed = problem(dice)
    return Lesson(question=posed.question, reasoning=posed.steps, answer=posed.answer)


def _examined(dice: Dice) -> Lesson:
    return Lesson(question=dice.pick(examination()), answer=dice.pick("ABCD"))


def _programmed(dice: Dice) -> Lesson:
    task = function_task(dice)
    return Lesson(
        question=task.question,
        reasoning=f"We need a function that goes through the records once. {task.remark}",
        answer=f"{task.code}\n{task.remark}",
    )


def _agentic(dice: Dice) -> Lesson:
    repository = Repository(dice)
    return Lesson(
        question=repository.chore(),
        reasoning="Read the file first, then run the tests.",
        answer=f"I will read the file and run the tests. {repository.chore().capitalize()}: done.",
    )


def _chatted(dice: Dice) -> Lesson:
    voice = Voice(dice)
    question = voice.opening()
    subject = dice.pick(voice.subjects)
    advice = fill(dice.pick(_ADVICE + _LETTERS), subject, dice)
    return Lesson(
        question=question,
        reasoning=fill(
            "The question is about {subject}. The {thing} matters most, so answer that first.", subject, dice
        ),
        answer=f"{advice} {fill(dice.pick(_ADVICE), subject, dice)}",
    )


def _defined(dice: Dice) -> Lesson:
    subject = dice.pick(SUBJECTS)
    return Lesson(
        question=fill("What does {thing} mean in {subject}?", subject, dice),
        reasoning=fill("The word belongs to {subject}. Say what it does.", subject, dice),
        answer=fill(dice.pick(_DEFINITIONS), subject, dice),
    )


def _worked_through(dice: Dice) -> Lesson:
    trade = Trade(dice)
    system, item = dice.pick(JOBS)(trade, dice)
    text = item()
    label = dice.pick(_LABEL_ANSWERS)
    answer = label if "abel" in system or "Answer with" in system else trade.sentence()
    return Lesson(question=f"{system}\n{text}", answer=answer)


_KINDS = (_worked, _chatted, _defined, _programmed, _agentic, _worked_through, _examined)
_WEIGHTS = (30, 30, 10, 12, 6, 10, 2)
