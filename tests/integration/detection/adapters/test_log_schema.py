# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.detection.adapters.log_schema import COLUMNS, Column, arrow_schema, fits_kind, parquet_columns
from stillwatch.errors import BadInput

REQUIRED = [column.name for column in COLUMNS if column.is_required]


def _write(path: Path, **changed: pa.Array | None) -> Path:
    instants = pa.array([1_780_272_000_000_000], pa.timestamp("us", tz="UTC"))
    columns = {name: pa.array(["x"]) if name != "ts" else instants for name in REQUIRED}
    columns.update({name: value for name, value in changed.items() if value is not None})
    pq.write_table(pa.table({name: one for name, one in columns.items() if changed.get(name, one) is not None}), path)
    return path


def test_the_required_columns_are_enough_and_unknown_ones_are_ignored(tmp_path: Path) -> None:
    path = _write(tmp_path / "log.parquet", weather=pa.array(["rain"]))
    assert parquet_columns(path) == frozenset(REQUIRED)


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_required_column_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match=f'"{name}" is missing.*expected'):
        parquet_columns(_write(tmp_path / "log.parquet", **{name: None}))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("ts", pa.array(["2026-06-01T00:00:00Z"])),
        ("ts", pa.array([1_780_272_000], pa.int64())),
        ("ts", pa.array([1_780_272_000_000_000], pa.timestamp("us"))),
        ("asn", pa.array(["64500"])),
        ("turn", pa.array([0.5])),
        ("prompt", pa.array([7])),
    ],
)
def test_a_column_of_another_type_is_named_with_what_was_expected(tmp_path: Path, name: str, values: pa.Array) -> None:
    with pytest.raises(BadInput, match=f'column "{name}" has type .*row group 0.*expected'):
        parquet_columns(_write(tmp_path / "log.parquet", **{name: values}))


def test_an_optional_column_of_nothing_but_nulls_is_not_known(tmp_path: Path) -> None:
    assert "asn" in parquet_columns(_write(tmp_path / "log.parquet", asn=pa.nulls(1)))


def test_what_is_not_parquet_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    path.write_bytes(b"PAR1 but not really")
    with pytest.raises(BadInput, match="not a Parquet file"):
        parquet_columns(path)


def test_dictionaries_and_large_strings_are_text() -> None:
    text = Column("org_id", "string", is_required=True)
    assert fits_kind(pa.dictionary(pa.int32(), pa.string()), text)
    assert fits_kind(pa.large_string(), text)
    assert not fits_kind(pa.null(), text)


def test_the_schema_for_json_has_every_column() -> None:
    assert arrow_schema().names == [column.name for column in COLUMNS]
