# SPDX-License-Identifier: Apache-2.0
"""Which segments there are, and which continues which."""

from pathlib import Path

import pytest

from stillwatch.ledger.adapters.disk import PosixDisk
from stillwatch.ledger.adapters.segment import Segment
from stillwatch.ledger.adapters.spool_folder import SpoolFolder
from stillwatch.ledger.frames import SegmentHeader


@pytest.fixture
def folder(tmp_path: Path) -> SpoolFolder:
    return SpoolFolder(tmp_path)


def make(folder: SpoolFolder, name: str, follows: str | None = None, follows_bytes: int = 0) -> Path:
    header = SegmentHeader(
        segment_id=name, worker_id="w", created_us=0, nonce=b"12345678", follows=follows, follows_bytes=follows_bytes
    )
    Segment.create(PosixDisk(), folder.path, header, b"", []).abandon()
    return folder.path / f"{name}.spool"


def test_a_spool_that_is_not_there_has_no_segments(tmp_path: Path) -> None:
    assert SpoolFolder(tmp_path / "none").segments() == []
    assert SpoolFolder(tmp_path / "none").followed() == {}


def test_what_is_followed_is_followed_up_to_a_byte(folder: SpoolFolder) -> None:
    make(folder, "a")
    make(folder, "b", follows="a", follows_bytes=77)
    assert folder.followed() == {"a": 77}


def test_each_segment_comes_after_the_one_it_continues_though_the_clock_went_back(folder: SpoolFolder) -> None:
    paths = {name: make(folder, name, follows) for name, follows in [("c", None), ("a", "c"), ("b", "a"), ("d", None)]}
    assert folder.in_order() == [paths[name] for name in "cabd"]
    assert folder.segments() == [paths[name] for name in "abcd"]


def test_a_predecessor_that_has_gone_is_none(folder: SpoolFolder) -> None:
    first, second = make(folder, "a"), make(folder, "b", follows="a")
    assert folder.predecessor(second) == first
    assert folder.predecessor(first) is None
    first.unlink()
    assert folder.predecessor(second) is None


def test_segments_that_claim_to_follow_each_other_are_all_listed(folder: SpoolFolder) -> None:
    make(folder, "a", follows="b")
    make(folder, "b", follows="a")
    assert len(folder.in_order()) == 2


def test_a_file_that_is_no_segment_has_no_header(folder: SpoolFolder) -> None:
    (folder.path / "x.spool").write_bytes(b"something else altogether")
    (folder.path / "y.spool").touch()
    assert folder.header(folder.path / "x.spool") is None
    assert folder.header(folder.path / "y.spool") is None
    assert folder.header(folder.path / "z.spool") is None
    assert folder.followed() == {}
