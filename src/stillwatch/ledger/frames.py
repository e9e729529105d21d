# SPDX-License-Identifier: Apache-2.0
"""The spool's byte format: how an exchange lies on the disk before it is rolled into the log.

A segment is the eight bytes of ``MAGIC`` and then frames: a header of 16 bytes, little endian, and a payload.

    kind u8 | three zero bytes | payload length u32 | CRC-32 of the payload u32 | CRC-32 of the 12 bytes before u32

No kind is zero, so space that is allocated and not yet written reads as "nothing more". The header has a checksum of
its own because a flipped bit in a length would otherwise look like a frame that the crash cut off, and hide all that
follows it.

Marks tell a torn tail from damage. A mark at offset *n* says that every byte before *n* was synced when the mark was
written. The writer has one commit outstanding at a time and begins each with a mark, so bytes that a crash tore are
never followed by a mark; bytes that are bad and *are* followed by one had been acknowledged, and were damaged since.
A mark carries the segment's nonce, which callers never see, so no prompt can contain a forged one.

Source:
    ``docs/formats/spool.md`` is the specification.
"""

import struct
import zlib
from collections.abc import Iterator
from enum import IntEnum
from typing import TypeVar

import msgspec

from stillwatch.errors import IntegrityError
from stillwatch.records.exchange import Exchange

MAGIC = b"SWSPOOL1"
"""First bytes of a segment; the digit is the format's version."""

HEADER_SIZE = 16
MAX_PAYLOAD = 256 * 1024 * 1024
"""A length above this is not believed, whatever its checksum says."""

MAX_OPENING = 4096
"""A first frame is never longer than this."""

Bytes = bytes | bytearray | memoryview


class Kind(IntEnum):
    """What a frame says."""

    OPEN = 1
    """First frame of a segment: a ``SegmentHeader``."""
    BEGIN = 2
    """An exchange is under way: a ``Begin``."""
    FINISH = 3
    """An exchange has ended: an ``Exchange``."""
    MARK = 4
    """All before this frame is on the disk: the segment's nonce and this frame's own offset, u64 little endian."""
    END = 5
    """Nothing follows: a ``SegmentEnd``."""


