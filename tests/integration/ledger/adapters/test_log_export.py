# SPDX-License-Identifier: Apache-2.0
"""The public shape of the log, as files for others."""

import io
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from fakes.exchanges import START_US, an_exchange
from stillwatch.errors import BadInput, Unavailable
from stillwatch.ledger.adapters.log_export import BATCH_ROWS, export_log, public_shape, write_json_lines, write_parquet
from stillwatch.ledger.columns import CONTRACT


def test_the_public_shape_leaves_out_what_is_not_known_and_what_is_ours() -> None:
    shaped = public_shape(msgspec.structs.replace(an_exchange(1), signup_ts_us=START_US + 1))
    assert shaped["ts"] == "2026-06-01T00:00:00.000001+00:00"
    assert shaped["signup_ts"] == "2026-06-01T00:00:00.000001+00:00"
    assert "response" not in shaped
    assert set(shaped) <= set(CONTRACT)


def test_json_lines_has_one_object_a_line_whatever_is_in_the_prompt() -> None:
    file = io.BytesIO()
    assert write_json_lines([an_exchange(1, prompt="a\nb\u2028c"), an_exchange(2)], file) == 2
    lines = file.getvalue().split(b"\n")
    assert [msgspec.json.decode(line)["prompt"] for line in lines[:2]] == ["a\nb\u2028c", "Why is the sky blue?"]
    assert lines[2:] == [b""]


def test_parquet_is_written_in_batches_and_keeps_the_order() -> None:
    file = io.BytesIO()
    count = BATCH_ROWS + 10
    assert write_parquet((an_exchange(number) for number in range(count)), file) == count
    table = pq.read_table(io.BytesIO(file.getvalue()))
    assert table.column_names == list(CONTRACT)
    assert table["ts"].cast("int64").to_pylist() == [START_US + number for number in range(count)]


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
def test_an_export_of_nothing_is_a_file_of_nothing(tmp_path: Path, suffix: str) -> None:
    assert export_log([], tmp_path / f"out{suffix}") == 0
    assert (tmp_path / f"out{suffix}").exists()


def test_a_file_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    def rows() -> "list[object]":
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_log((row for row in rows()), tmp_path / "out.jsonl")  # type: ignore[misc]
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").mkdir()
    with pytest.raises(Unavailable, match="cannot be written"):
        export_log([], tmp_path / "out.jsonl")
    with pytest.raises(BadInput, match="does not say its format"):
        export_log([], tmp_path / "out")
