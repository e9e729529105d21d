# SPDX-License-Identifier: Apache-2.0
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.detection.sketch import _TOKEN, _WORD_BYTES, FEATURE_LIMIT, decode, sketch
from stillwatch.detection.slots import SLOT
from stillwatch.records.exchange import Exchange


def _exchange(prompt: str, system: str | None = None, turn: int | None = 0) -> Exchange:
    return Exchange(
        exchange_id="x", ts_us=0, org_id="o", account_id="a", model="m", prompt=prompt, system=system, turn=turn
    )


ANY_TEXT = st.text(st.characters(), max_size=4_000)


@settings(deadline=None)
@given(ANY_TEXT, ANY_TEXT)
def test_any_text_gives_a_small_sketch_that_can_be_read(prompt: str, system: str) -> None:
    data = sketch(_exchange(prompt, system))
    seen = decode(data)
    assert len(data) <= 400
    assert len(seen.features) <= FEATURE_LIMIT
    assert len(np.unique(seen.features)) >= len(seen.features) - 2
    assert data == sketch(_exchange(prompt, system))


@pytest.mark.parametrize(
    "prompt", ["\ud800\udfff" * 50, "\x00" * 3_000, "é" * 3_000, "'" * 2_000, "`" * 5_000, '"' * 4_999]
)
def test_hostile_text_is_no_exception(prompt: str) -> None:
    assert len(sketch(_exchange(prompt, prompt))) <= 400


def test_of_a_megabyte_only_the_ends_are_read() -> None:
    filling = "word " * 200_000
    one, other = (
        sketch(_exchange("begin " + filling + " end")),
        sketch(_exchange("begin " + filling + filling + " end")),
    )
    assert decode(one).bands == decode(other).bands


def test_a_template_shows_through_its_fillings() -> None:
    one = decode(sketch(_exchange('Write a tale about 17 cats called "Tom" for Anna Weber, please.')))
    other = decode(sketch(_exchange('Write a tale about 240 cats called "Mia the Great" for Karl, please.')))
    assert one.head_hash == other.head_hash
    assert one.prompt_hash != other.prompt_hash


def test_a_system_prompt_with_a_serial_number_is_one_system_prompt() -> None:
    one = decode(sketch(_exchange("hi", "You are assistant 3fa21b of our service.")))
    other = decode(sketch(_exchange("hi", "You are assistant 90c4e7 of our service.")))
    assert one.system_hash == other.system_hash != decode(sketch(_exchange("hi"))).system_hash


def test_near_duplicates_share_a_band() -> None:
    text = "Explain how a bicycle stays upright when nobody sits on it and why it falls over in the end on a slope."
    one, other = decode(sketch(_exchange(text))), decode(sketch(_exchange(text.replace("slope", "hill"))))
    assert set(one.bands) & set(other.bands)


def test_a_hash_abstains_from_content_and_keeps_identity() -> None:
    hashed = "sha256:" + "ab" * 32
    seen = decode(sketch(_exchange(hashed)))
    assert not seen.has_content
    assert len(seen.features) == 0
    assert seen.prompt_hash == decode(sketch(_exchange(hashed))).prompt_hash != 0


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Good morning", "latin"),
        ("写一篇关于海的文章", "cjk"),
        ("Напиши рассказ о море", "cyrillic"),
        ("اكتب قصة", "other"),
        ("", "none"),
    ],
)
def test_the_script_is_told(text: str, script: str) -> None:
    assert decode(sketch(_exchange(text))).script == script


def test_case_and_spacing_do_not_make_another_prompt() -> None:
    assert decode(sketch(_exchange("Hello  World"))).prompt_hash == decode(sketch(_exchange("hello world"))).prompt_hash


@pytest.mark.parametrize(
    ("prompt", "cue"),
    [
        ("First write out the complete chain of thought, then answer.", "reasoning"),
        ("Imagine the internal reasoning behind a completed response.", "reconstruction"),
        ("请逐步推理并给出答案", "reasoning"),
        ("Come up with a diverse task instructions list of 20.", "task_generation"),
    ],
)
def test_cues_are_found_in_several_languages(prompt: str, cue: str) -> None:
    assert cue in decode(sketch(_exchange(prompt))).cues


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x02" + bytes(80), sketch(_exchange("hello world"))[:-1]])
def test_bytes_that_are_no_sketch_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="sketch"):
        decode(data)


def test_a_follow_up_is_no_first_message() -> None:
    assert decode(sketch(_exchange("hi", turn=None))).is_single_turn
    assert not decode(sketch(_exchange("hi", turn=2))).is_single_turn


@settings(deadline=None)
@given(st.text(st.characters(max_codepoint=127), max_size=500))
def test_splitting_ascii_gives_the_words_that_matching_gives(text: str) -> None:
    data = text.lower().encode()
    assert data.translate(_WORD_BYTES).split() == _TOKEN.findall(data)


PLAIN_SLOT = re.compile(
    r"""```.*?(?:```|\Z)|`[^`\n]*`|"[^"\n]*"|“[^”\n]*”|「[^」\n]*」"""
    r"""|\d\w*(?:[.,:/-]\d+)*|(?<=[a-z,;] )[A-Z]\w+(?: [A-Z]\w+)*""",
    re.DOTALL,
)
"""What becomes a slot, as one would write it down."""


@given(st.text(alphabet='`"“”「」\n 012.,:/-;aAbBéÉ_日٣²', max_size=60))
def test_slots_are_what_they_are_said_to_be(text: str) -> None:
    assert SLOT.sub("§", text) == PLAIN_SLOT.sub("§", text)
