# SPDX-License-Identifier: Apache-2.0
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.detection.slots import SKELETON_CHARS, SLOT, head_hashes, skeleton

ASCII = st.lists(st.sampled_from([*"`\"'aA1. ,;\n_:-/\x00", "```", "a, Anna Weber", "; X9 Y", "3.14", "of Tom B"])).map(
    "".join
)
ANY = st.lists(st.sampled_from([*'`"“”「」aA1é٣². \n\x00', "\ud800", "```", "a, Éva", "は Ab", "z Ab Écd"])).map(
    "".join
)


def _alone(texts: list[str]) -> list[int]:
    return [crc32(SLOT.sub("§", text[:SKELETON_CHARS]).encode("utf-8", "replace")) for text in texts]


@settings(deadline=None, max_examples=500)
@given(st.lists(ASCII, max_size=5))
def test_skeletons_of_ascii_are_those_of_each_text_alone(texts: list[str]) -> None:
    assert head_hashes(texts, are_ascii=True) == _alone(texts)


@settings(deadline=None, max_examples=500)
@given(st.lists(ANY | st.text(st.characters()), max_size=5))
def test_skeletons_of_any_text_are_those_of_each_text_alone(texts: list[str]) -> None:
    assert head_hashes(texts, are_ascii=False) == _alone(texts)


@pytest.mark.parametrize("piece", ["```", "`", '"', "“", "「", "1", "1:", "a Ab ", "“\n"])
@pytest.mark.timeout(20)
def test_what_is_built_to_make_matching_slow_does_not(piece: str) -> None:
    texts = [piece * 10_000] * 2_000
    assert head_hashes(texts, are_ascii=False) == _alone(texts[:1]) * 2_000


@settings(deadline=None, max_examples=500)
@given(st.lists(st.sampled_from(["“", "”", "「", "」", "\n", "a", '"', "`", "1", "\udc80", "\udc81"]), max_size=60))
def test_a_skeleton_is_what_the_slots_of_a_sketch_leave(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert skeleton(text) == SLOT.sub("§", text)


@pytest.mark.parametrize("text", ["“" * 1_536, "「" * 1_536, "”" + "“" * 1_535, '"“' * 768, "“\n" * 700 + "“" * 136])
@pytest.mark.timeout(20)
def test_quotations_that_nothing_closes_are_passed_over_in_one_go(text: str) -> None:
    for _ in range(2_000):
        skeleton(text)
