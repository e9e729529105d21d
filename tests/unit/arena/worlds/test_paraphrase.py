# SPDX-License-Identifier: Apache-2.0
import re

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.prompts.generated import GeneratedLibrary
from stillwatch.arena.worlds.paraphrase import rephrase

TEXTS = [text.prompt for text in GeneratedLibrary().harvest(200, Dice(1))]


def test_the_same_dice_give_the_same_words() -> None:
    assert rephrase(TEXTS[0], Dice(3)) == rephrase(TEXTS[0], Dice(3))


def test_nearly_every_text_is_changed_and_rarely_twice_alike() -> None:
    changed = [rephrase(text, Dice(number)) for number, text in enumerate(TEXTS)]
    assert sum(one != other for one, other in zip(changed, TEXTS, strict=True)) > 190
    assert len({rephrase(TEXTS[0], Dice(seed)) for seed in range(40)}) > 30


def test_what_a_problem_is_about_survives() -> None:
    for number, text in enumerate(TEXTS):
        names = set(re.findall(r"\b1?[3-9][0-9]+\b", text))
        assert names <= set(re.findall(r"\d+", rephrase(text, Dice(number))))
