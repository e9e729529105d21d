# SPDX-License-Identifier: Apache-2.0
"""JSON Lines as columns, a batch at a time, with every bad line counted and named by its number.

A plain file is cut into blocks at the ends of lines, so that several processes can read it; a compressed file is one
block.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO, cast

import msgspec
import pyarrow as pa

from stillwatch.detection.adapters.bad_rows import BadRows
from stillwatch.detection.adapters.log_schema import COLUMNS, EXPECTED, Column, arrow_schema
from stillwatch.errors import BadInput

BATCH_ROWS = 2_048
BATCH_BYTES = 8 * 1024 * 1024
BLOCK_BYTES = 64 * 1024 * 1024
READ_BYTES = 4 * 1024 * 1024
LINE_LIMIT = 64 * 1024 * 1024
"""Bytes beyond which a line is not a row."""
HINT = "Mend the line, or skip such lines with --skip-bad-rows."


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Whole lines of a file that lie together."""

    start: int = 0
    """Byte at which the first line begins."""
    end: int | None = None
    """Byte at which the line after the last begins; None for all there are."""
    line: int = 1
    """Number of the first line, from 1."""
    lines: int | None = None
    """How many there are; None where that is not known before reading."""


class _Mistyped(Exception):  # noqa: N818 - a signal inside this module
    """A row that is JSON and not of the contract."""


_TYPES: dict[str, Any] = {
    "string": str,
    "timestamp": str | int,
    "int": Annotated[int, msgspec.Meta(ge=-(2**63) + 1, le=2**63 - 1)],
    "float": float,
    "bool": bool,
}
_DECODER = msgspec.json.Decoder(
    msgspec.defstruct(
        "Line",
        [
            (column.name, _TYPES[column.kind])
            if column.is_required
            else (column.name, _TYPES[column.kind] | None, None)
            for column in COLUMNS
        ],
    )
)
"""Reads a good line in one step. What it refuses is read once more, by ``_row``, to say why."""
_INSTANTS = tuple((at, column) for at, column in enumerate(COLUMNS) if column.kind == "timestamp")


def blocks(path: Path) -> list[Block]:
    """Cut a file into blocks of about 64 MB.

    Raises:
        BadInput: The file cannot be read.
    """
    if path.suffix == ".gz":
        return [Block()]
    found: list[Block] = []
    start = line = at = 0
    newlines = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(READ_BYTES):
                newlines += chunk.count(b"\n")
                last = chunk.rfind(b"\n")
                at += len(chunk)
                if last >= 0 and at - start >= BLOCK_BYTES:
                    end = at - len(chunk) + last + 1
                    found.append(Block(start=start, end=end, line=line + 1, lines=newlines - line))
                    start, line = end, newlines
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error}.") from None
    if at > start or not found:
        found.append(Block(start=start, end=at, line=line + 1, lines=newlines - line + 1))
    return found


def batches(
    path: Path, block: Block, *, columns: Sequence[str], skip_bad_rows: bool, bad: BadRows, read: Callable[[int], None]
) -> Iterator[pa.RecordBatch]:
    """Read a block's rows.

    Args:
        path: Text, or gzip where its name ends in ``.gz``.
        block: One of ``blocks(path)``.
        columns: Names of the contract's columns that are wanted; all are checked.
        skip_bad_rows: Count bad rows instead of refusing the file.
        bad: Where they are counted.
        read: Called with the number of lines of each batch.

    Raises:
        BadInput: A line is bad and may not be skipped, or the file cannot be read.
    """
    rows: list[tuple[Any, ...]] = []
    size = lines = 0
    for number, line in numbered_lines(path, block):
        lines += 1
        size += len(line)
        try:
            if line.strip():
                rows.append(_values(line))
        except (msgspec.DecodeError, UnicodeDecodeError, _Mistyped) as error:
            bad.skip(f"{path}, line {number}: {error}", hint=HINT, may_skip=skip_bad_rows)
        if lines >= BATCH_ROWS or size >= BATCH_BYTES:
            yield _batch(rows, columns)
            read(lines)
            rows.clear()
            size = lines = 0
    yield _batch(rows, columns)
    read(lines)


def refuse_if_none(path: Path, *, rows: int, bad: BadRows) -> None:
    """Refuse a file of which every line is bad: it is something else.

    Raises:
        BadInput: It is.
    """
    if not rows and bad.named:
        raise BadInput(f"No line of {path} is a row of the exchange log; the first: {bad.named[0]}.")


def _batch(rows: list[tuple[Any, ...]], columns: Sequence[str]) -> pa.RecordBatch:
    whole = arrow_schema()
    schema = pa.schema([whole.field(name) for name in columns])
    values = list(zip(*rows, strict=True)) if rows else [()] * len(COLUMNS)
    arrays = [pa.array(values[whole.get_field_index(field.name)], field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def numbered_lines(path: Path, block: Block) -> Iterator[tuple[int, bytes]]:
    """Give a block's lines, each with its number, from 1, and its end.

    Raises:
        BadInput: The file cannot be read, or a line is longer than ``LINE_LIMIT``.
    """
    number, at = block.line - 1, block.start
    try:
        with _opened(path) as lines:
            lines.seek(block.start)
            while block.end is None or at < block.end:
                line = lines.readline(LINE_LIMIT)
                if not line:
                    return
                number += 1
                at += len(line)
                if len(line) == LINE_LIMIT and not line.endswith(b"\n"):
                    raise BadInput(f"{path}, line {number} is longer than {LINE_LIMIT} bytes.")
                yield number, line
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{path} cannot be read after line {number}: {error}.") from None


def _opened(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return cast("BinaryIO", gzip.open(path, "rb"))
    return path.open("rb")


def _values(line: bytes) -> tuple[Any, ...]:
    """Give a row's values in the order of ``COLUMNS``."""
    try:
        values = list(msgspec.structs.astuple(_DECODER.decode(line)))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return tuple(_row(line).values())
    for at, column in _INSTANTS:
        if values[at] is not None:
            values[at] = _instant(values[at], column)
    return tuple(values)


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
