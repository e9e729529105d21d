# SPDX-License-Identifier: Apache-2.0
"""The texts of a public list, a batch at a time, from JSON Lines, Parquet or plain text."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.detection.adapters.json_lines import Block, numbered_lines
from stillwatch.detection.adapters.log_files import is_json
from stillwatch.errors import BadInput

FIELDS = ("prompt", "text")
"""Where a text is looked for, where nothing else is said."""
BATCH_TEXTS = 2_048
BATCH_CHARS = 8 * 1024 * 1024
READ_ROWS = 256


def texts_of(path: Path, *, field: str | None = None) -> Iterator[list[str]]:
    """Give the texts of a file, in batches.

    Args:
        path: Its name says what it is: ``.jsonl``, ``.ndjson`` or ``.json`` (JSON Lines), ``.parquet``, or ``.txt``
            with one text a line; all but Parquet also with ``.gz``.
        field: Where in an object or row the text is; None for the first of ``FIELDS`` that is there.

    Raises:
        BadInput: The file cannot be read, is of no such kind, or has a row without a text; the message says which.
    """
    plain = path.name.lower().removesuffix(".gz")
    if path.suffix.lower() == ".parquet":
        found = _of_parquet(path, field)
    elif is_json(path):
        found = _of_json(path, field)
    elif plain.endswith(".txt"):
        found = _of_lines(path)
    else:
        raise BadInput(
            f"{path} is not named as a list of prompts.",
            hint="Names end in .jsonl, .ndjson, .json or .txt (or those and .gz), or in .parquet.",
        )
    yield from _batched(found)


def _batched(texts: Iterator[str]) -> Iterator[list[str]]:
    held: list[str] = []
    size = 0
    for text in texts:
        held.append(text)
        size += len(text)
        if len(held) >= BATCH_TEXTS or size >= BATCH_CHARS:
            yield held
            held, size = [], 0
    if held:
        yield held


def _of_lines(path: Path) -> Iterator[str]:
    for number, line in numbered_lines(path, Block()):
        try:
            text = line.decode().strip()
        except UnicodeDecodeError:
            raise BadInput(f"{path}, line {number} is not UTF-8.") from None
        if text:
            yield text


def _of_json(path: Path, field: str | None) -> Iterator[str]:
    wanted = FIELDS if field is None else (field,)
    # Only the fields that are wanted are decoded.
    row = msgspec.defstruct("Row", [(f"f{at}", str | None, None) for at in range(len(wanted))], rename=_renamed(wanted))
    decoder = msgspec.json.Decoder(row)
    for number, line in numbered_lines(path, Block()):
        if not line.strip():
            continue
        try:
            values = msgspec.structs.astuple(decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadInput(f"{path}, line {number}: {error}.") from None
        text = next((one for one in values if one is not None), None)
        if text is None:
            raise BadInput(f"{path}, line {number} has no {_named(wanted)}.", hint="Name the field with --field.")
        yield text


def _renamed(wanted: tuple[str, ...]) -> dict[str, str]:
    return {f"f{at}": name for at, name in enumerate(wanted)}


def _of_parquet(path: Path, field: str | None) -> Iterator[str]:
    wanted = FIELDS if field is None else (field,)
    try:
        with pq.ParquetFile(path) as file:
            name = next((one for one in wanted if one in file.schema_arrow.names), None)
            if name is None:
                raise BadInput(f"{path} has no column {_named(wanted)}.", hint="Name the column with --field.")
            for batch in file.iter_batches(READ_ROWS, columns=[name], use_threads=False):
                yield from (one for one in batch.column(0).cast(pa.large_string()).to_pylist() if one is not None)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {str(error).partition(chr(10))[0].rstrip('.')}.") from None


def _named(wanted: tuple[str, ...]) -> str:
    return " or ".join(f'"{one}"' for one in wanted)
