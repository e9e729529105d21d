# SPDX-License-Identifier: Apache-2.0
"""One share of a log into one part: a Parquet file of sightings, whole or not there.

A share is a row group of a Parquet file or a block of JSON lines. It is read a few hundred rows at a time, fewer where
they are long, and a text that many rows repeat is held once, so that neither the size of a row group nor prompts of a
megabyte decide what memory is needed. The one thing that must fit is a page of the file, decompressed, which no reader
of Parquet can take in pieces: where a row group may have a large one, the processes read it one after the other.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.detection.adapters.bad_rows import BadRows
from stillwatch.detection.adapters.json_lines import Block
from stillwatch.detection.adapters.json_lines import batches as json_batches
from stillwatch.detection.adapters.log_schema import COLUMNS
from stillwatch.detection.adapters.long_texts import shorten
from stillwatch.detection.sightings import SIGHTINGS, sightings_of
from stillwatch.errors import BadInput, Unavailable

READ_ROWS = 256
READ_BYTES = 8 * 1024 * 1024
"""What is decoded at once, whichever is less."""
REPEATED_BYTES = 8 * 1024 * 1024
"""A column of texts that is no larger than this in the file may yet be gigabytes once each row has its own copy."""
PAGE_ROWS = 1_024
"""Rows that writers commonly put into a page before they look at its size."""
LARGE_PAGE_BYTES = 64 * 1024 * 1024
"""A page from which on only one process at a time may read the like."""
BATCH_ROWS = 2_048
BATCH_BYTES = 8 * 1024 * 1024
"""What is hashed at once: enough to share the cost of a step, little enough for the processor's cache."""
GROUP_ROWS = 65_536
GROUP_BYTES = 32 * 1024 * 1024
"""A row group of a part."""
FIRST_US, LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999
"""Instants of the years 1 to 9999, microseconds since the epoch."""
HINT = "Mend the row, or skip such rows with --skip-bad-rows."
_PER_UNIT_US = {"s": (1_000_000, 1), "ms": (1_000, 1), "us": (1, 1), "ns": (1, 1_000)}
_REQUIRED = tuple(column.name for column in COLUMNS if column.is_required)
_TEXTS = ("prompt", "system")
_NOTE = b"stillwatch.part"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What becomes one part."""

    path: Path
    where: int | Block
    """Number of a row group, or a block of lines."""
    rows: int | None
    """How many rows or lines it holds; None where that is not known before reading."""
    columns: tuple[str, ...]
    """Which of the log's columns are read."""
    target: Path
    skip_bad_rows: bool = False


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What a part says about how it was made."""

    read: int
    """Rows or lines of the log."""
    bad: int
    named: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A finished part."""

    path: Path
    read: int
    """Rows or lines of the log that it was made from."""
    rows: int
    """Sightings: what was read, less what is bad, blank or refused."""
    bad: BadRows


def finished(share: Share) -> Part | None:
    """Give the share's part where an earlier run has made it."""
    try:
        metadata = pq.read_metadata(share.target)
        note = msgspec.json.decode(metadata.metadata[_NOTE], type=Note)
    except (OSError, pa.ArrowInvalid, KeyError, TypeError, msgspec.DecodeError):
        return None
    bad = BadRows(count=note.bad, named=list(note.named))
    return Part(path=share.target, read=note.read, rows=metadata.num_rows, bad=bad)


def has_large_pages(share: Share) -> bool:
    """Say whether a share's pages are likely to be so large that several processes should not hold one each."""
    if isinstance(share.where, Block):
        return False
    try:
        group = pq.read_metadata(share.path).row_group(share.where)
    except (pa.ArrowException, OSError):
        return False  # whoever reads it will say what is wrong
    largest = max(_column_sizes(group, share.columns).values(), default=0)
    rows: int = group.num_rows
    return largest * min(PAGE_ROWS, rows) > LARGE_PAGE_BYTES * rows


