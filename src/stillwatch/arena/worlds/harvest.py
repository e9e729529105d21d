# SPDX-License-Identifier: Apache-2.0
"""What operators come for: prompts of one field each, as somebody who trains a student would send them.

A folder of real corpora says itself what distillers send; the fields then only seed the choice among its corpora.
"""

from stillwatch.arena.language.code_tasks import Repository, function_task
from stillwatch.arena.language.dice import Dice
from stillwatch.arena.language.lexicon import SUBJECTS
from stillwatch.arena.language.talk import CONTEXTS, CORES, fill
from stillwatch.arena.language.worked_problems import FAMILIES
from stillwatch.arena.prompts.generated import GeneratedLibrary
from stillwatch.arena.prompts.interface import Library, Text
from stillwatch.arena.worlds.description import Field

_ENOUGH_TRIES = 40
"""Draws for each text wanted, before repeats are let in: a small grammar runs out of different texts."""


def corpus(field: Field, library: Library, count: int, dice: Dice) -> list[Text]:
    """``count`` prompts of a field, different from each other as far as its grammar reaches."""
    if field == "reasoning" or not isinstance(library, GeneratedLibrary):
        return library.harvest(count, dice.spawn(field))
    found: dict[str, Text] = {}
    for _ in range(count * _ENOUGH_TRIES):
        if len(found) >= count:
            break
        prompt = _prompt(field, dice)
        found[prompt] = Text(prompt)
    texts = list(found.values())
    return [texts[index % len(texts)] for index in range(count)]


def _prompt(field: Field, dice: Dice) -> str:
    if field == "problems":
        return dice.pick(FAMILIES)(dice).question
    if field == "code":
        return function_task(dice).question
    if field == "agentic":
        return f"Repository with {dice.between(3, 90)} files. Task: {Repository(dice).chore()}"
    if field == "grading":
        posed = dice.pick(FAMILIES)(dice)
        marks = dice.pick(("correctness", "clarity", "completeness", "rigour"))
        return (
            f"Grade this answer for {marks} from 1 to 5 and say why.\n\nQuestion: {posed.question}\n\nAnswer: "
            f"{posed.steps if dice.chance(0.5) else posed.answer}"
        )
    subject = dice.pick(SUBJECTS)
    text = fill(dice.pick(CORES) + dice.pick(CONTEXTS), subject, dice)
    return text[0].upper() + text[1:]
