# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import pytest

from stillwatch.detection.adapters.corpus_index import entry_of, read_index, write_index
from stillwatch.errors import BadInput, IntegrityError, Unavailable

HASHES = np.array([-(2**63), -7, 0, 5, 2**63 - 1])


@pytest.fixture
def index(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.corpora"
    one = entry_of("one", HASHES, source="one.jsonl", texts=9)
    other = entry_of("zwei Ω", np.arange(1_000) * 3, source="", texts=1_000)
    write_index(path, [one, other])
    return path


def test_an_index_gives_back_what_was_written(index: Path) -> None:
    one, other = read_index(index)
    assert (one.entry.name, one.entry.source, one.entry.texts, one.entry.prompts) == ("one", "one.jsonl", 9, 5)
    assert one.corpus.hashes.tolist() == HASHES.tolist()
    assert other.corpus.has(np.array([3, 4, 2_997])).tolist() == [True, False, True]


def test_an_index_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert read_index(tmp_path / "none") == []


def test_an_open_index_stays_as_it_was_when_a_new_one_is_written(index: Path) -> None:
    one, other = read_index(index)
    write_index(index, [other])
    assert one.corpus.hashes.tolist() == HASHES.tolist()
    assert [each.entry.name for each in read_index(index)] == ["zwei Ω"]
    assert [path.name for path in index.parent.iterdir()] == [index.name]


def test_no_byte_can_change_unnoticed(index: Path) -> None:
    whole = index.read_bytes()
    for at in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[at] ^= 0x20
        index.write_bytes(damaged)
        with pytest.raises((IntegrityError, BadInput), match=r"prompts\.corpora"):
            read_index(index)


def test_no_byte_can_be_missing_or_too_many(index: Path) -> None:
    whole = index.read_bytes()
    for size in (0, 1, 15, 16, 60, len(whole) - 8, len(whole) - 1):
        index.write_bytes(whole[:size])
        with pytest.raises(IntegrityError, match=r"stillwatch corpus add"):
            read_index(index)
    index.write_bytes(whole + b"\0")
    with pytest.raises(IntegrityError, match="longer"):
        read_index(index)


def test_another_version_says_so(index: Path) -> None:
    whole = index.read_bytes()
    index.write_bytes(b"SWCORP02" + whole[8:])
    with pytest.raises(BadInput, match="version"):
        read_index(index)


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be written"):
        write_index(tmp_path / "file" / "prompts.corpora", [])
