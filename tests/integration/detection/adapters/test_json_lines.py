# SPDX-License-Identifier: Apache-2.0
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from stillwatch.detection.adapters.bad_rows import BadRows
from stillwatch.detection.adapters.json_lines import batches, blocks, refuse_if_none
from stillwatch.detection.adapters.log_schema import COLUMNS
from stillwatch.errors import BadInput

ROW: dict[str, Any] = {
    "exchange_id": "e1",
    "ts": "2026-06-01T00:00:00Z",
    "org_id": "o",
    "account_id": "a",
    "model": "m",
    "prompt": "hello",
}


def _read(path: Path, *, skip: bool = False) -> tuple[list[dict[str, Any]], BadRows]:
    bad = BadRows()
    rows: list[dict[str, Any]] = []
    names = [column.name for column in COLUMNS]
    for block in blocks(path):
        for batch in batches(path, block, columns=names, skip_bad_rows=skip, bad=bad, read=lambda _: None):
            rows += batch.to_pylist()
    refuse_if_none(path, rows=len(rows), bad=bad)
    return rows, bad


def _lines(path: Path, *rows: object) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def test_instants_are_read_with_any_offset_and_as_microseconds(tmp_path: Path) -> None:
    rows, _ = _read(
        _lines(
            tmp_path / "log.jsonl",
            ROW,
            {**ROW, "ts": "2026-06-01T02:00:00+02:00"},
            {**ROW, "ts": 1_780_272_000_000_000},
        )
    )
    assert len({row["ts"] for row in rows}) == 1


def test_gzip_is_read_and_empty_lines_are_not_rows(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(ROW).encode() + b"\n\n" + json.dumps(ROW).encode()))
    assert len(_read(path)[0]) == 2


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{not json", "not JSON"),
        ("[1, 2]", "not a JSON object"),
        ({**ROW, "prompt": None}, 'required column "prompt" is null; expected text'),
        ({key: value for key, value in ROW.items() if key != "org_id"}, 'required column "org_id" is missing'),
        ({**ROW, "asn": "64500"}, 'column "asn" is .*expected a whole number'),
        ({**ROW, "stream": 1}, 'column "stream" is 1; expected true or false'),
        ({**ROW, "ts": "yesterday"}, 'column "ts" is .*expected a timestamp'),
        ({**ROW, "ts": "2026-06-01T00:00:00"}, "no offset"),
        ({**ROW, "asn": 2**70}, 'column "asn"'),
    ],
)
def test_a_bad_line_is_named_by_its_number_or_skipped_and_counted(tmp_path: Path, line: object, told: str) -> None:
    path = _lines(tmp_path / "log.jsonl", ROW, line, ROW)
    with pytest.raises(BadInput, match=f"line 2: .*{told}"):
        _read(path)
    rows, bad = _read(path, skip=True)
    assert (len(rows), bad.count) == (2, 1)
    assert "line 2" in bad.named[0]


def test_invalid_utf8_is_a_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(json.dumps(ROW).encode() + b'\n{"prompt": "\xff\xfe"}\n')
    assert _read(path, skip=True)[1].count == 1


def test_a_file_without_one_good_line_is_refused_even_when_skipping(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No line of"):
        _read(_lines(tmp_path / "log.jsonl", "{", "{"), skip=True)


def test_a_cut_gzip_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n".join([json.dumps(ROW).encode()] * 500))[:-20])
    with pytest.raises(BadInput, match="cannot be read after line"):
        _read(path)