class SegmentHeader(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who wrote a segment, and what it continues."""

    segment_id: str
    worker_id: str
    created_us: int
    """On the writer's clock, microseconds since the Unix epoch."""
    nonce: bytes
    """Eight random bytes that every mark of the segment repeats."""
    follows: str | None = None
    """Segment that this one continues: the exchanges in flight there have their ``BEGIN`` frames again here."""
    follows_bytes: int = 0
    """How many bytes of the followed segment count. What lay beyond was not acknowledged and is written again here."""


class SegmentEnd(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why nothing follows."""

    next: str | None = None
    """Segment that continues this one; None where the writer was shut down."""


class Begin(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An exchange is under way. Should the gateway be killed now, this is all that is known of it."""

    exchange_id: str
    ts_us: int
    org_id: str
    account_id: str
    model: str


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One whole frame. ``end`` is the offset of the byte after it."""

    kind: Kind
    payload: Bytes
    offset: int
    end: int


_HEAD = struct.Struct("<BxxxII")
_CRC = struct.Struct("<I")
_WHOLE_HEAD = struct.Struct("<BxxxIII")
_MARK = struct.Struct("<8sQ")
MARK_SIZE = HEADER_SIZE + _MARK.size
"""Bytes of a ``MARK`` frame."""
_MARK_PREFIX = _HEAD.pack(Kind.MARK, _MARK.size, 0)[:8]
_ENCODER = msgspec.msgpack.Encoder()
_EXCHANGE = msgspec.msgpack.Decoder(Exchange)
_BEGIN = msgspec.msgpack.Decoder(Begin)
_HEADER = msgspec.msgpack.Decoder(SegmentHeader)
_END = msgspec.msgpack.Decoder(SegmentEnd)
_INT64 = range(-(2**63), 2**63)

Record = TypeVar("Record", Begin, Exchange)


def frame(kind: Kind, payload: bytes) -> bytes:
    """The bytes of one frame."""
    head = _HEAD.pack(kind, len(payload), zlib.crc32(payload))
    return b"".join((head, _CRC.pack(zlib.crc32(head)), payload))


def opening(header: SegmentHeader) -> bytes:
    """The first bytes of a segment."""
    return MAGIC + frame(Kind.OPEN, _ENCODER.encode(header))


def begin_frame(begin: Begin) -> bytes:
    """The frame that says an exchange is under way."""
    try:
        return frame(Kind.BEGIN, _ENCODER.encode(begin))
    except (UnicodeEncodeError, OverflowError):
        return frame(Kind.BEGIN, _ENCODER.encode(storable(begin)))


def finish_frame(exchange: Exchange) -> bytes:
    """The frame that says an exchange has ended.

    What no file format can hold (a lone surrogate, an integer of more than 64 bits) is replaced rather than refused:
    a caller must not be able to keep an exchange out of the record by what they send.
    """
    try:
        return frame(Kind.FINISH, _ENCODER.encode(exchange))
    except (UnicodeEncodeError, OverflowError):
        return frame(Kind.FINISH, _ENCODER.encode(storable(exchange)))


def mark_frame(nonce: bytes, offset: int) -> bytes:
    """The frame that says all before ``offset``, where it will stand itself, is on the disk."""
    return frame(Kind.MARK, _MARK.pack(nonce, offset))


def end_frame(next_segment: str | None) -> bytes:
    """The frame that ends a segment."""
    return frame(Kind.END, _ENCODER.encode(SegmentEnd(next=next_segment)))


def storable(record: Record) -> Record:
    """The same record with what cannot be stored replaced: ``?`` for lone surrogates, the nearest 64-bit integer."""
    changed: dict[str, str | int] = {}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, str):
            changed[name] = value.encode("utf-8", "replace").decode()
        elif isinstance(value, int) and not isinstance(value, bool):
            changed[name] = min(max(value, _INT64.start), _INT64.stop - 1)
    return msgspec.structs.replace(record, **changed)


def read_exchange(found: Frame) -> Exchange:
    """The exchange in a ``FINISH`` frame.

    Raises:
        IntegrityError: The checksum holds but the payload is not an exchange: it was not this program that wrote it.
    """
    return _decode(_EXCHANGE, found)


def read_begin(found: Frame) -> Begin:
    """What a ``BEGIN`` frame says. Raises as ``read_exchange``."""
    return _decode(_BEGIN, found)


def read_end(found: Frame) -> SegmentEnd:
    """What an ``END`` frame says. Raises as ``read_exchange``."""
    return _decode(_END, found)


def payload_length(head: Bytes) -> int | None:
    """The length that a frame's first ``HEADER_SIZE`` bytes announce; None where they are not a frame's."""
    if len(head) < HEADER_SIZE or _CRC.unpack_from(head, _HEAD.size)[0] != zlib.crc32(head[: _HEAD.size]):
        return None
    length: int = _HEAD.unpack_from(head)[1]
    return length if length <= MAX_PAYLOAD else None


class SegmentReader:
    """Reads a segment, all at once or as it grows, and never past what is whole.

    Feed it the bytes from ``position`` on, as often as they grow. Frames come out once each; ``OPEN`` and ``MARK``
    are understood here and not handed out.

    Attributes:
        position: Offset of the first byte not yet understood. Feed from here.
        committed: Every byte before this offset is known to be on the disk.
        header: What the segment says of itself; None until that much has been read.
        end: What its ``END`` frame says; None until there is one.
        torn_bytes: Bytes after ``position`` that a crash left unfinished. Set by ``conclude``.
    """

    def __init__(self) -> None:
        self.position = 0
        self.committed = 0
        self.header: SegmentHeader | None = None
        self.end: SegmentEnd | None = None
        self.torn_bytes = 0

    def feed(self, data: Bytes) -> Iterator[Frame]:
        """Yield the whole frames that ``data`` begins with, where ``data`` starts at ``position``.

        Stops without complaint at the first frame that is not whole: while the writer lives it may yet become so.

        Raises:
            IntegrityError: The segment does not begin as a segment does, or a checksum holds over nonsense.
        """
        view = memoryview(data)
        base = self.position
        if self.header is None and not self._open(view):
            return
        while self.end is None:
            found = frame_at(view, self.position - base, base)
            if found is None:
                return
            if found.kind is Kind.MARK:
                nonce, offset = _MARK.unpack(found.payload)
                if nonce != self._nonce or offset != self.position:
                    raise IntegrityError(f"The mark at byte {self.position} of {self.name} belongs elsewhere.")
                self.committed = self.position
            self.position = found.end
            if found.kind is Kind.END:
                self.end = read_end(found)
                self.committed = self.position
            elif found.kind is not Kind.MARK:
                yield found

    def conclude(self, rest: Bytes) -> None:
        """Judge what follows ``position`` in a segment that nobody writes to any more.

        Args:
            rest: Every byte from ``position`` to the end of the file. Unwritten space, all zero, is well.

        Raises:
            IntegrityError: What stands there had been acknowledged, and was damaged since.
        """
        view = memoryview(rest)
        self.torn_bytes = len(bytes(view).rstrip(b"\0"))
        if self.torn_bytes == 0:
            return
        if self.end is not None:
            raise IntegrityError(f"{self.name} goes on after its end at byte {self.position}.")
        if self.header is None and len(view) >= len(MAGIC) + HEADER_SIZE + MAX_OPENING:
            raise IntegrityError("A segment's first frame is damaged.")
        mark = self._find_mark(view)
        if mark is not None:
            raise IntegrityError(
                f"{self.name} is damaged at byte {self.position}: bytes up to {mark} had been acknowledged.",
                hint="The whole frames before and after can still be read; keep the file for examination.",
            )

    def resume(self, rest: Bytes) -> bool:
        """Skip damage: move ``position`` to the next mark in ``rest``, and say whether there was one."""
        mark = self._find_mark(memoryview(rest))
        if mark is None:
            return False
        self.position = mark
        return True

    @property
    def name(self) -> str:
        """The segment's id, for messages."""
        return f"segment {self.header.segment_id}" if self.header else "a segment"

    @property
    def _nonce(self) -> bytes:
        return self.header.nonce if self.header else b""

    def _open(self, view: memoryview) -> bool:
        """Read the magic and the first frame; False where they are not all there yet."""
        start = bytes(view[: len(MAGIC)])
        if start != MAGIC and MAGIC.startswith(start.rstrip(b"\0")):
            return False
        if start != MAGIC:
            raise IntegrityError(f"This is not a segment of the spool: it begins with {start!r}, not {MAGIC!r}.")
        found = frame_at(view, len(MAGIC), 0)
        if found is None:
            return False
        if found.kind is not Kind.OPEN:
            raise IntegrityError("A segment's first frame does not say whose it is.")
        self.header = _decode(_HEADER, found)
        self.position = self.committed = found.end
        return True

    def _find_mark(self, view: memoryview) -> int | None:
        """Offset in the segment of the first true mark in ``view``, which starts at ``position``."""
        data = bytes(view)
        at = data.find(_MARK_PREFIX)
        while at >= 0:
            found = frame_at(view, at, self.position)
            if found is not None and _MARK.unpack(found.payload) == (self._nonce, self.position + at):
                return self.position + at
            at = data.find(_MARK_PREFIX, at + 1)
        return None


def frame_at(view: memoryview, at: int, base: int) -> Frame | None:
    """The frame that starts at ``view[at]``, or None where no whole one does.

    Args:
        view: Bytes of a segment.
        at: Index into ``view``.
        base: Offset in the segment of ``view[0]``.
    """
    start = at + HEADER_SIZE
    if start > len(view) or view[at] == 0:
        return None
    number, length, payload_crc, head_crc = _WHOLE_HEAD.unpack_from(view, at)
    if head_crc != zlib.crc32(view[at : at + _HEAD.size]):
        return None
    payload = view[start : start + length]
    kind = _KINDS.get(number)
    if len(payload) < length or length > MAX_PAYLOAD or zlib.crc32(payload) != payload_crc or kind is None:
        return None
    return Frame(kind, payload, base + at, base + start + length)


_KINDS = {kind.value: kind for kind in Kind}
_T = TypeVar("_T")


def _decode(decoder: msgspec.msgpack.Decoder[_T], found: Frame) -> _T:
    try:
        return decoder.decode(found.payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError(f"The frame at byte {found.offset} is whole but cannot be understood: {error}.") from error
