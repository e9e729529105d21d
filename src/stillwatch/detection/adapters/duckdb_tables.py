# SPDX-License-Identifier: Apache-2.0
"""Tables in this process: DuckDB, within a memory limit and on the disk beyond it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from stillwatch.errors import BadInput

BATCH_ROWS = 16_384


class DuckDbTables:
    """A ``TableEngine`` on one connection of its own.

    Args:
        scratch: A folder for what does not fit in memory; the caller removes it.
        memory_limit: Such as ``2GB``; Python's own memory comes on top.
        threads: At most this many at once; None takes every core.
    """

    dialect = "duckdb"

    def __init__(self, *, scratch: Path, memory_limit: str = "2GB", threads: int | None = None) -> None:
        self._memory_limit = memory_limit
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "temp_directory": str(scratch),
            # Rows are ordered where they are streamed, so that nothing need be kept in order before.
            "preserve_insertion_order": False,
            # What is not in the wheel is not fetched from the network.
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        if threads is not None:
            settings["threads"] = threads
        try:
            self._connection = duckdb.connect(":memory:", config=settings)
        except duckdb.Error as error:
            raise BadInput(f"DuckDB cannot start: {_first_line(error)}.", hint="A memory limit reads 2GB.") from None

    def register(self, name: str, source: pa.Table | Sequence[str]) -> None:
        """See ``TableEngine``."""
        try:
            if isinstance(source, pa.Table):
                self._connection.register(name, source)
            else:
                files = self._connection.read_parquet(list(source), hive_partitioning=False)
                files.create_view(name, replace=True)
        except duckdb.Error as error:
            raise self._bad_input(error) from None

    def materialise(self, name: str, sql: str) -> int:
        """See ``TableEngine``."""
        try:
            made = self._connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS {sql}').fetchone()
        except duckdb.Error as error:
            raise self._bad_input(error) from None
        return int(made[0]) if made else 0

    def stream(self, name: str, schema: pa.Schema, order_by: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """See ``TableEngine``."""
        # A cursor is a connection of its own to the same tables: streams do not disturb each other.
        cursor = self._connection.cursor()
        columns = ", ".join(f'"{column}"' for column in schema.names)
        order = ", ".join(f'"{column}" NULLS LAST' for column in order_by)
        try:
            ordered = cursor.sql(f'SELECT {columns} FROM "{name}" ORDER BY {order}')  # noqa: S608 - names are our own
            for batch in ordered.to_arrow_reader(BATCH_ROWS):
                yield batch.cast(schema)
        except duckdb.Error as error:
            raise self._bad_input(error) from None
        finally:
            cursor.close()

    def close(self) -> None:
        """See ``TableEngine``."""
        self._connection.close()

    def _bad_input(self, error: duckdb.Error) -> BadInput:
        if isinstance(error, duckdb.OutOfMemoryException):
            return BadInput(
                f"Reducing the sightings needs more than {self._memory_limit} of memory and the scratch folder's disk.",
                hint="Give more with --memory-limit, or free space on that disk.",
            )
        return BadInput(
            f"The sightings cannot be read: {_first_line(error)}.", hint="See that each is a whole Parquet file."
        )


def _first_line(error: duckdb.Error) -> str:
    return str(error).partition("\n")[0].rstrip(".")
