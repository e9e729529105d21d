# SPDX-License-Identifier: Apache-2.0
"""One log reduced by DuckDB and by a Spark cluster of several processes: the same rows."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fakes import spark_cluster
from fakes.relational import CADENCE_US
from fakes.sighting_tables import START_US, drawn
from stillwatch.detection.adapters import spark_tables
from stillwatch.detection.adapters.duckdb_tables import DuckDbTables
from stillwatch.detection.adapters.spark_tables import SparkTables
from stillwatch.detection.relations.interface import KNOWN, SCHEMAS, TableEngine
from stillwatch.detection.relations.reduction import Paired, Reduced, Span, pair, reduce
from stillwatch.errors import BadInput, SettingsError, Unavailable

SETTINGS = {"spark.sql.shuffle.partitions": "2"}
BYTES = pa.schema([pa.field("n", pa.int64()), pa.field("bytes", pa.binary())])
cluster_wanted = pytest.mark.skipif(bool(spark_cluster.missing()), reason=spark_cluster.missing() or "nothing")


@pytest.fixture(scope="module")
def master() -> Iterator[str]:
    with spark_cluster.cluster() as url:
        yield url


def _table(name: str, stream: Iterator[pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches(stream, SCHEMAS[name])


def _assert_same(one: Reduced | Paired, other: Reduced | Paired) -> None:
    """Row for row; only a sum of floats may differ in its last places."""
    for name in one.__slots__:
        rows, others = _table(name, getattr(one, name)), _table(name, getattr(other, name))
        assert len(rows) == len(others) > 0, name
        if name == "edges":
            assert rows["weight"].to_pylist() == pytest.approx(others["weight"].to_pylist(), rel=1e-9)
            rows, others = rows.drop(["weight"]), others.drop(["weight"])
        assert rows.equals(others), name


@cluster_wanted
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_session_on_the_cluster_does_as_duckdb_does(master: str, tmp_path: Path) -> None:
    given = drawn(0, rows=500)
    span = Span(after_us=START_US + CADENCE_US, until_us=START_US + 3 * CADENCE_US)
    known = pa.table([["acct-11", "acct-10"], [3, 31]], KNOWN)
    duck = DuckDbTables(scratch=tmp_path, threads=1)
    # So little data is done sooner without planning anew after each stage.
    sparing = {"spark.executor.memory": "900m", "spark.sql.adaptive.enabled": "false"}
    spark = SparkTables(master, settings={**SETTINGS, **sparing})
    try:
        _assert_same(*(reduce(each, given, cadence_us=CADENCE_US, span=span, known=known) for each in (duck, spark)))
        _check_bytes_and_names(spark)
        _check_errors(spark, tmp_path)
    finally:
        spark.close()
        duck.close()


def _check_bytes_and_names(spark: TableEngine) -> None:
    given = pa.table([[0, 1, 2], [bytes(range(256)), b"", b"'\\x41\x00"]], BYTES)
    spark.register("numbers", given)
    assert spark.materialise("copies", "SELECT * FROM numbers") == 3
    spark.register("numbers", given.slice(0, 0))
    assert spark.materialise("none", "SELECT * FROM numbers") == 0
    assert pa.Table.from_batches(spark.stream("none", BYTES, ["n"]), BYTES).num_rows == 0
    assert pa.Table.from_batches(spark.stream("copies", BYTES, ["n"])) == given


def _check_errors(spark: TableEngine, folder: Path) -> None:
    with pytest.raises(BadInput, match="nowhere"):
        reduce(spark, [str(folder / "nowhere.parquet")], cadence_us=CADENCE_US)
    (folder / "broken.parquet").write_bytes(b"PAR1 no PAR1")
    with pytest.raises(BadInput, match="cannot be read"):
        reduce(spark, [str(folder / "broken.parquet")], cadence_us=CADENCE_US)
    with pytest.raises(Unavailable, match="on purpose"):
        spark.materialise("none", "SELECT raise_error('on purpose') AS n")


@cluster_wanted
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_million_sightings_reduce_alike_on_the_cluster_through_spark_connect(master: str, tmp_path: Path) -> None:
    given = drawn(1, rows=1_000_000, accounts=5_000, hours=72, step_us=1_000_000)
    files = [str(tmp_path / f"{part}.parquet") for part in range(4)]
    for part, file in enumerate(files):
        pq.write_table(given.slice(part * 300_000, 300_000), file)
    duck = DuckDbTables(scratch=tmp_path)
    with spark_cluster.connect_server(master) as url:
        spark = SparkTables(url, settings=SETTINGS, stream_rows=100_000)
        try:
            _assert_same(*(reduce(engine, files, cadence_us=CADENCE_US) for engine in (duck, spark)))
            _assert_same(*(pair(engine, ["postings"], cap=8, organisations=2_500) for engine in (duck, spark)))
        finally:
            spark.close()
            duck.close()


def test_where_no_connect_server_answers_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark", reason="PySpark is not installed (uv sync --extra spark)")
    monkeypatch.setattr(spark_tables, "REACH_SECONDS", 0.5)
    with pytest.raises(Unavailable, match="No Spark Connect server"):
        SparkTables("sc://127.0.0.1:1")


def test_a_stream_is_asked_for_in_ranges_of_whole_values() -> None:
    counts = {1: 5, 2: 4, 3: 1, 5: 30, 8: 1, 9: 9}
    ranges = list(spark_tables._ranges(list(counts), list(counts.values()), most_rows=10))
    assert ranges == [(1, 3), (5, 5), (8, 9)]
    assert list(spark_tables._ranges([], [], most_rows=10)) == []


@pytest.mark.parametrize("master_url", ["yarn", "http://spark", "local"])
def test_what_names_no_spark_is_a_setting_that_cannot_work(master_url: str) -> None:
    with pytest.raises(SettingsError, match="sc://HOST"):
        SparkTables(master_url)
