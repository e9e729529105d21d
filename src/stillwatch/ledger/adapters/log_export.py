# SPDX-License-Identifier: Apache-2.0
"""Writes exchanges in the public shape of the exchange log: Parquet or JSON Lines."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import IO, Any

import msgspec
import pyarrow.parquet as pq

from stillwatch.errors import BadInput, Unavailable
from stillwatch.ledger.adapters.arrow_rows import CONTRACT_SCHEMA, to_table
from stillwatch.ledger.columns import CONTRACT, ColumnKind, field_of
from stillwatch.records.exchange import Exchange

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BATCH_ROWS = 8192
_COLUMNS = [(name, field_of(name), kind is ColumnKind.INSTANT) for name, kind in CONTRACT.items()]


def export_log(rows: Iterable[Exchange], out: Path) -> int:
    """Write exchanges to a file, which appears when it is complete; return how many there were.

    Args:
        rows: What to write, in the order to write it.
        out: Ends in ``.parquet`` or ``.jsonl``, which says the format.

    Raises:
        BadInput: It ends otherwise, or its folder does not exist.
        Unavailable: It cannot be written.
    """
    writers = {".parquet": write_parquet, ".jsonl": write_json_lines}
    if out.suffix not in writers:
        raise BadInput(f"{out.name} does not say its format.", hint="End it in .parquet or .jsonl.")
    if not out.parent.is_dir():
        raise BadInput(f"There is no folder {out.parent}.", hint="Make it first.")
    half_made = out.with_name(f".{out.name}.partial")
    try:
        with half_made.open("wb") as file:
            count = writers[out.suffix](rows, file)
        half_made.replace(out)
    except OSError as error:
        raise Unavailable(f"{out} cannot be written: {error.strerror}.") from error
    finally:
        half_made.unlink(missing_ok=True)
    return count


def write_json_lines(rows: Iterable[Exchange], file: IO[bytes]) -> int:
    """One JSON object a line; what is not known is left out; instants are ISO 8601 with offset."""
    encoder = msgspec.json.Encoder()
    count = 0
    for row in rows:
        file.write(encoder.encode(public_shape(row)) + b"\n")
        count += 1
    return count


def write_parquet(rows: Iterable[Exchange], file: IO[bytes]) -> int:
    """Every column of the contract, zstd, a few thousand rows at a time."""
    count = 0
    with pq.ParquetWriter(file, CONTRACT_SCHEMA, compression="zstd", write_page_checksum=True) as writer:
        for batch in _batches(rows):
            writer.write_table(to_table(batch).select(CONTRACT_SCHEMA.names))
            count += len(batch)
    return count


def public_shape(row: Exchange) -> dict[str, Any]:
    """An exchange as the contract's columns; instants as text."""
    shaped: dict[str, Any] = {}
    for name, field, is_instant in _COLUMNS:
        value = getattr(row, field)
        if value is not None:
            shaped[name] = (EPOCH + timedelta(microseconds=value)).isoformat() if is_instant else value
    return shaped


def _batches(rows: Iterable[Exchange]) -> Iterator[list[Exchange]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH_ROWS)):
        yield batch