def make_part(share: Share, *, read: Callable[[int], None] = lambda _: None) -> Part:
    """Make a share's part.

    Args:
        share: Its target does not exist until the part is whole.
        read: Called with the number of rows of each step.

    Raises:
        BadInput: The log is damaged, or a row is bad and may not be skipped.
        Unavailable: The part cannot be written.
    """
    bad = BadRows()
    count = 0

    def step(rows: int) -> None:
        nonlocal count
        count += rows
        read(rows)

    half = share.target.with_name(f".{share.target.name}.half")
    rows = 0
    try:
        with pq.ParquetWriter(half, SIGHTINGS, compression="lz4", use_dictionary=["account", "org"]) as writer:
            for table in _grouped(sightings_of(batch) for batch in batches_of(share, bad, step)):
                rows += table.num_rows
                _written(writer, table, half)
            note = Note(read=count, bad=bad.count, named=bad.named)
            writer.add_key_value_metadata({_NOTE: msgspec.json.encode(note)})
        half.replace(share.target)
    except OSError as error:
        raise _unwritable(half, error) from None
    return Part(path=share.target, read=count, rows=rows, bad=bad)


def _written(writer: pq.ParquetWriter, table: pa.Table, path: Path) -> None:
    try:
        writer.write_table(table)
    except pa.ArrowInvalid as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: Exception) -> Unavailable:
    return Unavailable(
        f"The scratch file {path} cannot be written: {_first_line(error)}.",
        hint="The scratch folder needs some 250 bytes for each exchange of the log.",
    )


