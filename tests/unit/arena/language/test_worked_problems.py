# SPDX-License-Identifier: Apache-2.0
import re
from collections.abc import Callable

import pytest

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.language.worked_problems import FAMILIES, Problem, problem


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_answer_is_what_the_steps_come_to(family: Callable[[Dice], Problem]) -> None:
    dice = Dice(4)
    for _ in range(50):
        posed = family(dice)
        assert posed.question.rstrip()[-1] in "?."
        numbers = re.findall(r"\d+(?:\.\d+)?", posed.answer)
        # What the answer says must have been reached in the steps (puzzles without numbers name people instead).
        found = numbers or re.findall(r"[A-Z][a-z]+", posed.answer)
        assert any(item in posed.steps for item in found)


def test_change_is_what_was_paid_less_the_price() -> None:
    dice = Dice(8)
    for _ in range(50):
        posed = FAMILIES[0](dice)
        count, price, paid = map(int, re.findall(r"\d+", posed.question))
        assert posed.answer.endswith(f"gets {paid - count * price} coins back.")
        assert paid > count * price


def test_problems_seldom_repeat() -> None:
    dice = Dice(2)
    assert len({problem(dice).question for _ in range(1_000)}) > 950
