# SPDX-License-Identifier: Apache-2.0
"""What the definitions are written with: a table by its columns, a window by its end, and SQL text out."""

from typing import Any, TypeAlias

import ibis
import pyarrow as pa

Table: TypeAlias = ibis.Table
Column: TypeAlias = Any
"""A column, or a row's value of it; Ibis tells its columns' classes only when it runs."""

KEY = ("account", "ts_us", "exchange_hash")
"""Tells a sighting from every other one, once duplicates are out."""
_NAMES = {"bool": "boolean", "double": "float64"}
"""Where Ibis names a type otherwise than Arrow."""


def table(name: str, schema: pa.Schema) -> Table:
    """Stand for a table that the engine knows by this name."""
    # Ibis could read the schema itself, but only with pandas installed beside it.
    return ibis.table({field.name: _NAMES.get(str(field.type), str(field.type)) for field in schema}, name=name)


def window_of(instant_us: Column, cadence_us: int) -> Column:
    """Give the end of the window in which an instant lies; an instant on the boundary opens the next one."""
    return instant_us - instant_us % cadence_us + cadence_us


def in_order(*group_by: str) -> Any:
    """Give the frame that holds a group's sightings in order of time, ties by the exchange's hash."""
    return ibis.window(group_by=list(group_by), order_by=["ts_us", "exchange_hash"])


def to_sql(expression: Table, dialect: str) -> str:
    """Compile a definition: the text is the same for the same definition, dialect and library."""
    return str(ibis.to_sql(expression, dialect=dialect))
