# SPDX-License-Identifier: Apache-2.0
"""One segment on a real disk."""

from pathlib import Path

import pytest

from fakes.exchanges import an_exchange
from fakes.failing_disk import Fail, FailingDisk
from stillwatch.ledger.adapters.disk import PosixDisk
from stillwatch.ledger.adapters.segment import ALLOCATION, Segment
from stillwatch.ledger.frames import Begin, SegmentHeader, SegmentReader, begin_frame, finish_frame, read_exchange

HEADER = SegmentHeader(segment_id="0001-w0-abcd", worker_id="w0", created_us=1, nonce=b"12345678")


def read(path: Path) -> tuple[list[str], SegmentReader]:
    data = path.read_bytes()
    reader = SegmentReader()
    found = [read_exchange(each).exchange_id for each in reader.feed(data)]
    reader.conclude(data[reader.position :])
    return found, reader


def frames(*numbers: int) -> bytes:
    return b"".join(finish_frame(an_exchange(number)) for number in numbers)


def test_commits_are_read_back_in_order_and_all_but_the_last_are_known_to_be_on_the_disk(tmp_path: Path) -> None:
    segment = Segment.create(PosixDisk(), tmp_path, HEADER, frames(0), [])
    segment.write(frames(1, 2), durably=True)
    before_last = segment.position
    segment.write(frames(3), durably=True)
    path = tmp_path / "0001-w0-abcd.spool"
    found, reader = read(path)
    assert found == [f"ex-{number:06d}" for number in range(4)]
    assert reader.committed == before_last
    assert path.stat().st_size == ALLOCATION
    segment.abandon()


def test_a_mark_written_ahead_is_not_written_twice(tmp_path: Path) -> None:
    segment = Segment.create(PosixDisk(), tmp_path, HEADER, frames(0), [])
    position = segment.position
    segment.mark()
    segment.mark()
    assert segment.position == position
    _, reader = read(tmp_path / "0001-w0-abcd.spool")
    assert reader.committed == position
    segment.write(frames(1), durably=True)
    found, _ = read(tmp_path / "0001-w0-abcd.spool")
    assert found == ["ex-000000", "ex-000001"]
    segment.abandon()


def test_what_is_written_without_a_sync_is_not_vouched_for(tmp_path: Path) -> None:
    segment = Segment.create(PosixDisk(), tmp_path, HEADER, b"", [])
    segment.write(begin_frame(Begin("ex", 1, "o", "a", "m")), durably=False)
    assert segment.synced < segment.position
    segment.mark()
    segment.write(frames(1), durably=True)
    assert segment.synced == segment.position
    reader = SegmentReader()
    data = (tmp_path / "0001-w0-abcd.spool").read_bytes()
    assert len(list(reader.feed(data))) == 2
    # The only mark stands before the frame that was not synced.
    assert reader.committed == segment.opening_bytes
    segment.abandon()


def test_ending_gives_unused_space_back(tmp_path: Path) -> None:
    segment = Segment.create(PosixDisk(), tmp_path, HEADER, frames(0), [])
    segment.end("0002-w0-abcd")
    found, reader = read(tmp_path / "0001-w0-abcd.spool")
    assert found == ["ex-000000"]
    assert reader.end is not None
    assert reader.end.next == "0002-w0-abcd"
    assert (tmp_path / "0001-w0-abcd.spool").stat().st_size == segment.position


def test_a_frame_larger_than_the_claimed_space_finds_room(tmp_path: Path) -> None:
    segment = Segment.create(PosixDisk(), tmp_path, HEADER, b"", [])
    segment.write(finish_frame(an_exchange(1, prompt="x" * (3 * ALLOCATION))), durably=True)
    found, _ = read(tmp_path / "0001-w0-abcd.spool")
    assert found == ["ex-000001"]
    segment.abandon()


@pytest.mark.parametrize("how", Fail)
@pytest.mark.parametrize("step", range(5))
def test_a_segment_that_cannot_be_made_leaves_no_file(step: int, how: Fail, tmp_path: Path) -> None:
    disk = FailingDisk()
    disk.fail_step(step, how)
    condemned: list[Path] = []
    with pytest.raises(OSError, match="Input/output"):
        Segment.create(disk, tmp_path, HEADER, frames(0), condemned)
    assert condemned == []
    # A file that was created although it was said not to be is empty, unborn, and swept away later.
    assert [path.suffix for path in tmp_path.iterdir()] == ([".new"] if step == 0 and how is Fail.LANDED else [])


def test_a_segment_that_cannot_even_be_removed_again_is_condemned(tmp_path: Path) -> None:
    disk = FailingDisk()
    condemned: list[Path] = []
    with disk.failing("sync_path", "remove"), pytest.raises(OSError, match="No space"):
        Segment.create(disk, tmp_path, HEADER, frames(0), condemned)
    assert tmp_path / "0001-w0-abcd.spool" in condemned
