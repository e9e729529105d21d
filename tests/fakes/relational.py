# SPDX-License-Identifier: Apache-2.0
"""Runs one definition on the engine in this process."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from fakes.sighting_tables import START_US
from stillwatch.detection.adapters.duckdb_tables import DuckDbTables
from stillwatch.detection.relations.interface import ORDER, SCHEMAS
from stillwatch.detection.relations.tables import Table, to_sql

CADENCE_US = 3_600_000_000
FIRST_WINDOW_US = START_US + CADENCE_US


def rows_of(name: str, definition: Table, **inputs: pa.Table) -> list[dict[str, Any]]:
    """The rows of the table of this name, in its order, made by a definition from tables by their names."""
    # Nothing here is large enough to be spilled.
    engine = DuckDbTables(scratch=Path("unused"), threads=1)
    try:
        for each, table in inputs.items():
            engine.register(each, table)
        engine.materialise(name, to_sql(definition, engine.dialect))
        return whole(name, engine.stream(name, SCHEMAS[name], ORDER[name]))
    finally:
        engine.close()


def whole(name: str, stream: Iterator[pa.RecordBatch]) -> list[dict[str, Any]]:
    """Every row of a stream, which must have just the columns that this table has."""
    rows: list[dict[str, Any]] = pa.Table.from_batches(stream, SCHEMAS[name]).to_pylist()
    return rows
