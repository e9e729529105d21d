# SPDX-License-Identifier: Apache-2.0
"""JSON Lines into Parquet, a batch at a time, with every bad line counted and named by its number."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.detection.adapters.log_schema import COLUMNS, EXPECTED, Column, arrow_schema
from stillwatch.errors import BadInput

BATCH_ROWS = 5_000
LINE_LIMIT = 64 * 1024 * 1024
"""Bytes beyond which a line is not a row."""
NAMED_LINES = 20
"""Bad lines that are named one by one."""


@dataclass(slots=True)
class BadRows:
    """Rows that were skipped."""

    count: int = 0
    named: list[str] = field(default_factory=list)

    def add(self, what: str) -> None:
        """Count one, and name it while there are few."""
        self.count += 1
        if len(self.named) < NAMED_LINES:
            self.named.append(what)


class _Mistyped(Exception):  # noqa: N818 - a signal inside this module
    """A row that is JSON and not of the contract."""


def convert(path: Path, target: Path, *, skip_bad_rows: bool, bad: BadRows, read: Callable[[int], None]) -> int:
    """Write a JSON Lines file's rows to a Parquet file and give their number.

    Args:
        path: Text, or gzip where its name ends in ``.gz``.
        target: The Parquet file to make.
        skip_bad_rows: Count bad rows instead of refusing the file.
        bad: Where they are counted.
        read: Called with the number of bytes of each batch of lines.

    Raises:
        BadInput: A line is bad and may not be skipped, or every line is.
    """
    schema = arrow_schema()
    rows: list[dict[str, Any]] = []
    written, first_fault = 0, ""
    with _opened(path) as lines, pq.ParquetWriter(target, schema, compression="zstd") as writer:
        size = 0
        for number, line in _numbered(lines, path):
            size += len(line)
            if not line.strip():
                continue
            try:
                rows.append(_row(line))
            except (msgspec.DecodeError, UnicodeDecodeError, _Mistyped) as error:
                fault = f"{path}, line {number}: {error}"
                if not skip_bad_rows:
                    raise BadInput(
                        f"{fault}.", hint="Mend the line, or skip such lines with --skip-bad-rows."
                    ) from None
                bad.add(fault)
                first_fault = first_fault or fault
            if len(rows) >= BATCH_ROWS:
                writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=schema))
                written += len(rows)
                rows.clear()
                read(size)
                size = 0
        if rows:
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=schema))
            written += len(rows)
        read(size)
    if not written and first_fault:
        raise BadInput(f"No line of {path} is a row of the exchange log; the first: {first_fault}.")
    return written


def _opened(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return cast("BinaryIO", gzip.open(path, "rb"))
    return path.open("rb")


def _numbered(lines: BinaryIO, path: Path) -> Iterator[tuple[int, bytes]]:
    number = 0
    while True:
        try:
            line = lines.readline(LINE_LIMIT)
        except (OSError, EOFError) as error:
            raise BadInput(f"{path} cannot be read after line {number}: {error}.") from None
        if not line:
            return
        number += 1
        if len(line) == LINE_LIMIT and not line.endswith(b"\n"):
            raise BadInput(f"{path}, line {number} is longer than {LINE_LIMIT} bytes.")
        yield number, line


def _row(line: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(line)
    except msgspec.DecodeError as error:
        raise _Mistyped(f"not JSON ({error})") from None
    if not isinstance(found, dict):
        raise _Mistyped("not a JSON object")
    return {column.name: _value(found.get(column.name), column, has=column.name in found) for column in COLUMNS}


def _value(value: Any, column: Column, *, has: bool) -> Any:
    if value is None:
        if column.is_required:
            state = "null" if has else "missing"
            raise _Mistyped(f'the required column "{column.name}" is {state}; expected {EXPECTED[column.kind]}')
        return None
    good = {
        "string": isinstance(value, str),
        "timestamp": isinstance(value, (str, int)) and not isinstance(value, bool),
        "int": isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63,
        "float": isinstance(value, (int, float)) and not isinstance(value, bool),
        "bool": isinstance(value, bool),
    }[column.kind]
    if not good:
        raise _Mistyped(f'column "{column.name}" is {_spoken(value)}; expected {EXPECTED[column.kind]}')
    return _instant(value, column) if column.kind == "timestamp" else value


def _instant(value: str | int, column: Column) -> datetime:
    """Read ISO 8601 with an offset, or whole microseconds since the epoch."""
    try:
        if isinstance(value, int):
            return datetime.fromtimestamp(value // 1_000_000, UTC).replace(microsecond=value % 1_000_000)
        parsed = datetime.fromisoformat(value)
    except (ValueError, OverflowError, OSError):
        raise _Mistyped(
            f'column "{column.name}" is {_spoken(value)}; expected a timestamp in UTC, ISO 8601 with offset'
        ) from None
    if parsed.tzinfo is None:
        raise _Mistyped(f'column "{column.name}" is {_spoken(value)}, which has no offset; expected a timestamp in UTC')
    return parsed.astimezone(UTC)


def _spoken(value: Any) -> str:
    text = repr(value)
    return f"{text[:40]}…" if len(text) > 40 else text
