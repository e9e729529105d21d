# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.detection.adapters.log_reader import LogReader
from stillwatch.errors import BadInput

START_US = 1_780_272_000_000_000
TS = pa.timestamp("us", tz="UTC")


def _parquet(path: Path, minutes: list[int], **columns: pa.Array) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = {
        "exchange_id": pa.array([f"{path.stem}-{minute}" for minute in minutes]),
        "ts": pa.array([START_US + minute * 60_000_000 for minute in minutes], TS),
        "org_id": pa.array(["o"] * len(minutes)),
        "account_id": pa.array(["a"] * len(minutes)),
        "model": pa.array(["m"] * len(minutes)),
        "prompt": pa.array(["hello"] * len(minutes)),
        **columns,
    }
    pq.write_table(pa.table(table), path)
    return path


def _minutes(reader: LogReader) -> list[int]:
    return [(one.ts_us - START_US) // 60_000_000 for one in reader.exchanges()]


def test_rows_of_several_files_come_in_order_of_time(tmp_path: Path) -> None:
    one, other = _parquet(tmp_path / "a.parquet", [5, 1, 9]), _parquet(tmp_path / "b.parquet", [2, 8, 0])
    lines = tmp_path / "c.jsonl"
    row: dict[str, Any] = {
        "exchange_id": "c",
        "ts": START_US + 7 * 60_000_000,
        "org_id": "o",
        "account_id": "a",
        "model": "m",
    }
    lines.write_text(json.dumps({**row, "prompt": "hi"}) + "\n")
    reader = LogReader([one, other, lines], scratch=tmp_path)
    assert reader.rows == 7
    assert _minutes(reader) == [0, 1, 2, 5, 7, 8, 9]


def test_a_folder_of_hive_partitions_is_one_log(tmp_path: Path) -> None:
    _parquet(tmp_path / "log" / "date=2026-06-01" / "hour=01" / "part-1.parquet", [61])
    _parquet(tmp_path / "log" / "date=2026-06-01" / "hour=00" / "part-1.parquet", [3, 2])
    (tmp_path / "log" / "_writing.parquet").write_bytes(b"unfinished")
    assert _minutes(LogReader([tmp_path / "log"], scratch=tmp_path)) == [2, 3, 61]


def test_a_row_that_two_files_hold_is_read_once(tmp_path: Path) -> None:
    one = _parquet(tmp_path / "x" / "same.parquet", [1, 2])
    other = _parquet(tmp_path / "y" / "same.parquet", [2, 3])
    assert _minutes(LogReader([one, other], scratch=tmp_path)) == [1, 2, 3]


def test_a_null_where_a_value_is_required_is_named_or_skipped(tmp_path: Path) -> None:
    path = _parquet(tmp_path / "a.parquet", [1, 2, 3], account_id=pa.array(["a", None, "a"]))
    with pytest.raises(BadInput, match='"account_id" is null in row 1 of row group 0'):
        LogReader([path], scratch=tmp_path)
    reader = LogReader([path], scratch=tmp_path, skip_bad_rows=True)
    assert _minutes(reader) == [1, 3]
    assert (reader.rows, reader.bad.count) == (2, 1)


def test_sketches_are_taken_only_from_our_own_log(tmp_path: Path) -> None:
    foreign = _parquet(tmp_path / "foreign.parquet", [1], sketch=pa.array(["a drawing"]))
    assert next(LogReader([foreign], scratch=tmp_path).exchanges()).sketch is None
    own = _parquet(tmp_path / "own.parquet", [1], sketch=pa.array([b"\x01"]), outcome=pa.array(["refused"]))
    read = next(LogReader([own], scratch=tmp_path).exchanges())
    assert (read.sketch, read.outcome) == (b"\x01", "refused")


def test_a_quote_in_a_folder_s_name_is_no_trouble(tmp_path: Path) -> None:
    assert _minutes(LogReader([_parquet(tmp_path / "o'clock" / "a.parquet", [4])], scratch=tmp_path)) == [4]


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = _parquet(tmp_path / "a.parquet", list(range(500)))
    data = bytearray(path.read_bytes())
    data[4:200] = bytes(196)
    path.write_bytes(bytes(data))
    with pytest.raises(BadInput):
        list(LogReader([path], scratch=tmp_path).exchanges())
