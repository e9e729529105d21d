# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stillwatch.detection.cues import CUE_BITS
from stillwatch.detection.sketch import decode, sketch
from stillwatch.detection.sketching import Sketches, merge, read_many, sketch_many
from stillwatch.records.exchange import Exchange

PIECES = [
    *(
        "word",
        "Anna",
        "a, Anna Weber",
        "of Tom",
        "don't",
        "17",
        "3.14:15/9",
        "x1",
        "_",
        "'",
        " ",
        "  ",
        "\n",
        "\t",
        "\r",
    ),
    *(
        "\x00",
        "\x1c",
        "\x85",
        "\u2028",
        "`",
        "``",
        "```",
        "```py\n",
        '"',
        "“",
        "”",
        "「",
        "」",
        "§",
        "?",
        "é",
        "É",
        "ß",
    ),
    *("İ", "K", "ſ", "写一篇", "文章", "한국", "Привет", "мир", "اكتب", "नमस्ते", "😀", "\ud800", "\udfff", "٣", "²"),
    *("chain of thought", "step by step", "逐步推理", "шаг за шагом", "final answer", "sha256:", "\ufeff", "z" * 70),
]
TEXT = st.one_of(
    st.text(st.characters(), max_size=300),
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=60).map(" ".join),
    st.builds(lambda text, times: text * times, st.text(st.characters(), min_size=1, max_size=40), st.integers(1, 200)),
)


def _sketch(prompt: str, system: str | None) -> bytes:
    return sketch(
        Exchange(exchange_id="x", ts_us=0, org_id="o", account_id="a", model="m", prompt=prompt, system=system)
    )


def _hold(many: Sketches, texts: list[tuple[str, str | None]]) -> None:
    """Compare every field of every sketch with the one made alone."""
    for at, (prompt, system) in enumerate(texts):
        one = decode(_sketch(prompt, system))
        assert many.has_content[at] == one.has_content
        assert many.cues[at] == sum(CUE_BITS[name] for name in one.cues)
        assert many.prompt_hash[at] == one.prompt_hash
        assert many.system_hash[at] == one.system_hash
        assert many.head_hash[at] == one.head_hash
        assert tuple(many.bands[at].tolist()) == (one.bands or (0, 0, 0, 0))
        assert many.features[many.ends[at] : many.ends[at + 1]].tolist() == one.features.tolist()


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(TEXT, st.none() | TEXT), max_size=8))
@example([])
@example([("", None), ("", "")])
@example([("sha256:" + "ab" * 32, None), ("\x00", "\x00"), ("a", None)])
def test_many_sketches_are_those_made_one_by_one(texts: list[tuple[str, str | None]]) -> None:
    _hold(sketch_many([prompt for prompt, _ in texts], [system for _, system in texts]), texts)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(TEXT, st.none() | TEXT), max_size=6))
def test_sketches_are_read_back_as_they_were_made(texts: list[tuple[str, str | None]]) -> None:
    many, is_read = read_many([_sketch(prompt, system) for prompt, system in texts])
    assert is_read.all()
    _hold(many, texts)


@pytest.mark.parametrize(
    "prompt",
    [
        "word " * 200_000,
        "é" * 1_000_000,
        "a" * 1_000_000,
        "\x00" * 1_000_000,
        '"' * 999_999,
        "“" * 1_000_000,
        "`" * 1_000_000,
        "``` " * 250_000,
        "a Ab " * 200_000,
        "1:" * 500_000,
        " " * 1_000_000,
        "sha256:" + "f" * 1_000_000,
        "\ud800" * 1_000_000,
        "写" * 1_000_000,
    ],
    ids=lambda prompt: repr(prompt[:8]),
)
@pytest.mark.timeout(30)
def test_a_megabyte_of_anything_is_read_at_its_ends_only(prompt: str) -> None:
    texts: list[tuple[str, str | None]] = [(prompt, prompt), ("and then", None), (prompt[:-1], None)]
    _hold(sketch_many([one for one, _ in texts], [other for _, other in texts]), texts)


def test_what_is_no_sketch_is_told_and_holds_nothing() -> None:
    whole = _sketch("hello there, world", "be kind")
    many, is_read = read_many([b"", whole, None, whole[:-1], b"\x02" + whole[1:], whole + b"\x00\x00"])
    assert is_read.tolist() == [False, True, False, False, False, False]
    assert np.flatnonzero(many.has_content).tolist() == [1]
    assert np.flatnonzero(np.diff(many.ends)).tolist() == [1]


def test_merging_puts_each_in_its_place() -> None:
    texts: list[tuple[str, str | None]] = [
        ("one two three", None),
        ("four five six seven", "s"),
        ("", None),
        ("x", "y"),
    ]
    is_other = np.array([False, True, True, False])
    blank, _ = read_many([_sketch(*one) if not other else None for one, other in zip(texts, is_other, strict=True)])
    other = sketch_many([texts[1][0], texts[2][0]], [texts[1][1], texts[2][1]])
    _hold(merge(blank, other, is_other), texts)
