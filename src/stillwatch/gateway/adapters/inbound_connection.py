# SPDX-License-Identifier: Apache-2.0
"""One connection from a caller: HTTP/1.1, strictly framed, one request at a time.

llhttp reads the bytes and is strict: both framings at once, a repeated or unreadable length, folded lines, bare line
feeds, control characters and malformed chunks are all refused. What it leaves open is decided here: the size of a head,
transfer codings other than chunked, versions, hosts, and how far ahead of the answers a caller may send.

No byte is read that nobody has room for. Reading stops while a body waits to be asked for and while a request waits
for the one before it; the next request is begun only when the caller has taken most of what it was sent.

Source:
    RFC 9112: sections 2.3 (versions), 3.2 (targets, Host), 6 (framing), 9.3 (pipelining, closing).
"""

import asyncio
import logging
import sys
from collections import deque
from typing import Protocol, cast

import httptools

from stillwatch.gateway.adapters.inbound_head import Broken, read_head
from stillwatch.gateway.adapters.inbound_request import Request
from stillwatch.gateway.interface import Caller

_log = logging.getLogger("stillwatch.gateway")

MAX_HEAD_BYTES = 65_536
"""Target, names and values of one request's head, or what comes beside the pieces of one body."""
MAX_HEADERS = 128
"""Headers of one request, trailers included."""
MAX_AHEAD = 1_024
"""Requests sent before the answer to the one before; a caller that sends more of them must begin anew."""
HEAD_TICKS = 10
"""Longest wait for a head once it may come, or for a body that is only thrown away."""
IDLE_TICKS = 75
"""Longest wait for the next request, and for a caller to take any of its answer."""
LINGER_TICKS = 5
"""How long what a refused caller still sends is thrown away, so that it comes to read why."""

_NEVER = sys.maxsize


class Handler(Protocol):
    """Serves one request: a ``Gateway``."""

    async def handle(self, caller: Caller) -> None:
        """Serve one request."""
        ...


class Host(Protocol):
    """The server a connection belongs to."""

    handler: Handler
    is_draining: bool

    def greet(self, connection: "Connection") -> None:
        """Take note of a connection."""
        ...

    def forget(self, connection: "Connection") -> None:
        """Take note that a connection is no more."""
        ...


