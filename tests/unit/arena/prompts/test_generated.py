# SPDX-License-Identifier: Apache-2.0
from stillwatch.arena.language.dice import Dice
from stillwatch.arena.prompts.generated import GeneratedLibrary

LIBRARY = GeneratedLibrary()


def test_harvest_has_as_many_different_prompts_as_asked_for() -> None:
    texts = LIBRARY.harvest(2_000, Dice(1))
    assert len(texts) == len({text.prompt for text in texts}) == 2_000


def test_most_of_the_harvest_asks_for_reasoning_in_many_wordings() -> None:
    tails = [text.prompt.rpartition("\n\n")[2] for text in LIBRARY.harvest(500, Dice(1)) if "\n\n" in text.prompt]
    assert len(tails) > 400
    assert 6 <= len(set(tails)) <= 8


def test_same_dice_give_the_same_harvest() -> None:
    assert LIBRARY.harvest(50, Dice(4)) == LIBRARY.harvest(50, Dice(4))


def test_examination_is_the_same_whoever_asks() -> None:
    assert GeneratedLibrary().examination() == LIBRARY.examination()


def test_jobs_and_developers_are_their_own() -> None:
    one, two = LIBRARY.job(Dice(1)), LIBRARY.job(Dice(2))
    assert one[0] != two[0]
    assert LIBRARY.developer(Dice(1)).opening() != ""
    assert len(LIBRARY.assignment(Dice(1))) == 10
