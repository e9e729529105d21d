# SPDX-License-Identifier: Apache-2.0
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.detection.adapters.long_texts import HEAD_BYTES, TAIL_BYTES, shorten
from stillwatch.detection.sketch import sketch
from stillwatch.records.exchange import Exchange


def _sketch(text: str) -> bytes:
    return sketch(Exchange(exchange_id="x", ts_us=0, org_id="o", account_id="a", model="m", prompt=text, system=text))


PIECES = st.text(st.sampled_from("aB é写д😀\n1"), max_size=12)


@settings(deadline=None, max_examples=100)
@given(PIECES, st.sampled_from("a é写😀"), st.integers(1_900, 9_000), PIECES)
def test_a_text_cut_short_has_the_sketch_it_had(before: str, filling: str, times: int, after: str) -> None:
    text = before + filling * times + after
    (short,) = shorten(pa.array([text])).to_pylist()
    assert len(short.encode()) <= HEAD_BYTES + TAIL_BYTES + 1
    ours, theirs = _sketch(short), _sketch(text)
    # The class of the length, the fourth byte, is no part of a sighting.
    assert (ours[:3], ours[4:]) == (theirs[:3], theirs[4:])


@pytest.mark.parametrize(
    "texts",
    [
        pa.array(["a" * 9_000, None, "", "b"]),
        pa.array(["x", "a" * 9_000, None, "", "b"]).slice(1),
        pa.array(["a" * 9_000, None, "", "b"], pa.large_string()),
        pa.array(["a" * 9_000, None, "", "b"], pa.string_view()),
        pa.array(["a" * 9_000, None, "", "b"]).dictionary_encode(),
    ],
    ids=lambda texts: str(texts.type),
)
def test_texts_of_every_type_are_cut_and_the_others_kept(texts: pa.Array) -> None:
    short = shorten(texts)
    short.validate(full=True)
    assert short.to_pylist() == ["a" * HEAD_BYTES + "\n" + "a" * TAIL_BYTES, None, "", "b"]


def test_no_texts_and_unknown_ones_stay_what_they_are() -> None:
    assert shorten(pa.array([], pa.string())).to_pylist() == []
    assert shorten(pa.nulls(2)).to_pylist() == [None, None]


def test_bytes_that_are_no_text_are_cut_all_the_same() -> None:
    raw = pa.array([b"\x80" * 20_000])
    (short,) = shorten(pa.Array.from_buffers(pa.string(), 1, raw.buffers())).cast(pa.large_binary()).to_pylist()
    assert HEAD_BYTES + TAIL_BYTES - 6 <= len(short) <= HEAD_BYTES + TAIL_BYTES + 1
