# SPDX-License-Identifier: Apache-2.0
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.detection.sketch import _TOKEN
from stillwatch.detection.words import Words, join, words_of_any, words_of_ascii


def _by_text(words: Words) -> list[list[int]]:
    return [words.hashes[words.ends[at] : words.ends[at + 1]].tolist() for at in range(len(words.ends) - 1)]


def _alone(texts: list[str]) -> list[list[int]]:
    return [[crc32(one) for one in _TOKEN.findall(text.lower().encode("utf-8", "replace"))] for text in texts]


@settings(deadline=None)
@given(st.lists(st.text(st.characters(max_codepoint=127)), max_size=6))
def test_words_of_ascii_are_those_of_each_text_alone(texts: list[str]) -> None:
    assert _by_text(words_of_ascii(texts)) == _alone(texts)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.text(st.characters()) | st.text(st.sampled_from("aZ_' é写İßд한ا😀\x00\ud800\x85")), max_size=6))
def test_words_of_any_text_are_those_of_each_text_alone(texts: list[str]) -> None:
    assert _by_text(words_of_any(texts)) == _alone(texts)


@pytest.mark.parametrize("character", ["Ā", "߿", "ࠀ", "⿿", "　", "힣", "\ue000", "�", "\U00010000", "\U0010ffff"])
def test_the_first_and_last_characters_of_each_length_are_told_like_alone(character: str) -> None:
    texts = [character * 3, f"a{character}b", f"写{character}д"]
    assert _by_text(words_of_any(texts)) == _alone(texts)


def test_texts_are_put_after_one_another() -> None:
    both = join(words_of_ascii(["one two", ""]), words_of_any(["три", "写四"]))
    assert [len(one) for one in _by_text(both)] == [2, 0, 1, 2]
    assert _by_text(join(words_of_ascii([]), words_of_any([]))) == []
