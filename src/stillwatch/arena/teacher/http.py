# SPDX-License-Identifier: Apache-2.0
"""The least HTTP/1.1 server that does what the teacher needs: keep-alive, whole answers, answers in pieces.

A framework would cost several times what the teacher's own thinking costs, and the rehearsal shares two cores.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

import httptools

_log = logging.getLogger("stillwatch.teacher")

MOST_BODY_BYTES = 16 * 2**20
"""Larger requests are refused with 413."""
_REASONS = {
    200: b"OK",
    400: b"Bad Request",
    404: b"Not Found",
    405: b"Method Not Allowed",
    413: b"Content Too Large",
    500: b"Internal Server Error",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request, its body read."""

    method: str
    path: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send: a whole body, or pieces that are made one by one as they are sent."""

    status: int
    body: bytes | Iterator[bytes]
    content_type: bytes = b"application/json"


Handler = Callable[[Request], Answer]


class Connection(asyncio.Protocol):
    """One connection: requests are answered one after the other, in order.

    Args:
        handler: Gives the answer to each request, without waiting for anything.
        live: The connections now open, kept up by each of them.
    """

    def __init__(self, handler: Handler, live: set["Connection"]) -> None:
        self._handler = handler
        self._live = live
        self._waiting: deque[Request] = deque()
        self._speaking: asyncio.Task[None] | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._fresh()

    def _fresh(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._body: list[bytes] = []
        self._size = 0

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A caller has come."""
        # uvloop's transports are no instances of asyncio's classes, but a TCP server is given nothing else.
        self._transport = cast("asyncio.Transport", transport)
        self._live.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        """The caller has gone: stop speaking."""
        self._live.discard(self)
        self._may_write.set()
        if self._speaking is not None:
            self._speaking.cancel()

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._send(Answer(400, b'{"error":{"message":"This is not HTTP/1.1."}}'))
            self._transport.close()
        # Outside of the parser, which would take a mistake of ours for one of the caller's.
        self._serve()

    def pause_writing(self) -> None:
        """The caller reads more slowly than the teacher speaks."""
        self._may_write.clear()

    def resume_writing(self) -> None:
        """The caller has caught up."""
        self._may_write.set()

    # What the parser calls.

    def on_url(self, url: bytes) -> None:
        """Part of the request's target."""
        self._url += url

    def on_body(self, body: bytes) -> None:
        """Part of the request's body."""
        self._size += len(body)
        if self._size > MOST_BODY_BYTES:
            self._send(Answer(413, b'{"error":{"message":"The body is too large."}}'))
            self._transport.close()
            return
        self._body.append(body)

    def on_message_complete(self) -> None:
        """A request has come whole."""
        path = self._url.partition(b"?")[0].decode("latin-1")
        request = Request(self._parser.get_method().decode("latin-1"), path, b"".join(self._body))
        self._url, self._body, self._size = b"", [], 0
        self._waiting.append(request)

    def close_when_idle(self) -> None:
        """Close now, unless an answer is being spoken: then when it is finished."""
        if self._speaking is None:
            self._transport.close()

    def _serve(self) -> None:
        while self._waiting and self._speaking is None and not self._transport.is_closing():
            try:
                answer = self._handler(self._waiting.popleft())
            except Exception:  # noqa: BLE001 - whatever it was, the caller is owed an answer
                _log.exception("the teacher failed")
                answer = Answer(500, b'{"error":{"message":"The teacher failed.","type":"server_error"}}')
            if isinstance(answer.body, bytes):
                self._send(answer)
            else:
                self._speaking = asyncio.get_running_loop().create_task(self._stream(answer, answer.body))

    def _send(self, answer: Answer) -> None:
        body = answer.body if isinstance(answer.body, bytes) else b""
        self._transport.write(_head(answer) + b"content-length: %d\r\n\r\n" % len(body) + body)

    async def _stream(self, answer: Answer, pieces: Iterator[bytes]) -> None:
        self._transport.write(_head(answer) + b"cache-control: no-store\r\ntransfer-encoding: chunked\r\n\r\n")
        for piece in pieces:
            self._transport.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            # One token each, in turn with every other caller.
            await asyncio.sleep(0)
            await self._may_write.wait()
        self._transport.write(b"0\r\n\r\n")
        self._speaking = None
        self._serve()


def _head(answer: Answer) -> bytes:
    return b"HTTP/1.1 %d %b\r\ncontent-type: %b\r\n" % (
        answer.status,
        _REASONS.get(answer.status, b"Unknown"),
        answer.content_type,
    )
