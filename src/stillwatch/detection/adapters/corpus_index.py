# SPDX-License-Identifier: Apache-2.0
"""The index of public lists of prompts: one file of sorted hashes, mapped into memory, whole or refused.

Source:
    ``docs/formats/corpus-index.md`` is the specification.
"""

import mmap
import os
from collections.abc import Sequence
from pathlib import Path
from struct import Struct
from zlib import crc32

import msgspec
import numpy as np

from stillwatch.detection.corpora import Corpus, Entry, Ints, Listed
from stillwatch.detection.sketch import VERSION as SKETCH_VERSION
from stillwatch.errors import BadInput, IntegrityError, Unavailable

MAGIC = b"SWCORP01"
_HEAD = Struct("<8sII")
"""Magic, bytes of the table, CRC-32 of the table."""
TABLE_LIMIT = 16 * 1024 * 1024
STEP_BYTES = 16 * 1024 * 1024
MEND = "Remove the file and add the lists again with `stillwatch corpus add`."


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """What stands before the hashes."""

    sketch: int
    """Version of the sketch whose prompt hashes these are."""
    corpora: list[Entry]


def read_index(path: Path) -> list[Listed]:
    """Map an index; a file that is not there is an empty one.

    Returns:
        Its lists in the order of the file. Their hashes are read when they are looked up.

    Raises:
        IntegrityError: The file is damaged, cut short, or no index.
        BadInput: It is of another version, or cannot be read.

    Cost:
        Reads the whole file once, to check it; holds nothing of it.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < _HEAD.size:
                raise IntegrityError(f"The index {path} is cut short.", hint=MEND)
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BadInput(f"The index {path} cannot be read: {error.strerror}.") from None
    table, start = _table(path, data)
    listed = []
    for entry in table.corpora:
        end = start + 8 * entry.prompts
        if end > len(data):
            raise IntegrityError(f"The index {path} is cut short.", hint=MEND)
        if _crc(data, start, end) != entry.crc:
            raise IntegrityError(f'The index {path} is damaged in the list "{entry.name}".', hint=MEND)
        hashes = np.frombuffer(data, "<i8", entry.prompts, start)
        listed.append(Listed(entry=entry, corpus=Corpus(entry.name, hashes)))
        start = end
    if start != len(data):
        raise IntegrityError(f"The index {path} is damaged: it is longer than its lists.", hint=MEND)
    return listed


def _table(path: Path, data: mmap.mmap) -> tuple[Table, int]:
    """Read what stands before the hashes, and give where these begin."""
    magic, size, crc = _HEAD.unpack_from(data)
    if magic[:6] == MAGIC[:6] and magic != MAGIC:
        raise BadInput(f"The index {path} is of a version that this program does not know.", hint=MEND)
    text = data[_HEAD.size : _HEAD.size + size] if size <= TABLE_LIMIT else b""
    if magic != MAGIC or len(text) != size or crc32(text) != crc:
        raise IntegrityError(f"The index {path} is damaged, or no index of prompts.", hint=MEND)
    try:
        table = msgspec.json.decode(text, type=Table)
    except msgspec.DecodeError as error:
        raise IntegrityError(f"The index {path} is damaged: {error}.", hint=MEND) from None
    if table.sketch != SKETCH_VERSION:
        raise BadInput(f"The index {path} holds hashes of sketches of version {table.sketch}.", hint=MEND)
    return table, _HEAD.size + size


def _crc(data: mmap.mmap, start: int, end: int) -> int:
    crc = 0
    view = memoryview(data)
    for at in range(start, end, STEP_BYTES):
        crc = crc32(view[at : min(at + STEP_BYTES, end)], crc)
    return crc


def entry_of(name: str, hashes: Ints, *, source: str, texts: int) -> Listed:
    """Make a list ready to be written.

    Args:
        name: Its name, which no other list of the index has.
        hashes: Distinct and ascending.
        source: Where its texts came from, in words.
        texts: How many there were.
    """
    stored = np.ascontiguousarray(hashes, "<i8")
    entry = Entry(name=name, source=source, texts=texts, prompts=len(stored), crc=crc32(stored.data))
    return Listed(entry=entry, corpus=Corpus(name, stored))


def write_index(path: Path, listed: Sequence[Listed]) -> None:
    """Write an index; who has the old one open keeps it. It is the new one or the old one, whatever happens.

    Raises:
        Unavailable: It cannot be written.
    """
    table = Table(sketch=SKETCH_VERSION, corpora=[one.entry for one in listed])
    text = msgspec.json.encode(table)
    # Hashes lie at multiples of eight bytes.
    text += b" " * (-len(text) % 8)
    half = path.with_name(f".{path.name}.half")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with half.open("wb") as file:
            file.write(_HEAD.pack(MAGIC, len(text), crc32(text)))
            file.write(text)
            for one in listed:
                file.write(one.corpus.hashes.data)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except OSError as error:
        raise Unavailable(f"The index {path} cannot be written: {error.strerror}.") from None
