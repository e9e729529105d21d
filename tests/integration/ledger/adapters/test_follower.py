# SPDX-License-Identifier: Apache-2.0
"""Reading one segment whose writer lives, has gone, or was replaced."""

from pathlib import Path

import pytest

from fakes.exchanges import an_exchange
from stillwatch.ledger.adapters.disk import PosixDisk
from stillwatch.ledger.adapters.follower import SegmentFollower
from stillwatch.ledger.adapters.segment import Segment
from stillwatch.ledger.frames import Begin, Kind, SegmentHeader, begin_frame, finish_frame, frame
from stillwatch.records.exchange import Exchange

HEADER = SegmentHeader(segment_id="s1", worker_id="w0", created_us=1, nonce=b"12345678")


@pytest.fixture
def segment(tmp_path: Path) -> Segment:
    return Segment.create(PosixDisk(), tmp_path, HEADER, b"", [])


def finish(*numbers: int) -> bytes:
    return b"".join(finish_frame(an_exchange(number)) for number in numbers)


def begin(number: int) -> bytes:
    return begin_frame(Begin(f"ex-{number:06d}", 1, "o", "a", "m"))


def ids(rows: "list[Exchange]") -> list[int]:
    return [int(row.exchange_id.removeprefix("ex-")) for row in rows]


def test_it_is_abandoned_when_its_writer_lets_go(segment: Segment, tmp_path: Path) -> None:
    with SegmentFollower(tmp_path / "s1.spool") as follower:
        assert not follower.is_abandoned()
        segment.abandon()
        assert follower.is_abandoned()


def test_reading_it_to_the_end_tells_what_was_cut_short(segment: Segment, tmp_path: Path) -> None:
    segment.write(begin(1) + begin(2) + finish(1), durably=True)
    segment.abandon()
    with SegmentFollower(tmp_path / "s1.spool") as follower:
        assert ids(list(follower.last_rows({}))) == [1, 2]
        assert follower.is_concluded
        assert follower.interrupted == 1
        assert follower.damage == []


def test_of_a_followed_segment_only_the_bytes_that_count_are_read(segment: Segment, tmp_path: Path) -> None:
    segment.write(begin(1) + finish(2), durably=True)
    counts = segment.position
    segment.write(finish(3), durably=True)
    segment.abandon()
    with SegmentFollower(tmp_path / "s1.spool") as follower:
        assert ids(list(follower.last_rows({"s1": counts}))) == [2]
        assert follower.interrupted == 0


def test_a_followed_segment_that_lacks_bytes_that_count_is_damaged(segment: Segment, tmp_path: Path) -> None:
    segment.write(finish(1), durably=True)
    segment.write(finish(2), durably=True)
    counts = segment.position
    segment.abandon()
    path = tmp_path / "s1.spool"
    path.write_bytes(path.read_bytes()[: counts - 10])
    with SegmentFollower(path) as follower:
        assert ids(list(follower.last_rows({"s1": counts}))) == [1]
        assert "acknowledged once" in follower.damage[0]


def test_a_torn_tail_is_counted_and_is_no_damage(segment: Segment, tmp_path: Path) -> None:
    segment.write(finish(1), durably=True)
    at = segment.position
    segment.abandon()
    path = tmp_path / "s1.spool"
    data = bytearray(path.read_bytes())
    torn = finish(2)[:50]
    data[at : at + len(torn)] = torn
    path.write_bytes(data)
    with SegmentFollower(path) as follower:
        assert ids(list(follower.last_rows({}))) == [1]
        assert follower.torn_bytes == 50
        assert follower.damage == []


def test_around_damage_everything_whole_is_read(segment: Segment, tmp_path: Path) -> None:
    for number in range(6):
        segment.write(begin(number) + finish(number), durably=True)
    segment.abandon()
    path = tmp_path / "s1.spool"
    data = bytearray(path.read_bytes())
    for number in (1, 4):
        data[data.index(f"ex-{number:06d}".encode(), data.index(finish(number)[:16]))] ^= 1
    path.write_bytes(data)
    with SegmentFollower(path) as follower:
        rows = list(follower.last_rows({}))
        assert ids(rows) == [0, 2, 3, 5, 1, 4]
        assert follower.interrupted == 2
        assert len(follower.damage) == 2


def test_a_file_without_a_readable_beginning_is_damage_from_end_to_end(tmp_path: Path) -> None:
    path = tmp_path / "s1.spool"
    path.write_bytes(b"not a segment at all" * 500)
    with SegmentFollower(path) as follower:
        assert list(follower.committed_rows()) == []
        assert list(follower.last_rows({})) == []
        assert len(follower.damage) == 1


def test_a_whole_frame_of_nonsense_is_damage(segment: Segment, tmp_path: Path) -> None:
    segment.write(frame(Kind.FINISH, b"\xc1") + finish(1), durably=True)
    segment.abandon()
    with SegmentFollower(tmp_path / "s1.spool") as follower:
        assert ids(list(follower.last_rows({}))) == [1]
        assert "cannot be understood" in follower.damage[0]


def test_it_knows_when_its_name_leads_elsewhere(segment: Segment, tmp_path: Path) -> None:
    path = tmp_path / "s1.spool"
    with SegmentFollower(path) as follower:
        assert follower.is_in_place()
        path.rename(tmp_path / "other")
        assert not follower.is_in_place()
        path.touch()
        assert not follower.is_in_place()
    segment.abandon()
