# SPDX-License-Identifier: Apache-2.0
from stillwatch.arena.language.lexicon import NAMES, PLACES, SUBJECTS


def test_every_subject_has_words_enough_to_fill_any_template() -> None:
    for subject in SUBJECTS:
        assert len(subject.things) >= 8, subject.name
        assert len(subject.doings) >= 5, subject.name
        assert len(subject.qualities) >= 5, subject.name


def test_no_word_is_empty_and_no_name_is_used_twice() -> None:
    for subject in SUBJECTS:
        assert all(word and word == word.strip() for word in (*subject.things, *subject.doings, *subject.qualities))
    assert len({subject.name for subject in SUBJECTS}) == len(SUBJECTS)
    assert len(set(NAMES)) == len(NAMES)
    assert len(set(PLACES)) == len(PLACES)


def test_subjects_hardly_share_things() -> None:
    things = [thing for subject in SUBJECTS for thing in subject.things]
    assert len(set(things)) > 0.9 * len(things)