class Connection(asyncio.Protocol):
    """See the module.

    Args:
        host: Its server.
        loop: The event loop it lives in.

    Attributes:
        quiet: Ticks of the server's clock since something was last due.
        limit: The ticks after which it is told to ``expire``.
    """

    __slots__ = (
        "_beside_bytes",
        "_chunk_bytes",
        "_current",
        "_drained",
        "_failure",
        "_head_bytes",
        "_headers",
        "_host",
        "_is_deaf",
        "_is_held",
        "_is_in_head",
        "_is_write_paused",
        "_parser",
        "_peer",
        "_receiving",
        "_target",
        "_task",
        "_transport",
        "_unsent",
        "_waiting",
        "is_lost",
        "limit",
        "loop",
        "quiet",
    )

    def __init__(self, host: Host, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.is_lost = False
        self.quiet = 0
        self.limit = HEAD_TICKS
        self._host = host
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._peer: str | None = None
        self._current: Request | None = None
        """The request that is being served."""
        self._receiving: Request | None = None
        """The request whose body is coming: the current one, or the last of those that wait."""
        self._waiting: deque[Request] = deque()
        self._task: asyncio.Task[None] | None = None
        self._failure: bytes | None = None
        """What to say, once all before it is answered, to a caller that does not speak HTTP."""
        self._is_deaf = False
        """Whatever else comes is thrown away."""
        self._is_held = False
        self._is_write_paused = False
        self._drained: asyncio.Future[None] | None = None
        self._unsent = 0
        self._is_in_head = False
        self._head_bytes = self._chunk_bytes = self._beside_bytes = 0
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []

    # What a request asks of its line.

    @property
    def is_draining(self) -> bool:
        """See ``Line``."""
        return self._host.is_draining

    def write(self, data: bytes) -> None:
        """See ``Line``."""
        if not self.is_lost:
            self._transport.write(data)

    async def flush(self) -> bool:
        """See ``Line``."""
        if self._is_write_paused and not self.is_lost:
            self._drained = self.loop.create_future()
            await self._drained
        return not self.is_lost

    def hear(self) -> None:
        """See ``Line``."""
        if self._is_held and not self.is_lost:
            self._is_held = False
            self._transport.resume_reading()

    def hold(self) -> None:
        """See ``Line``."""
        if not self._is_held and not self.is_lost:
            self._is_held = True
            self._transport.pause_reading()

    # What the server asks.

    @property
    def is_idle(self) -> bool:
        """Whether all that came is answered, and more may come."""
        is_done = self._current is None and self._receiving is None and not self._waiting
        return is_done and not self._is_in_head and not self._is_deaf

    def close(self) -> None:
        """End where nothing is under way; else the server is draining, and the answer under way is the last."""
        if self.is_idle:
            self._close()

    def abort(self) -> None:
        """End at once, whatever is under way."""
        if not self.is_lost:
            self._transport.abort()

    def expire(self) -> None:
        """Give up on a caller that sends nothing, or takes nothing, for longer than it may."""
        unsent = self._transport.get_write_buffer_size()
        if unsent and unsent != self._unsent:
            self._unsent = unsent
            self.quiet = 0
        else:
            self.abort()

    # asyncio.Protocol.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self._peer = peer[0] if isinstance(peer, tuple) else None
        self._host.greet(self)

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        if self._is_deaf:
            return
        self._chunk_bytes = len(data)
        if self._is_in_head:
            self._head_bytes += len(data)
        elif self._receiving is not None:
            self._beside_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return
        except httptools.HttpParserError as error:
            self._fail(error.__context__ if isinstance(error.__context__, Broken) else Broken(400, "is not HTTP/1.1"))
            return
        if self._is_in_head and self._head_bytes > MAX_HEAD_BYTES:
            self._fail(_too_large())
        elif self._beside_bytes > MAX_HEAD_BYTES or len(self._headers) > MAX_HEADERS:
            self._fail(Broken(400, "has trailers or chunk extensions without end"))

    def eof_received(self) -> None:
        """Who sends no more counts as gone, but may read the rest of the answer it was sent."""
        if self.is_idle:
            self._close()
        else:
            self._lose()
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the exception adds nothing
        """Nobody is there any more."""
        self._lose()
        self._host.forget(self)

    def pause_writing(self) -> None:
        """Hold what is sent."""
        self._is_write_paused = True

    def resume_writing(self) -> None:
        """Send on."""
        self._is_write_paused = False
        self._wake_drained()
        if self._current is None and self._waiting:
            self._serve_next()

    # llhttp's callbacks. What they raise comes out of ``feed_data``.

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._is_in_head = True
        self._head_bytes = 0
        self._target = b""
        self._headers = []
        if self._current is None:
            self.quiet, self.limit = 0, HEAD_TICKS

    def on_url(self, piece: bytes) -> None:
        """Keep the target; it may come in pieces."""
        self._target += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header for the head's end; trailers are counted and dropped."""
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Make a request of the head, and serve it or let it wait its turn."""
        self._is_in_head = False
        is_suspect = self._head_bytes > 0 or self._chunk_bytes > MAX_HEAD_BYTES
        if len(self._headers) > MAX_HEADERS or (is_suspect and self._size() > MAX_HEAD_BYTES):
            raise _too_large()
        self._receiving = request = self._request()
        self._beside_bytes = 0
        if self._current is None and not self._waiting and not self._is_write_paused:
            self._serve(request)
            return
        self._waiting.append(request)
        self.hold()
        if len(self._waiting) > MAX_AHEAD:
            raise Broken(429, "came too far ahead of the answers")

    def on_body(self, piece: bytes) -> None:
        """Hand a piece on."""
        if self._receiving is not None:
            self._beside_bytes = 0
            self._receiving.push(piece)

    def on_message_complete(self) -> None:
        """The request is whole."""
        request, self._receiving = cast(Request, self._receiving), None
        self._headers = []
        if request.is_last:
            self._is_deaf = True
        request.complete()
        if self._current is None and not self._waiting:
            # Its answer was out before its body was in.
            self._serve_next()

    # The rest.

    def _request(self) -> Request:
        """Make a request of the head. Raises Broken."""
        parser = self._parser
        version = parser.get_http_version()
        headers, self._headers = self._headers, []
        head = read_head(parser.get_method(), self._target, version, headers)
        # A caller that would go on in another protocol is served in this one, and then nothing can follow.
        is_last = version == "1.0" or parser.should_upgrade() or not parser.should_keep_alive()
        return Request(self, head, peer=self._peer, is_last=is_last)

    def _serve(self, request: Request) -> None:
        self._current = request
        self.limit = _NEVER
        self._task = self.loop.create_task(self._carry(request))

    async def _carry(self, request: Request) -> None:
        try:
            await self._host.handler.handle(request)
        except Exception:  # noqa: BLE001 - the edge of the connection: no request may take it all down
            _log.exception("a request could not be served")
        finally:
            self._current = self._task = None
            if not self.is_lost:
                self._go_on(request)

    def _go_on(self, request: Request) -> None:
        """After an answer, or where there was none."""
        if not request.has_ended:
            # Half an answer must not look whole.
            self._transport.abort()
        elif request.is_last and request.is_whole:
            self._close()
        elif request.is_last:
            self._linger()
        elif request.is_whole:
            self._serve_next()
        else:
            self.hear()
            self.quiet, self.limit = 0, HEAD_TICKS

    def _serve_next(self) -> None:
        self.quiet, self.limit = 0, IDLE_TICKS
        if self._waiting:
            if not self._is_write_paused:
                self._serve(self._waiting.popleft())
        elif self._failure is not None:
            self.write(self._failure)
            self._linger()
        elif self._is_deaf or self._host.is_draining:
            self._close()
        else:
            self.hear()

    def _fail(self, broken: "Broken") -> None:
        """Nothing that follows can be understood: say so after all that was."""
        self._is_deaf = True
        self._failure = broken.answer
        receiving, self._receiving = self._receiving, None
        if receiving is not None and receiving is not self._current:
            # Its answer is out, or it was never begun.
            if receiving in self._waiting:
                self._waiting.remove(receiving)
        elif receiving is not None:
            receiving.lose()
        if self._current is None:
            self._serve_next()

    def _close(self) -> None:
        """End when all is sent."""
        self._is_deaf = True
        self.quiet, self.limit = 0, IDLE_TICKS
        self._transport.close()

    def _linger(self) -> None:
        """End when all is sent and the caller has had a moment to read it: closing on unread bytes would take it back.

        Source:
            RFC 9112, sec. 9.6.
        """
        self._is_deaf = True
        self.hear()
        self.quiet, self.limit = 0, LINGER_TICKS
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def _lose(self) -> None:
        self.is_lost = True
        self._waiting.clear()
        if self._current is not None:
            self._current.lose()
        self._wake_drained()

    def _wake_drained(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def _size(self) -> int:
        return len(self._target) + sum(len(name) + len(value) + 4 for name, value in self._headers)


def _too_large() -> Broken:
    return Broken(431, "has too large a head")
