# SPDX-License-Identifier: Apache-2.0
"""Exchanges as Arrow tables, and back."""

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

import pyarrow as pa

from stillwatch.ledger.columns import COLUMNS, CONTRACT, REQUIRED, ColumnKind, field_of
from stillwatch.ledger.frames import storable
from stillwatch.records.exchange import Exchange, Outcome

_TYPES: dict[ColumnKind, Any] = {
    ColumnKind.TEXT: pa.string(),
    ColumnKind.INSTANT: pa.timestamp("us", tz="UTC"),
    ColumnKind.INTEGER: pa.int64(),
    ColumnKind.NUMBER: pa.float64(),
    ColumnKind.TRUTH: pa.bool_(),
    ColumnKind.BYTES: pa.binary(),
}
SCHEMA = pa.schema([pa.field(name, _TYPES[kind], nullable=name not in REQUIRED) for name, kind in COLUMNS.items()])
"""Every column of the log."""
CONTRACT_SCHEMA = pa.schema([SCHEMA.field(name) for name in CONTRACT])
"""The columns that anybody may rely on."""

_FIELDS = tuple(field_of(column) for column in COLUMNS)
_VALUES = attrgetter(*_FIELDS)
_OUTCOME = _FIELDS.index("outcome")


def to_table(rows: Sequence[Exchange]) -> Any:
    """A table with every column of the log. What Arrow cannot hold is replaced as ``storable`` says."""
    try:
        return _table(rows)
    except (OverflowError, UnicodeEncodeError, pa.ArrowInvalid):
        return _table([storable(row) for row in rows])


def _table(rows: Sequence[Exchange]) -> Any:
    columns = list(zip(*map(_VALUES, rows), strict=True)) or [()] * len(_FIELDS)
    arrays = [pa.array(values, type=kind.type) for values, kind in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def from_batch(batch: Any) -> Iterator[Exchange]:
    """The exchanges in a record batch that has every column of the log, in any order."""
    columns = []
    for name, kind in COLUMNS.items():
        column = batch.column(batch.schema.get_field_index(name))
        columns.append((column.cast(pa.int64()) if kind is ColumnKind.INSTANT else column).to_pylist())
    columns[_OUTCOME] = [Outcome(value) for value in columns[_OUTCOME]]
    for values in zip(*columns, strict=True):
        yield Exchange(**dict(zip(_FIELDS, values, strict=True)))
