# SPDX-License-Identifier: Apache-2.0
r"""Splits a stream of server-sent events into its events, however the bytes are cut.

Bytes are never changed: the blocks that come out, put together, are the bytes that went in. A block that has no data
(a comment, a stray line end) is a block too, so that it can be forwarded.

Source:
    WHATWG HTML, section 9.2.6 "Interpreting an event stream". Lines end with LF, CRLF or CR; a leading byte order mark
    is ignored; a blank line ends an event.
"""

import re
from typing import NamedTuple

from stillwatch.errors import UpstreamError

EVENT_LIMIT_BYTES = 16 << 20
"""Largest event held together: image parts of a stream reach megabytes, a stream without line ends has no bound."""

_BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2}")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """The fields of one event."""

    name: bytes
    """The ``event`` field; empty where there is none."""
    data: bytes
    """The ``data`` lines, joined by LF."""


class Framer:
    """Takes bytes as they come and gives whole blocks.

    Args:
        limit: Largest block, in bytes.

    Cost:
        One pass over the bytes; a block that comes in one piece is not copied.
    """

    __slots__ = ("_limit", "_pending", "_scanned")

    def __init__(self, *, limit: int = EVENT_LIMIT_BYTES) -> None:
        self._limit = limit
        self._pending = b""
        self._scanned = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take the next bytes and give the blocks they complete, line ends included.

        Raises:
            UpstreamError: A block grew beyond the limit.
        """
        pending = self._pending
        # The common case, one event in one piece with plain line ends.
        if not pending and chunk.endswith(b"\n\n") and chunk.find(b"\n\n") == len(chunk) - 2 and b"\r" not in chunk:
            return [chunk]
        data = pending + chunk if pending else chunk
        blocks = []
        start = 0
        # A line end cut in two is seen whole only by looking at the last bytes again.
        at = max(0, self._scanned - 3)
        while (found := _BLANK_LINE.search(data, at)) is not None:
            # A CR that ends the piece may be half a CRLF: its LF then leads the next block, where it means nothing.
            blocks.append(data[start : found.end()])
            start = at = found.end()
        self._pending = data[start:]
        self._scanned = len(self._pending)
        if self._scanned > self._limit:
            raise UpstreamError(f"The model server sent an event of more than {self._limit} bytes.", reason="protocol")
        return blocks

    def rest(self) -> bytes:
        """The bytes of an event that has not ended."""
        return self._pending


def parse(block: bytes) -> Event | None:
    r"""Read a block's fields, or give None where it carries no data.

    Example:
        >>> parse(b"event: ping\ndata: {}\n\n")
        Event(name=b'ping', data=b'{}')
        >>> parse(b": keep-alive\n\n") is None
        True
    """
    if block.startswith(b"data: ") and block.find(b"\n") == len(block) - 2 and b"\r" not in block:
        return Event(b"", block[6:-2])
    name = b""
    data: list[bytes] = []
    for line in _LINE_END.split(block.removeprefix(_BOM)):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value
    return Event(name, b"\n".join(data)) if data else None


def write(name: bytes, data: bytes) -> bytes:
    r"""Write one event. Each line of its data, which LF ends and no CR, is a ``data`` line of its own.

    Example:
        >>> write(b"error", b"{}")
        b'event: error\ndata: {}\n\n'
    """
    if b"\n" in data:
        data = data.replace(b"\n", b"\ndata: ")
    return b"event: " + name + b"\ndata: " + data + b"\n\n" if name else b"data: " + data + b"\n\n"
