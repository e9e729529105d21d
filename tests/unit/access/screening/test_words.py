# SPDX-License-Identifier: Apache-2.0
from stillwatch.access.screening.words import ABBREVIATIONS, FILLER, FOREIGN, FORMS


def test_every_translation_is_small_latin_letters_and_no_abbreviation_needs_another() -> None:
    assert all(word.replace(" ", "").isascii() and word == word.lower() for word in FOREIGN.values())
    assert not set(ABBREVIATIONS.values()) & set(ABBREVIATIONS)
    assert not (FILLER | FORMS) & set(ABBREVIATIONS)
