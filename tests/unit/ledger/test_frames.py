# SPDX-License-Identifier: Apache-2.0
"""The spool's bytes: what is whole is read, what is torn is left, what is damaged is noticed."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.exchanges import an_exchange, any_exchange
from stillwatch.errors import IntegrityError
from stillwatch.ledger.frames import (
    HEADER_SIZE,
    Begin,
    Frame,
    Kind,
    SegmentHeader,
    SegmentReader,
    begin_frame,
    end_frame,
    finish_frame,
    frame,
    mark_frame,
    opening,
    payload_length,
    read_begin,
    read_end,
    read_exchange,
    storable,
)

NONCE = b"12345678"
HEADER = SegmentHeader(segment_id="s1", worker_id="w0", created_us=1, nonce=NONCE)


def a_segment(commits: int = 3, *, ended: bool) -> tuple[bytes, list[int]]:
    """A segment of commits of two exchanges each; and where each of its frames ends."""
    data = opening(HEADER)
    ends = []
    for number in range(commits):
        data += mark_frame(NONCE, len(data))
        for which in (2 * number, 2 * number + 1):
            data += finish_frame(an_exchange(which))
            ends.append(len(data))
    if ended:
        data += mark_frame(NONCE, len(data)) + end_frame(None)
    return data, ends


def read_all(data: bytes) -> tuple[list[Frame], SegmentReader]:
    reader = SegmentReader()
    frames = list(reader.feed(data))
    reader.conclude(data[reader.position :])
    return frames, reader


@given(any_exchange())
def test_an_exchange_comes_back_as_it_went_in(exchange: object) -> None:
    data = opening(HEADER) + finish_frame(exchange)  # type: ignore[arg-type]
    frames, _ = read_all(data)
    assert [read_exchange(found) for found in frames] == [exchange]


def test_a_begin_and_an_end_come_back_as_they_went_in() -> None:
    begin = Begin("ex-1", 5, "org", "acct", "model")
    data = opening(HEADER) + begin_frame(begin) + end_frame("s2")
    frames, reader = read_all(data)
    assert read_begin(frames[0]) == begin
    assert reader.end is not None
    assert reader.end.next == "s2"
    assert reader.header == HEADER


@given(st.data())
def test_any_truncation_leaves_exactly_the_whole_frames_before_it(data: st.DataObject) -> None:
    segment, ends = a_segment(ended=True)
    at = data.draw(st.integers(0, len(segment)))
    padding = data.draw(st.sampled_from([0, 1, 500]))
    frames, reader = read_all(segment[:at] + bytes(padding))
    assert [found.end for found in frames] == [end for end in ends if end <= at]
    assert (reader.end is not None) == (at == len(segment))


def test_any_flipped_byte_is_noticed() -> None:
    segment, ends = a_segment(commits=2, ended=True)
    clean, _ = read_all(segment)
    for at in range(len(segment)):
        broken = bytearray(segment)
        broken[at] ^= 0x40
        try:
            frames, reader = read_all(bytes(broken))
        except IntegrityError:
            continue
        # Not told from a crash in the last commit; but never taken for whole.
        assert reader.torn_bytes > 0
        assert reader.end is None
        assert [found.end for found in frames] == [end for end in ends if end <= at][: len(clean)]


def test_damage_before_the_last_commit_is_an_integrity_error_and_not_a_torn_tail() -> None:
    segment, ends = a_segment(commits=3, ended=False)
    for at in range(ends[0], ends[3]):
        broken = bytearray(segment)
        broken[at] ^= 0x01
        with pytest.raises(IntegrityError):
            read_all(bytes(broken))


def test_a_page_that_never_reached_the_disk_in_the_last_commit_is_a_torn_tail() -> None:
    segment, ends = a_segment(commits=2, ended=False)
    holed = segment[: ends[1] + 40] + bytes(20) + segment[ends[1] + 60 :]
    frames, reader = read_all(holed)
    assert [found.end for found in frames] == ends[:2]
    assert reader.torn_bytes > 0


def test_a_page_that_is_lost_in_an_earlier_commit_is_damage() -> None:
    segment, ends = a_segment(commits=3, ended=False)
    holed = segment[: ends[1] + 40] + bytes(40) + segment[ends[1] + 80 :]
    with pytest.raises(IntegrityError, match="damaged at byte"):
        read_all(holed)


def test_reading_goes_on_at_the_mark_after_damage() -> None:
    segment, ends = a_segment(commits=3, ended=False)
    broken = bytearray(segment)
    broken[ends[0] - 1] ^= 1
    reader = SegmentReader()
    assert list(reader.feed(broken)) == []
    assert reader.resume(broken[reader.position :])
    assert [found.end for found in reader.feed(broken[reader.position :])] == ends[2:]


def test_there_is_nothing_to_go_on_at_after_the_last_mark() -> None:
    segment, ends = a_segment(commits=1, ended=False)
    reader = SegmentReader()
    list(reader.feed(segment[: ends[0] + 3]))
    assert not reader.resume(segment[reader.position :])


def test_a_mark_inside_a_prompt_is_not_believed() -> None:
    forged = mark_frame(b"guessed!", 400).decode("latin-1")
    data = opening(HEADER) + finish_frame(an_exchange(prompt=forged * 20))
    torn = data[:-1] + bytes(100)
    frames, reader = read_all(torn)
    assert frames == []
    assert reader.torn_bytes > 0


def test_a_mark_of_another_segment_is_damage() -> None:
    data = opening(HEADER)
    with pytest.raises(IntegrityError, match="belongs elsewhere"):
        read_all(data + mark_frame(b"87654321", len(data)))


def test_a_mark_at_another_offset_is_damage() -> None:
    data = opening(HEADER)
    with pytest.raises(IntegrityError, match="belongs elsewhere"):
        read_all(data + mark_frame(NONCE, len(data) + 1))


def test_bytes_after_the_end_are_damage() -> None:
    segment, _ = a_segment(ended=True)
    with pytest.raises(IntegrityError, match="goes on after its end"):
        read_all(segment + b"x")


def test_a_file_of_something_else_is_refused() -> None:
    with pytest.raises(IntegrityError, match="not a segment"):
        read_all(b"PAR1" + bytes(100))


def test_a_damaged_first_frame_is_refused() -> None:
    segment = bytearray(opening(HEADER) + bytes(5000))
    segment[40] ^= 1
    with pytest.raises(IntegrityError, match="first frame is damaged"):
        read_all(bytes(segment))


def test_a_first_frame_of_another_kind_is_refused() -> None:
    with pytest.raises(IntegrityError, match="whose it is"):
        read_all(opening(HEADER)[:8] + end_frame(None))


@pytest.mark.parametrize("data", [b"", b"SWSP", bytes(64), opening(HEADER)[:30]])
def test_a_segment_that_has_only_begun_to_be_written_is_empty(data: bytes) -> None:
    frames, reader = read_all(data)
    assert frames == []
    assert reader.header is None


@given(st.lists(st.integers(1, 60), max_size=40))
def test_reading_in_pieces_gives_what_reading_at_once_gives(sizes: list[int]) -> None:
    segment, ends = a_segment(ended=True)
    reader = SegmentReader()
    found = []
    available = 0
    for size in [*sizes, len(segment)]:
        available += size
        found += [each.end for each in reader.feed(segment[reader.position : available])]
    assert found == ends
    assert reader.committed == len(segment)


def test_only_what_stands_before_a_mark_counts_as_committed() -> None:
    data = opening(HEADER)
    reader = SegmentReader()
    list(reader.feed(data + finish_frame(an_exchange())))
    assert reader.committed == len(data)
    assert reader.position > reader.committed
    mark = mark_frame(NONCE, reader.position)
    before = reader.position
    list(reader.feed(mark))
    assert reader.committed == before


def test_a_lone_surrogate_in_a_prompt_cannot_keep_an_exchange_out_of_the_record() -> None:
    frames, _ = read_all(opening(HEADER) + finish_frame(an_exchange(prompt="a\ud800b")))
    assert read_exchange(frames[0]).prompt == "a?b"


def test_a_huge_integer_cannot_keep_an_exchange_out_of_the_record() -> None:
    exchange = msgspec.structs.replace(an_exchange(), max_tokens=10**30, turn=-(10**30))
    frames, _ = read_all(opening(HEADER) + finish_frame(exchange))
    assert read_exchange(frames[0]).max_tokens == 2**63 - 1
    assert read_exchange(frames[0]).turn == -(2**63)


def test_a_surrogate_in_a_model_name_cannot_keep_a_begin_out_of_the_record() -> None:
    frames, _ = read_all(opening(HEADER) + begin_frame(Begin("ex-1", 1, "o", "a", "\udfff")))
    assert read_begin(frames[0]).model == "?"


@given(any_exchange())
def test_what_can_be_stored_is_stored_as_it_is(exchange: object) -> None:
    assert storable(exchange) == exchange  # type: ignore[type-var]


def test_a_whole_frame_of_nonsense_is_damage() -> None:
    frames, _ = read_all(opening(HEADER) + frame(Kind.FINISH, b"\x93nonsense"))
    with pytest.raises(IntegrityError, match="cannot be understood"):
        read_exchange(frames[0])
    with pytest.raises(IntegrityError):
        read_end(frames[0])


def test_the_announced_length_is_believed_only_under_its_checksum() -> None:
    head = finish_frame(an_exchange())[:HEADER_SIZE]
    assert payload_length(head) == len(finish_frame(an_exchange())) - HEADER_SIZE
    assert payload_length(head[:-1] + b"\x00") is None
    assert payload_length(head[:4]) is None


@given(st.binary(max_size=400))
def test_arbitrary_bytes_make_no_frame_and_no_crash(junk: bytes) -> None:
    try:
        frames, _ = read_all(opening(HEADER) + junk)
    except IntegrityError:
        return
    assert frames == []