def _grouped(sightings: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Put batches together until they make a row group."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in sightings:
        held.append(batch)
        rows += batch.num_rows
        size += batch.nbytes
        if rows >= GROUP_ROWS or size >= GROUP_BYTES:
            yield pa.Table.from_batches(held)
            held, rows, size = [], 0, 0
    if rows:
        yield pa.Table.from_batches(held)


def batches_of(share: Share, bad: BadRows, read: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
    """Read a share's good rows, a batch at a time; long texts are cut to what a sketch reads.

    Args:
        share: Its ``columns`` are read.
        bad: Where bad rows are counted.
        read: Called with the number of rows of each batch.

    Raises:
        BadInput: The log is damaged, or a row is bad and may not be skipped.
    """
    if isinstance(share.where, Block):
        return json_batches(
            share.path, share.where, columns=share.columns, skip_bad_rows=share.skip_bad_rows, bad=bad, read=read
        )
    return _parquet_batches(share, share.where, bad, read)


def _parquet_batches(share: Share, group: int, bad: BadRows, read: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
    """Read a row group's good rows, a batch at a time.

    Raises:
        BadInput: The row group is damaged, or a row is bad and may not be skipped.
    """
    first = 0
    for batch in _joined(_decoded(share, group)):
        good = _good_rows(share, group, first, batch, bad)
        first += batch.num_rows
        yield batch if good is None else _kept(batch, good)
        read(batch.num_rows)
    if first != share.rows:
        raise BadInput(f"{share.path} is damaged: row group {group} has {first} rows, and should have {share.rows}.")


def _decoded(share: Share, group: int) -> Iterator[pa.RecordBatch]:
    try:
        metadata = pq.read_metadata(share.path)
        sizes = _column_sizes(metadata.row_group(group), share.columns)
        with pq.ParquetFile(
            share.path,
            read_dictionary=[name for name in _TEXTS if sizes.get(name, REPEATED_BYTES) < REPEATED_BYTES],
            buffer_size=1 << 20,
            page_checksum_verification=True,
        ) as file:
            batches = file.iter_batches(
                _read_rows(metadata.row_group(group).num_rows, sum(sizes.values())),
                row_groups=[group],
                columns=list(share.columns),
                use_threads=False,
            )
            # Not a loop with a name for each: that would hold one batch while the next is decoded.
            yield from map(_shortened, batches)
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"{share.path} is damaged: row group {group}: {_first_line(error)}.") from None


def _shortened(batch: pa.RecordBatch) -> pa.RecordBatch:
    names = batch.schema.names
    columns = [_shorter(one) if name in _TEXTS else one for name, one in zip(names, batch.columns, strict=True)]
    return pa.RecordBatch.from_arrays(columns, names=names)


def _shorter(texts: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(texts.type):
        return pa.DictionaryArray.from_arrays(texts.indices, shorten(texts.dictionary))
    return shorten(texts)


def _column_sizes(group: pq.RowGroupMetaData, columns: Sequence[str]) -> dict[str, int]:
    """Give the bytes of some columns of a row group, decompressed but as the file encodes them."""
    every = (group.column(at) for at in range(group.num_columns))
    return {one.path_in_schema: one.total_uncompressed_size for one in every if one.path_in_schema in columns}


def _read_rows(rows: int, size: int) -> int:
    """How many rows to decode at once, so that they are about as many bytes as may be held."""
    return max(1, min(READ_ROWS, READ_BYTES * rows // max(size, 1)))


def _joined(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Put small batches together until they are worth a step, and cut what is too large for one."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        size += batch.nbytes
        if rows >= BATCH_ROWS or size >= BATCH_BYTES:
            yield from _cut(pa.concat_batches(held), size)
            held, rows, size = [], 0, 0
    if rows:
        yield from _cut(pa.concat_batches(held), size)


def _cut(batch: pa.RecordBatch, size: int) -> Iterator[pa.RecordBatch]:
    step = -(-batch.num_rows // max(1, round(size / BATCH_BYTES)))
    for at in range(0, batch.num_rows, step):
        yield batch.slice(at, step)


def _good_rows(
    share: Share, group: int, first: int, batch: pa.RecordBatch, bad: BadRows
) -> npt.NDArray[np.bool_] | None:
    """Say which rows are good; None where all are.

    Raises:
        BadInput: One is bad and may not be skipped.
    """
    good = np.ones(batch.num_rows, np.bool_)
    for name in batch.schema.names:
        for fault, is_bad in _faults(name, batch[name]):
            for row in np.flatnonzero(is_bad & good).tolist():
                where = f"in row {first + row} of row group {group}"
                bad.skip(f"{share.path}: {fault} {where}", hint=HINT, may_skip=share.skip_bad_rows)
            good &= ~is_bad
    return None if good.all() else good


def _kept(batch: pa.RecordBatch, good: npt.NDArray[np.bool_]) -> pa.RecordBatch:
    """Keep the good rows, and of columns that repeat themselves only what these hold."""
    kept = batch.filter(pa.array(good))
    plain = [one.dictionary_decode() if pa.types.is_dictionary(one.type) else one for one in kept.columns]
    return pa.RecordBatch.from_arrays(plain, names=kept.schema.names)


def _faults(name: str, column: pa.Array) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Give each thing that is wrong with some values of a column, and with which. Masks have shape (N,)."""
    if name in _REQUIRED and column.null_count:
        yield f'the required column "{name}" is null', column.is_null().to_numpy(zero_copy_only=False)
    if pa.types.is_timestamp(column.type):
        raw = pc.fill_null(column.cast(pa.int64()), 0).to_numpy()
        times, parts = _PER_UNIT_US[column.type.unit]
        yield (
            f'column "{name}" is beyond the years 1 to 9999',
            (raw < FIRST_US * parts // times) | (raw > LAST_US * parts // times),
        )
    elif not _is_valid(column):
        yield (
            f'column "{name}" is not UTF-8',
            np.array([not _is_valid(column.slice(at, 1)) for at in range(len(column))]),
        )


def _is_valid(column: pa.Array) -> bool:
    text = column.dictionary_decode() if pa.types.is_dictionary(column.type) and len(column) == 1 else column
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")
