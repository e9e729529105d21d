# SPDX-License-Identifier: Apache-2.0
"""One connection to a model server, and the answer that is coming over it.

llhttp reads the bytes and is strict: both framings at once, a repeated or unreadable length, folded lines, bare line
feeds, control characters and malformed chunks all end the connection. What it leaves open is decided here: the size of
a head, transfer codings other than chunked, versions, answers without a body, and bytes nobody asked for.

Timers cost nothing per chunk: the pool's clock counts ``quiet`` up on every connection and the arrival of bytes sets
it back to zero; a connection is told to give up when ``quiet`` passes ``limit``, whatever it is waiting for.
"""

import array
import asyncio
import fcntl
import sys
import termios
from collections.abc import Sequence
from typing import Protocol, Self, cast

import httptools

from stillwatch.errors import UpstreamError
from stillwatch.gateway.adapters.http1_head import passed_on

MAX_HEAD_BYTES = 65_536
"""Names, values and line ends of one answer's head, or of its trailers."""
MAX_HEADERS = 128
"""Headers of one answer, trailers included."""
MAX_INTERIM_ANSWERS = 16
"""Answers of the 1xx kind before the final one."""
HIGH_WATER_BYTES = 262_144
"""Body bytes waiting for a slow reader at which the connection stops reading."""
UPLOAD_PIECE_BYTES = 65_536
"""Larger request bodies are written piece by piece, each after the last has mostly left."""

_NEVER = sys.maxsize
_CLOSED_EARLY = "The model server closed the connection before its answer was whole."


class Limits(Protocol):
    """What a connection asks of the pool it belongs to."""

    first_byte_ticks: int
    idle_ticks: int
    keep_alive_ticks: int
    seconds_per_tick: float

    def give_back(self, connection: "Connection") -> None:
        """Take a connection that can carry another request."""
        ...

    def forget(self, connection: "Connection") -> None:
        """Take note that a connection is no more."""
        ...


class Answer:
    """An ``UpstreamAnswer`` whose pieces are pushed by a ``Connection``.

    It holds the connection only until its last byte has arrived; from then on it is a list of bytes and nothing else,
    so that a connection is free again before a slow caller has read what it brought.
    """

    __slots__ = ("_buffered", "_connection", "_pieces", "_waiter", "failure", "headers", "is_retriable", "status")

    def __init__(self, connection: "Connection") -> None:
        self.status = 0
        """Zero until the head is read."""
        self.headers: Sequence[tuple[str, str]] = ()
        self.failure: tuple[str, str] | None = None
        """Reason and message, once the answer cannot become whole."""
        self.is_retriable = False
        """True where it failed and the model server cannot have acted on the request."""
        self._connection: Connection | None = connection
        self._waiter: asyncio.Future[None] | None = None
        self._pieces: list[bytes] = []
        self._buffered = 0

    def chunks(self) -> Self:
        """Give the body as it comes. What has piled up since the last piece comes as one."""
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while True:
            pieces = self._pieces
            if pieces:
                piece = pieces[0] if len(pieces) == 1 else b"".join(pieces)
                pieces.clear()
                self._buffered = 0
                if self._connection is not None and self._connection.is_paused:
                    self._connection.resume()
                return piece
            if self.failure is not None:
                raise self.error()
            connection = self._connection
            if connection is None:
                raise StopAsyncIteration
            waiter = self._waiter = connection.loop.create_future()
            try:
                await waiter
            except BaseException:
                connection.cut()
                raise

    async def aclose(self) -> None:
        """Cut the connection if the body was not received to its end. Idempotent."""
        if self._connection is not None:
            self._connection.cut()

    def error(self) -> UpstreamError:
        """Give the failure as the error to raise."""
        reason, message = self.failure or ("closed", _CLOSED_EARLY)
        return UpstreamError(message, reason=reason)

    async def head(self) -> None:
        """Wait until the head is read or the answer has failed."""
        connection = self._connection
        if self.status or connection is None:
            return
        waiter = self._waiter = connection.loop.create_future()
        try:
            await waiter
        except BaseException:
            connection.cut()
            raise

    def push(self, piece: bytes) -> int:
        """Add a piece of the body; say how many bytes now wait."""
        self._pieces.append(piece)
        self._buffered += len(piece)
        return self._buffered

    def wake(self) -> None:
        """Let whoever waits look again."""
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                waiter.set_result(None)

    def let_go(self) -> None:
        """Part from the connection: the last byte is here, or none will follow."""
        self._connection = None
        self.wake()


