# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fakes.relational import CADENCE_US, whole
from fakes.sighting_tables import drawn
from stillwatch.detection.adapters.duckdb_tables import DuckDbTables
from stillwatch.detection.relations.interface import KNOWN
from stillwatch.detection.relations.reduction import Reduced, reduce
from stillwatch.errors import BadInput

NUMBERS = pa.schema([pa.field("n", pa.int64()), pa.field("bytes", pa.binary())])


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDbTables]:
    engine = DuckDbTables(scratch=tmp_path / "spilled", memory_limit="64MB", threads=1)
    yield engine
    engine.close()


def test_files_and_tables_reduce_alike(engine: DuckDbTables, tmp_path: Path) -> None:
    given = drawn(0)
    # A folder that looks like a partition of another column is only a folder.
    files = [tmp_path / "asn=7" / "it's.parquet", tmp_path / "other.parquet"]
    files[0].parent.mkdir()
    for file, rows in zip(files, (given.slice(0, 700), given.slice(700)), strict=True):
        pq.write_table(rows, file)
    of_files = reduce(engine, [str(file) for file in files], cadence_us=CADENCE_US)
    found = {name: whole(name, getattr(of_files, name)) for name in Reduced.__slots__}
    of_table = reduce(engine, given, cadence_us=CADENCE_US)
    assert found == {name: whole(name, getattr(of_table, name)) for name in Reduced.__slots__}


def test_what_does_not_fit_in_memory_lies_on_the_disk_and_comes_back_whole_and_in_order(
    engine: DuckDbTables, tmp_path: Path
) -> None:
    # Some 200 MB, three times what the engine may hold.
    sql = "SELECT 799999 - range AS n, encode(repeat(md5(range::VARCHAR), 8)) AS bytes FROM range(800000)"
    assert engine.materialise("numbers", sql) == 800_000
    assert any((tmp_path / "spilled").iterdir())
    following = 0
    for batch in engine.stream("numbers", NUMBERS, ["n"]):
        assert batch["n"].to_pylist() == list(range(following, following + len(batch)))
        assert len(batch["bytes"][0].as_py()) == 256
        following += len(batch)
    assert following == 800_000


def test_any_bytes_pass_unchanged(engine: DuckDbTables) -> None:
    given = pa.table([[0, 1, 2], [bytes(range(256)), b"", b"'\\x41\x00"]], NUMBERS)
    engine.register("given", given)
    engine.materialise("numbers", "SELECT * FROM given")
    assert pa.Table.from_batches(engine.stream("numbers", NUMBERS, ["n"])) == given


def test_a_name_given_again_means_the_new_table(engine: DuckDbTables) -> None:
    for count in (3, 5):
        engine.register("known", pa.table([["a"], [count]], KNOWN))
        assert engine.materialise("numbers", f"SELECT * FROM known, range({count})") == count  # noqa: S608


def test_too_little_memory_and_disk_is_bad_input_that_says_what_to_give(tmp_path: Path) -> None:
    engine = DuckDbTables(scratch=tmp_path / "a file" / "no folder", memory_limit="32MB", threads=1)
    (tmp_path / "a file").touch()
    with pytest.raises(BadInput, match=r"32MB.*--memory-limit"):
        engine.materialise("numbers", "SELECT list(range) AS ns FROM range(10000000)")
    engine.close()


def test_a_memory_limit_that_is_none_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="2GB"):
        DuckDbTables(scratch=tmp_path, memory_limit="plenty")


@pytest.mark.parametrize("content", [None, b"no Parquet"])
def test_a_file_that_cannot_be_read_is_bad_input(engine: DuckDbTables, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "sightings.parquet"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadInput, match=r"sightings\.parquet"):
        reduce(engine, [str(file)], cadence_us=CADENCE_US)


def test_nothing_is_fetched_from_the_network(engine: DuckDbTables) -> None:
    with pytest.raises(BadInput, match="httpfs"):
        engine.register("given", ["https://127.0.0.1:1/sightings.parquet"])
