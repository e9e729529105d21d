# SPDX-License-Identifier: Apache-2.0
import re

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.language.lexicon import SUBJECTS
from stillwatch.arena.language.talk import CONTEXTS, CORES, FOLLOW_UPS, Voice, fill


def words_of(texts: list[str]) -> set[str]:
    return {word for text in texts for word in re.findall(r"[a-z]{4,}", text.lower())}


def test_every_template_can_be_filled_for_every_subject() -> None:
    dice = Dice(1)
    for template in (*CORES, *CONTEXTS, *FOLLOW_UPS):
        for subject in SUBJECTS:
            assert "{" not in fill(template, subject, dice)


def test_person_keeps_to_the_words_of_their_own_subjects() -> None:
    voice = Voice(Dice(5, "one"))
    said = " ".join(voice.opening() + " " + voice.follow_up() for _ in range(60)).lower()
    own = [thing for subject in voice.subjects for thing in subject.things if thing in said]
    foreign = [
        thing
        for subject in SUBJECTS
        if subject not in voice.subjects
        for thing in subject.things
        if len(thing) > 6 and thing in said
    ]
    assert len(own) > 5 * len(foreign)


def test_a_person_is_more_like_themselves_than_like_another() -> None:
    first, again, other = (words_of([v.opening() for _ in range(40)]) for v in _two_halves_and_a_stranger())
    assert len(first & again) / len(first | again) > 2 * len(first & other) / len(first | other)


def _two_halves_and_a_stranger() -> tuple[Voice, Voice, Voice]:
    one = Voice(Dice(5, "one"))
    return one, one, Voice(Dice(5, "another"))


def test_same_dice_give_the_same_person() -> None:
    one, two = Voice(Dice(9, "x")), Voice(Dice(9, "x"))
    assert [one.opening() for _ in range(5)] == [two.opening() for _ in range(5)]