class Connection(asyncio.Protocol):
    """One connection: at most one exchange at a time."""

    __slots__ = (
        "_answer",
        "_bytes_beside_body",
        "_has_body_piece",
        "_has_head",
        "_head_bytes",
        "_interim_answers",
        "_is_done",
        "_is_head_request",
        "_is_idempotent",
        "_is_reusable",
        "_is_uploading",
        "_is_write_paused",
        "_keep_alive_ticks",
        "_limits",
        "_parser",
        "_raw_headers",
        "_transport",
        "_until_close",
        "_upload_waiter",
        "_was_heard",
        "_was_used",
        "is_open",
        "is_paused",
        "limit",
        "loop",
        "quiet",
    )

    def __init__(self, limits: Limits, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.quiet = 0
        self.limit = _NEVER
        self.is_open = False
        self.is_paused = False
        self._limits = limits
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport
        self._answer: Answer | None = None
        self._raw_headers: list[tuple[bytes, bytes]] = []
        self._upload_waiter: asyncio.Future[None] | None = None
        self._is_write_paused = False
        self._was_used = False

    # The exchange, as the pool drives it.

    def send(self, head: bytes, body: bytes, *, method: str) -> Answer:
        """Write a request and give the answer to wait for. A large body is left to ``upload``."""
        answer = self._answer = Answer(self)
        self._raw_headers = []
        self._has_head = self._is_done = self._until_close = self._was_heard = False
        self._head_bytes = self._bytes_beside_body = self._interim_answers = 0
        self._keep_alive_ticks = self._limits.keep_alive_ticks
        self._is_reusable = True
        self._is_head_request = method == "HEAD"
        self._is_idempotent = method in {"GET", "HEAD"}
        self.quiet = 0
        if len(body) > UPLOAD_PIECE_BYTES:
            self._is_uploading = True
            self.limit = self._limits.idle_ticks
            self._transport.write(head)
        else:
            self._is_uploading = False
            self.limit = self._limits.first_byte_ticks
            self._transport.write(head + body if body else head)
        return answer

    async def upload(self, answer: Answer, body: bytes) -> None:
        """Write a large body as fast as the model server takes it, and stop early if it has refused already."""
        view = memoryview(body)
        try:
            for start in range(0, len(body), UPLOAD_PIECE_BYTES):
                # An error answered before the body was read: the rest would only be thrown away (RFC 9112, sec. 9.5).
                if self._answer is not answer or answer.status >= 400:
                    self._is_reusable = False
                    break
                self._transport.write(view[start : start + UPLOAD_PIECE_BYTES])
                self.quiet = 0
                if self._is_write_paused:
                    self._upload_waiter = self.loop.create_future()
                    await self._upload_waiter
        except BaseException:
            self.cut()
            raise
        self._is_uploading = False
        self.quiet = 0
        if not self._has_head:
            self.limit = self._limits.first_byte_ticks
        if self._answer is answer and self._is_done:
            self._finish()

    def resume(self) -> None:
        """Read on after the reader caught up."""
        self.is_paused = False
        self.quiet = 0
        if self.is_open and not self._transport.is_closing():
            self.limit = self._limits.idle_ticks
            self._transport.resume_reading()

    def cut(self) -> None:
        """Close at once, whatever is under way."""
        answer, self._answer = self._answer, None
        if answer is not None:
            if answer.failure is None and not self._is_done:
                answer.failure = ("closed", "The answer was given up before its end.")
            answer.let_go()
        if self.is_open:
            self.is_open = False
            self._transport.abort()
            self._limits.forget(self)
        self._wake_upload()

    def expire(self) -> None:
        """Give up: nothing came for longer than it may take."""
        if self._answer is None:
            self.cut()
        elif self._has_head or self._is_uploading:
            self._fail("idle_timeout", "The model server fell silent in the middle of an exchange.")
        else:
            self._fail("first_byte_timeout", "The model server did not begin its answer in time.")

    # asyncio.Protocol.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast(asyncio.Transport, transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """Parse what came and wake the reader once, however many pieces there were."""
        answer = self._answer
        if answer is None:
            # Bytes after the end of an answer could be taken for the next one: the connection is worthless.
            self.cut()
            return
        self._was_heard = True
        if self._has_head:
            self.quiet = 0
        else:
            self._head_bytes += len(data)
        self._has_body_piece = False
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self._is_done:
                self._fail("protocol", f"The model server did not speak HTTP/1.1: {_said(error)}.")
                return
            self._is_reusable = False
        if self._is_done:
            if self._is_uploading:
                answer.wake()
                self._wake_upload()
            else:
                self._finish()
        elif not self._has_body_piece and self._is_too_much(len(data)):
            self._fail("protocol", "The model server sent a head, trailers or chunk extensions without end.")
        elif self._has_head:
            answer.wake()

    def eof_received(self) -> bool | None:
        """End an answer that ends with the connection; anything else that was under way has failed."""
        if self._answer is None:
            self.cut()
            return None
        if self._until_close:
            self._is_done = True
        self._end_closed()
        return None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the exception adds nothing for the caller
        """Fail what was under way."""
        if self._answer is not None:
            self._end_closed()
        if self.is_open:
            self.is_open = False
            self._limits.forget(self)
        self._wake_upload()

    def pause_writing(self) -> None:
        """Hold the upload."""
        self._is_write_paused = True

    def resume_writing(self) -> None:
        """Let the upload go on."""
        self._is_write_paused = False
        self._wake_upload()

    # llhttp's callbacks. What they raise comes out of ``feed_data``.

    def on_message_begin(self) -> None:
        """Refuse a second answer to one request."""
        if self._is_done:
            raise _Broken("more came after the answer's end")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header for the head's end; trailers are read and dropped."""
        self._raw_headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Decide how the body is framed, and publish the head."""
        parser = self._parser
        raw = self._raw_headers
        status = parser.get_status_code()
        if len(raw) > MAX_HEADERS or (self._head_bytes > MAX_HEAD_BYTES and _size(raw) > MAX_HEAD_BYTES):
            raise _Broken("its head is too large")
        if status < 200:
            self._interim(status)
            return
        if status > 599:
            raise _Broken(f"{status} is not a status")
        self._read_framing(raw, status)
        answer = cast(Answer, self._answer)
        answer.headers = passed_on(raw)
        answer.status = status
        self._has_head = True
        self.limit = self._limits.idle_ticks
        if self._is_head_request:
            # The parser cannot be told that no body follows, so it cannot read a second answer either.
            self._is_done = True
            self._is_reusable = False

    def on_body(self, piece: bytes) -> None:
        """Hand on a piece, and stop reading where too many wait."""
        answer = self._answer
        if answer is None or self._is_head_request:
            return
        self._has_body_piece = True
        if answer.push(piece) > HIGH_WATER_BYTES and not self.is_paused:
            self.is_paused = True
            self.limit = _NEVER
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        """Note the end of the answer; an interim answer's end only clears its headers."""
        if self._has_head:
            self._is_done = True
        else:
            self._raw_headers = []

    # The rest.

    def _read_framing(self, raw: Sequence[tuple[bytes, bytes]], status: int) -> None:
        """Find out how the body ends. Only four names matter; their lengths sort out nearly all the others."""
        has_length = has_coding = False
        for name, value in raw:
            if len(name) not in {10, 14, 17}:
                continue
            lower = name.lower()
            if lower == b"content-length":
                has_length = True
            elif lower == b"transfer-encoding":
                if has_coding or value.strip().lower() != b"chunked" or self._parser.get_http_version() != "1.1":
                    raise _Broken("its transfer coding is not chunked alone")
                has_coding = True
            elif lower == b"keep-alive":
                self._shorten_keep_alive(value)
            elif lower == b"connection":
                self._check_version()
        if not self._parser.should_keep_alive():
            self._is_reusable = False
            self._check_version()
            self._until_close = not has_length and not has_coding and status not in {204, 304}

    def _interim(self, status: int) -> None:
        self._interim_answers += 1
        if status == 101:
            raise _Broken("it switched protocols unasked")
        if self._interim_answers > MAX_INTERIM_ANSWERS:
            raise _Broken("it sent interim answers without end")

    def _is_too_much(self, size: int) -> bool:
        """Bound what comes beside the body: the parser gathers a header whole before it gives it."""
        if not self._has_head:
            return self._head_bytes > MAX_HEAD_BYTES
        self._bytes_beside_body += size
        return self._bytes_beside_body > MAX_HEAD_BYTES or len(self._raw_headers) > MAX_HEADERS

    def _check_version(self) -> None:
        """Refuse a version that llhttp reads but nobody asked in. Keeping alive by HTTP/1.1 needs no look at it."""
        version = self._parser.get_http_version()
        if version not in {"1.0", "1.1"}:
            raise _Broken(f"HTTP/{version} is not its version")

    def _shorten_keep_alive(self, value: bytes) -> None:
        """Believe a server that says when it will close (RFC 2068, sec. 19.7.1.1): ``Keep-Alive: timeout=5``."""
        for parameter in value.split(b","):
            name, _, seconds = parameter.strip().partition(b"=")
            if name.lower() == b"timeout" and seconds.isdigit() and len(seconds) < 9:
                # A second earlier than it says, because its clock starts before ours.
                ticks = int((int(seconds) - 1) / self._limits.seconds_per_tick)
                if ticks < 1:
                    self._is_reusable = False
                self._keep_alive_ticks = min(self._keep_alive_ticks, ticks)

    def _finish(self) -> None:
        """The answer is whole: part from it and go back to the pool, or close."""
        answer, self._answer = cast(Answer, self._answer), None
        self._was_used = True
        if self.is_paused:
            self.resume()
        if self._is_reusable and self.is_open and not self._transport.is_closing():
            self.quiet = 0
            self.limit = self._keep_alive_ticks
            self._limits.give_back(self)
        elif self.is_open:
            self.is_open = False
            self._transport.abort()
            self._limits.forget(self)
        answer.let_go()

    def _end_closed(self) -> None:
        """The peer is gone: the answer under way is whole already, or never will be."""
        if self._is_done:
            self._is_reusable = False
            self._finish()
            return
        answer = cast(Answer, self._answer)
        answer.is_retriable = (
            self._was_used and not self._was_heard and (self._is_idempotent or self._is_unacknowledged())
        )
        self._fail("closed", _CLOSED_EARLY)

    def _fail(self, reason: str, message: str) -> None:
        cast(Answer, self._answer).failure = (reason, message)
        self.cut()

    def _is_unacknowledged(self) -> bool:
        """Say whether the peer's kernel never took the request in, so that the peer cannot have acted on it.

        A server that closes an idle connection while our request is on its way never acknowledges the request's
        bytes: they stay in the socket's send queue (tcp(7), SIOCOUTQ), also after the reset that answers them. One
        that read the request and then died did acknowledge them. Only the first may be sent again: a model's answer
        is paid for.
        """
        if self._transport.get_write_buffer_size():
            return True
        waiting = array.array("i", [0])
        try:
            fcntl.ioctl(self._transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, waiting)
        except (OSError, ValueError, AttributeError):
            return False
        return waiting[0] > 0

    def _wake_upload(self) -> None:
        waiter, self._upload_waiter = self._upload_waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


class _Broken(Exception):  # noqa: N818 - it travels through llhttp and is never seen
    """The answer breaks a rule that llhttp does not check."""


def _said(error: BaseException) -> str:
    """What was wrong, be it llhttp's own complaint or the exception a callback raised through it."""
    if isinstance(error, httptools.HttpParserUpgrade):
        return "it switched protocols unasked"
    cause = error.__context__
    return str(cause) if isinstance(cause, _Broken) else str(error).rstrip(".")


def _size(raw: Sequence[tuple[bytes, bytes]]) -> int:
    return sum(len(name) + len(value) + 4 for name, value in raw)
