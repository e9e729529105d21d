# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from stillwatch.detection.adapters.log_files import is_json, log_files
from stillwatch.errors import BadInput


def test_a_folder_stands_for_its_finished_log_files_and_each_file_comes_once(tmp_path: Path) -> None:
    for name in ("b.jsonl.gz", "a.parquet", "_writing.parquet", ".half.parquet", "notes.txt", "hour=01/c.parquet"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = [path.relative_to(tmp_path).as_posix() for path in log_files([tmp_path, tmp_path / "a.parquet"])]
    assert found == ["a.parquet", "b.jsonl.gz", "hour=01/c.parquet"]


@pytest.mark.parametrize("name", ["nothing.parquet", "notes.txt", "empty"])
def test_what_is_no_log_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match=name):
        log_files([tmp_path / name])


def test_json_is_told_by_the_name() -> None:
    assert [is_json(Path(name)) for name in ("a.jsonl", "a.NDJSON.gz", "a.json", "a.parquet")] == [True] * 3 + [False]
