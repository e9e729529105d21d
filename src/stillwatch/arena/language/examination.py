# SPDX-License-Identifier: Apache-2.0
"""A public examination: the same questions in the same words for everybody who runs it.

Its text does not depend on the rehearsal's seed, because a public benchmark does not depend on who runs it.
"""

from functools import cache

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.language.worked_problems import problem

_EDITION = 2026
QUESTIONS = 400
"""How many questions the examination has."""


@cache
def examination() -> tuple[str, ...]:
    """Every question, in order, in the form in which an evaluation harness sends it."""
    dice = Dice(_EDITION, "examination")
    return tuple(_rendered(index, dice) for index in range(QUESTIONS))


def _rendered(index: int, dice: Dice) -> str:
    posed = problem(dice)
    wrong = [str(dice.between(2, 900)) for _ in range(3)]
    options = dice.shuffled([posed.answer, *wrong])
    lines = "\n".join(f"{letter}. {option}" for letter, option in zip("ABCD", options, strict=True))
    return f"The following is question {index + 1} of a multiple choice test.\n\n{posed.question}\n{lines}\nAnswer:"
