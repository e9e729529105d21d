# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pyarrow as pa
import pytest

from fakes import reduced_reference
from fakes.sighting_tables import drawn, sightings
from stillwatch.detection.adapters.duckdb_tables import DuckDbTables
from stillwatch.detection.relations.distinct import REPEATS, distinct, repeated
from stillwatch.detection.relations.tables import KEY, table, to_sql
from stillwatch.detection.sightings import SIGHTINGS


def _distinct(given: pa.Table) -> tuple[int, pa.Table]:
    """How many keys are repeated, and what remains."""
    engine = DuckDbTables(scratch=Path("unused"), threads=1)
    engine.register("given", given)
    rows = table("given", SIGHTINGS)
    repeats = engine.materialise("repeats", to_sql(repeated(rows), "duckdb"))
    engine.materialise("sightings", to_sql(distinct(rows, table("repeats", REPEATS)), "duckdb"))
    left = pa.Table.from_batches(engine.stream("sightings", SIGHTINGS, KEY), SIGHTINGS)
    engine.close()
    return repeats, left


def test_a_row_given_three_times_counts_once() -> None:
    row = {"exchange_hash": 7, "payment": None}
    repeats, left = _distinct(sightings(row, row, row, {"exchange_hash": 8}))
    assert (repeats, left["exchange_hash"].to_pylist()) == (1, [7, 8])


@pytest.mark.parametrize("other", [{"account": "b"}, {"ts_us": 1}, {"exchange_hash": 8}])
def test_a_row_that_differs_in_its_key_is_another(other: dict[str, object]) -> None:
    repeats, left = _distinct(sightings({"exchange_hash": 7}, {"exchange_hash": 7, **other}))
    assert (repeats, len(left)) == (0, 2)


def test_of_rows_that_differ_elsewhere_the_least_counts_whatever_their_order() -> None:
    rows = [{"exchange_hash": 7, "payment": payment} for payment in (None, 5, -3)]
    assert _distinct(sightings(*rows))[1]["payment"].to_pylist() == [-3]
    assert _distinct(sightings(*reversed(rows)))[1]["payment"].to_pylist() == [-3]


@pytest.mark.parametrize("seed", range(3))
def test_it_agrees_with_the_obvious_way(seed: int) -> None:
    given = drawn(seed)
    _, left = _distinct(given)
    expected = sorted(reduced_reference.distinct(given.to_pylist()), key=lambda row: tuple(row[name] for name in KEY))
    assert left.to_pylist() == expected
    assert len(left) < len(given)
