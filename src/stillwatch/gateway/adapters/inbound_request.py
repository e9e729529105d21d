# SPDX-License-Identifier: Apache-2.0
"""One request that came in over HTTP/1.1, and the answer to it: the gateway's ``Caller``."""

import asyncio
import time
from collections.abc import Callable, Sequence
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Protocol

from stillwatch.gateway.adapters.inbound_head import Head

PARDONED_BYTES = 65_536
"""A request that is refused before its body is read may still send this much, and the connection lives on."""
UNREAD_BYTES = 262_144
"""Body bytes that wait for somebody to read them at which the connection stops reading."""

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_JOINED_BYTES = 65_536
"""A larger body is written after its head, not copied behind it."""


class Line(Protocol):
    """The connection a request came by."""

    loop: asyncio.AbstractEventLoop
    is_lost: bool
    """Whether nobody is at its other end, or nobody counts as being there."""

    @property
    def is_draining(self) -> bool:
        """Whether it ends with the request under way."""
        ...

    def write(self, data: bytes) -> None:
        """Send bytes; lost where the connection is."""
        ...

    async def flush(self) -> bool:
        """Wait while the caller is slow; False where it left."""
        ...

    def hear(self) -> None:
        """Read on, where reading was held up."""
        ...

    def hold(self) -> None:
        """Read no further for now."""
        ...


class Request:
    """See ``Caller``.

    Args:
        line: Its connection.
        head: What it began with.
        peer: Address at the other end.
        is_last: Nothing can follow it on its connection.
    """

    __slots__ = (
        "_expects_continue",
        "_has_chunks",
        "_has_started",
        "_headers",
        "_is_read",
        "_length",
        "_line",
        "_pieces",
        "_received",
        "_tell",
        "_waiter",
        "has_ended",
        "is_broken",
        "is_last",
        "is_whole",
        "method",
        "path",
        "peer",
        "query",
    )

    def __init__(self, line: Line, head: Head, *, peer: str | None, is_last: bool) -> None:
        self.method = head.method
        self.path = head.path
        self.query = head.query
        self.peer = peer
        self.is_whole = False
        """All of its body is here."""
        self.is_broken = False
        """The rest of its body will never come."""
        self.is_last = is_last
        self.has_ended = False
        """It has been answered to the last byte."""
        self._line = line
        self._headers = head.headers
        self._length = head.length
        self._has_chunks = head.has_chunks
        self._expects_continue = head.expects_continue
        self._pieces: list[bytes] = []
        self._received = 0
        self._is_read = False
        self._has_started = False
        self._waiter: asyncio.Future[None] | None = None
        self._tell: Callable[[], None] | None = None

    # What the gateway asks.

    def headers(self) -> Sequence[tuple[str, str]]:
        """See ``Caller``."""
        return self._headers

    async def read(self, limit: int) -> bytes | None:
        """See ``Caller``."""
        self._is_read = True
        while not self.is_whole and self._received <= limit:
            if self.is_broken or self._line.is_lost:
                return None
            if self._expects_continue:
                self._expects_continue = False
                if not self._received:
                    self._line.write(_CONTINUE)
            self._line.hear()
            self._waiter = self._line.loop.create_future()
            await self._waiter
        pieces, self._pieces = self._pieces, []
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def answer(self, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
        """See ``Caller``."""
        head = self._head(status, headers, f"content-length: {len(body)}\r\n")
        self.has_ended = True
        if self.method == "HEAD":
            self._line.write(head)
        elif len(body) <= _JOINED_BYTES:
            self._line.write(head + body)
        else:
            self._line.write(head)
            self._line.write(body)

    async def send(self, status: int, headers: Sequence[tuple[str, str]], data: bytes) -> bool:
        """See ``Caller``."""
        piece = b"%x\r\n%b\r\n" % (len(data), data) if self._has_chunks else data
        if not self._has_started:
            self._has_started = True
            # Where the caller knows no chunks, the end of the connection is the end of the answer.
            self.is_last = self.is_last or not self._has_chunks
            framing = "transfer-encoding: chunked\r\n" if self._has_chunks else ""
            piece = self._head(status, headers, framing) + piece
        self._line.write(piece)
        return await self._line.flush()

    async def end(self) -> None:
        """See ``Caller``."""
        self.has_ended = True
        if self._has_chunks:
            self._line.write(b"0\r\n\r\n")

    def on_leave(self, tell: Callable[[], None] | None) -> None:
        """See ``Caller``."""
        self._tell = tell
        if tell is not None and self._line.is_lost:
            tell()

    # What the connection tells.

    def push(self, piece: bytes) -> None:
        """Take a piece of the body in, or drop it where the answer is out already."""
        self._received += len(piece)
        if self.has_ended:
            return
        self._pieces.append(piece)
        if self._is_read:
            self._wake()
        elif self._received > UNREAD_BYTES:
            self._line.hold()

    def complete(self) -> None:
        """The body is whole."""
        self.is_whole = True
        self._wake()

    def lose(self) -> None:
        """What is missing of the body will never come, or nobody is there any more: see the line."""
        self.is_broken = self.is_last = True
        self._wake()
        if self._line.is_lost and self._tell is not None:
            self._tell()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _head(self, status: int, headers: Sequence[tuple[str, str]], framing: str) -> bytes:
        """The answer's head, and with it whether the connection lives on."""
        if self._line.is_draining or not (self.is_whole or self._is_pardoned()):
            self.is_last = True
        parts = [_status_line(status), f"date: {_date(int(time.time()))}\r\n"]
        for name, value in headers:
            if name == "connection":
                self.is_last = True
            else:
                parts.append(f"{name}: {value}\r\n")
        lines = len(parts) + 1 + self.is_last + bool(framing)
        text = "".join((*parts, framing, "connection: close\r\n\r\n" if self.is_last else "\r\n"))
        if text.count("\n") != lines or text.count("\r") != lines:
            raise ValueError("a header of the answer holds a line end")
        return text.encode("latin-1")

    def _is_pardoned(self) -> bool:
        """Whether so little of the body is missing that it may still come and be dropped."""
        if self._length is None or self._expects_continue:
            return False
        return self._length - self._received <= PARDONED_BYTES


@lru_cache(maxsize=64)
def _status_line(status: int) -> str:
    try:
        return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
    except ValueError:
        return f"HTTP/1.1 {status} \r\n"


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    """RFC 9110, sec. 5.6.7."""
    return formatdate(second, usegmt=True)
