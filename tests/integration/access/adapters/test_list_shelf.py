# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import msgspec
import pytest

from fakes.screening import EXAMPLES, screening_list
from stillwatch.access.adapters.list_shelf import FileListShelf
from stillwatch.errors import IntegrityError, Unavailable


@pytest.fixture
def shelf(tmp_path: Path) -> FileListShelf:
    return FileListShelf(tmp_path / "lists")


def test_what_is_put_is_given_back(shelf: FileListShelf, tmp_path: Path) -> None:
    shelf.put(EXAMPLES)
    assert shelf.get(EXAMPLES.info) == EXAMPLES
    assert not [path for path in (tmp_path / "lists").iterdir() if path.name.startswith(".")]


def test_a_list_beside_another_of_its_name_replaces_nothing_until_the_other_is_forgotten(shelf: FileListShelf) -> None:
    newer = screening_list("examples", *EXAMPLES.entries[:2], digest="e" * 64)
    shelf.put(EXAMPLES)
    shelf.put(newer)
    assert shelf.get(EXAMPLES.info) == EXAMPLES
    shelf.keep_only([newer.info])
    assert shelf.get(newer.info) == newer
    with pytest.raises(IntegrityError, match="cannot be read"):
        shelf.get(EXAMPLES.info)


@pytest.mark.parametrize("where", [0, 70, -3])
def test_a_changed_byte_is_noticed(shelf: FileListShelf, tmp_path: Path, where: int) -> None:
    shelf.put(EXAMPLES)
    (path,) = (tmp_path / "lists").iterdir()
    data = bytearray(path.read_bytes())
    data[where] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match="damaged"):
        shelf.get(EXAMPLES.info)


def test_a_file_that_is_cut_is_noticed(shelf: FileListShelf, tmp_path: Path) -> None:
    shelf.put(EXAMPLES)
    (path,) = (tmp_path / "lists").iterdir()
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(IntegrityError, match="damaged"):
        shelf.get(EXAMPLES.info)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "lists").write_text("a file stands where the folder should be")
    with pytest.raises(Unavailable, match="cannot be kept"):
        FileListShelf(tmp_path / "lists").put(EXAMPLES)


def test_loading_the_same_file_again_is_another_list(shelf: FileListShelf) -> None:
    again = msgspec.structs.replace(EXAMPLES, info=msgspec.structs.replace(EXAMPLES.info, loaded_us=5, reason="why"))
    shelf.put(EXAMPLES)
    shelf.put(again)
    assert (shelf.get(EXAMPLES.info), shelf.get(again.info)) == (EXAMPLES, again)
