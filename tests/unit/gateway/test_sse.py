# SPDX-License-Identifier: Apache-2.0
"""The framer gives the same events however the bytes are cut, and the same bytes as went in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.errors import UpstreamError
from stillwatch.gateway.sse import Event, Framer, parse, write

LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])
LINES = st.sampled_from(
    [
        "data: {}",
        "data:x",
        "data",
        "data:  two",
        ": comment",
        "event: ping",
        "event:",
        "id: 7",
        "retry: 5",
        "naught",
        "",
    ]
)


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Streams of every line end, with and without a byte order mark."""
    lines = draw(st.lists(st.tuples(LINES, LINE_ENDS), max_size=20))
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return (mark + "".join(line + end for line, end in lines) + draw(st.sampled_from(["", "\n\n"]))).encode()


@st.composite
def cut_streams(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    stream = draw(streams())
    pieces = []
    at = 0
    while at < len(stream):
        # Mostly tiny pieces: what goes wrong goes wrong within a line end.
        size = draw(st.sampled_from([1, 1, 2, 3, 9, 200]))
        pieces.append(stream[at : at + size])
        at += size
    return stream, pieces


def events(pieces: list[bytes]) -> list[Event]:
    framer = Framer()
    found = (parse(block) for piece in pieces for block in framer.feed(piece))
    return [event for event in found if event is not None]


@given(cut_streams())
def test_any_cut_gives_the_same_events(cut: tuple[bytes, list[bytes]]) -> None:
    stream, pieces = cut
    assert events(pieces) == events([stream])


@given(cut_streams())
def test_the_blocks_are_the_bytes_that_went_in(cut: tuple[bytes, list[bytes]]) -> None:
    stream, pieces = cut
    framer = Framer()
    blocks = [block for piece in pieces for block in framer.feed(piece)]
    assert b"".join(blocks) + framer.rest() == stream


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_of_the_standard_ends_a_line(end: bytes) -> None:
    stream = b"event: a" + end + b"data: 1" + end + b"data: 2" + end + end + b"data: 3" + end + end
    assert events([stream]) == [Event(b"a", b"1\n2"), Event(b"", b"3")]


def test_an_event_is_given_as_soon_as_its_blank_line_has_come() -> None:
    framer = Framer()
    assert framer.feed(b"data: 1\n") == []
    assert framer.feed(b"\n") == [b"data: 1\n\n"]
    assert framer.feed(b"data: 2\r\n\r\n") == [b"data: 2\r\n\r\n"]
    assert framer.rest() == b""


def test_a_stream_that_comes_byte_by_byte_is_read_all_the_same() -> None:
    stream = b"event: ping\ndata: {}\n\ndata: [DONE]\n\n"
    pieces = [stream[at : at + 1] for at in range(len(stream))]
    assert events(pieces) == [Event(b"ping", b"{}"), Event(b"", b"[DONE]")]


def test_two_events_in_one_piece_are_two_blocks() -> None:
    assert Framer().feed(b"data: 1\n\ndata: 2\n\n") == [b"data: 1\n\n", b"data: 2\n\n"]


def test_a_byte_order_mark_is_ignored() -> None:
    assert parse(b"\xef\xbb\xbfdata: 1\n\n") == Event(b"", b"1")


def test_an_event_beyond_the_limit_breaks_the_stream() -> None:
    framer = Framer(limit=10)
    framer.feed(b"data: 1234")
    with pytest.raises(UpstreamError) as caught:
        framer.feed(b"5")
    assert caught.value.reason == "protocol"


@given(st.sampled_from([b"", b"error"]), st.binary(max_size=50).map(lambda data: data.replace(b"\r", b"\n")))
def test_what_is_written_reads_the_same(name: bytes, data: bytes) -> None:
    assert parse(write(name, data)) == Event(name, data)
