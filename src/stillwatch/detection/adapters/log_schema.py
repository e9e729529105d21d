# SPDX-License-Identifier: Apache-2.0
"""The exchange log's columns as files carry them, and the refusal of files that do not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.errors import BadInput


@dataclass(frozen=True, slots=True)
class Column:
    """One column that detection reads."""

    name: str
    kind: str
    """``string``, ``timestamp``, ``int``, ``float``, ``bool`` or ``bytes``."""
    is_required: bool = False


COLUMNS = (
    Column("exchange_id", "string", is_required=True),
    Column("ts", "timestamp", is_required=True),
    Column("org_id", "string", is_required=True),
    Column("account_id", "string", is_required=True),
    Column("model", "string", is_required=True),
    Column("prompt", "string", is_required=True),
    Column("key_id", "string"),
    Column("client_ip", "string"),
    Column("asn", "int"),
    Column("country", "string"),
    Column("user_agent", "string"),
    Column("ja4", "string"),
    Column("payment_fp", "string"),
    Column("signup_ts", "timestamp"),
    Column("route", "string"),
    Column("endpoint", "string"),
    Column("system", "string"),
    Column("response", "string"),
    Column("conversation_id", "string"),
    Column("turn", "int"),
    Column("input_tokens", "int"),
    Column("output_tokens", "int"),
    Column("temperature", "float"),
    Column("max_tokens", "int"),
    Column("stream", "bool"),
    Column("logprobs", "bool"),
    Column("reasoning", "bool"),
    Column("tools", "int"),
    Column("status", "int"),
    Column("latency_ms", "float"),
)
"""The public contract, in its order."""

OWN_COLUMNS = (Column("outcome", "string"), Column("sketch", "bytes"))
"""What the gateway adds to its own log. Elsewhere columns of these names may mean anything, so they are read only where
both are there with these types."""

EXPECTED = {
    "string": "text",
    "timestamp": "a timestamp in UTC",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "bytes": "bytes",
}


def parquet_columns(path: Path) -> frozenset[str]:
    """Check a Parquet file's schema and give the names of the contract's columns that it has.

    Raises:
        BadInput: It is not Parquet, lacks a required column, has one of another type, or a required value is null.
    """
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadInput(
            f"{path} is not a Parquet file that can be read: {_first_line(error)}.",
            hint="Give Parquet files, or JSON Lines files that end in .jsonl, .ndjson or .json (or those with .gz).",
        ) from None
    with file:
        schema = file.schema_arrow
        for column in COLUMNS:
            if column.name not in schema.names:
                if column.is_required:
                    raise BadInput(
                        f'{path}: the required column "{column.name}" is missing (in every row group); expected '
                        f"{EXPECTED[column.kind]}.",
                        hint="See docs/formats/exchange-log.md for the columns.",
                    )
                continue
            found = schema.field(column.name).type
            if not fits_kind(found, column):
                raise BadInput(
                    f'{path}: column "{column.name}" has type {found} (row group 0 and all others); expected '
                    f"{EXPECTED[column.kind]}.",
                    hint="See docs/formats/exchange-log.md for the columns.",
                )
        own = all(
            column.name in schema.names and fits_kind(schema.field(column.name).type, column) for column in OWN_COLUMNS
        )
        names = {column.name for column in COLUMNS if column.name in schema.names}
        return frozenset(names | {column.name for column in OWN_COLUMNS}) if own else frozenset(names)


def fits_kind(found: pa.DataType, column: Column) -> bool:
    """Say whether an Arrow type can carry a column."""
    if pa.types.is_dictionary(found):
        found = found.value_type
    if pa.types.is_null(found):
        # A writer that saw only nulls does not know the type; a required column cannot be all null.
        return not column.is_required
    checks: dict[str, bool] = {
        "string": pa.types.is_string(found) or pa.types.is_large_string(found) or pa.types.is_string_view(found),
        "timestamp": pa.types.is_timestamp(found) and found.tz in ("UTC", "Etc/UTC", "+00:00", "Z"),
        "int": pa.types.is_integer(found),
        "float": pa.types.is_floating(found) or pa.types.is_integer(found),
        "bool": pa.types.is_boolean(found),
        "bytes": pa.types.is_binary(found) or pa.types.is_large_binary(found),
    }
    return checks[column.kind]


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")


def arrow_schema() -> pa.Schema:
    """The contract's columns as Arrow types, for rows that come from JSON."""
    kinds: dict[str, Any] = {
        "string": pa.string(),
        "timestamp": pa.timestamp("us", tz="UTC"),
        "int": pa.int64(),
        "float": pa.float64(),
        "bool": pa.bool_(),
    }
    return pa.schema([(column.name, kinds[column.kind]) for column in COLUMNS])
