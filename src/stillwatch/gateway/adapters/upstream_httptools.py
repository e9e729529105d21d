# SPDX-License-Identifier: Apache-2.0
"""The gateway's own client: a pool of HTTP/1.1 connections to one model server.

The client decides what a gateway costs: a general-purpose one takes ten to forty times the CPU of this. So there is no
more here than the gateway needs: one upstream, no redirects, no cookies, no decompression.

The pool hands out the connection that was used last, so that a burst's surplus ages at the bottom and is closed.
"""

import asyncio
import math
import socket
import ssl
from collections import deque

from stillwatch.errors import UpstreamError
from stillwatch.gateway.adapters.http1_connection import UPLOAD_PIECE_BYTES, Answer, Connection
from stillwatch.gateway.adapters.http1_head import RequestHead, parse_base_url, verifying_context
from stillwatch.gateway.interface import UpstreamRequest

_LONGEST_TICK_SECONDS = 1.0
_SHORTEST_TICK_SECONDS = 0.005


class HttptoolsUpstream:
    """An ``Upstream`` over our own client.

    Args:
        base_url: ``http://`` or ``https://``, host, port and a path that goes before every target.
        connect_timeout_seconds: For waiting until a connection is free, and again for making one, TLS included.
        first_byte_timeout_seconds: From the request's last byte to the end of the answer's head.
        idle_timeout_seconds: Longest silence within an answer's body, or within the upload of a large request.
        max_connections: Open at once, idle ones included; further requests wait for ``connect_timeout_seconds``.
        ssl_context: For https; None verifies certificate and host name against the system's authorities.
        keep_alive_seconds: After which an idle connection is closed. Common model servers close after five seconds;
            closing first avoids a request that meets a closing connection.

    All timeouts are kept by one clock that ticks eight times in the shortest of them: they end between the time given
    and a quarter of the shortest later.

    Raises:
        SettingsError: The base URL cannot work.
    """

    def __init__(
        self,
        base_url: str,
        *,
        connect_timeout_seconds: float,
        first_byte_timeout_seconds: float,
        idle_timeout_seconds: float,
        max_connections: int,
        ssl_context: ssl.SSLContext | None = None,
        keep_alive_seconds: float = 4.0,
    ) -> None:
        self._base = parse_base_url(base_url)
        self._head = RequestHead(self._base)
        self._ssl = (ssl_context or verifying_context()) if self._base.is_https else None
        self._connect_timeout_seconds = connect_timeout_seconds
        self._max_connections = max_connections
        shortest = min(first_byte_timeout_seconds, idle_timeout_seconds, keep_alive_seconds)
        self.seconds_per_tick = min(max(shortest / 8, _SHORTEST_TICK_SECONDS), _LONGEST_TICK_SECONDS)
        # One more than fits, because the first tick comes too early by an unknown part of a tick.
        self.first_byte_ticks = math.ceil(first_byte_timeout_seconds / self.seconds_per_tick) + 1
        self.idle_ticks = math.ceil(idle_timeout_seconds / self.seconds_per_tick) + 1
        self.keep_alive_ticks = math.ceil(keep_alive_seconds / self.seconds_per_tick) + 1
        self._idle: list[Connection] = []
        self._connections: set[Connection] = set()
        self._taken = 0
        """Connections open or being made: never above the limit."""
        self._waiters: deque[asyncio.Future[Connection | None]] = deque()
        self._clock: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_closed = False

    async def open(self, request: UpstreamRequest) -> Answer:
        """Send a request and wait for the head of its answer.

        A request that met a connection which the model server was just closing, and which the server's kernel never
        took in, is sent once more over a fresh connection. Nothing else is ever sent twice.

        Raises:
            UpstreamError: See ``interface.Upstream``.
            BadInput: The request's target or a header would break the framing.
        """
        method = request.method
        body = request.body
        head = self._head.encode(method, request.target, request.headers, len(body))
        idle = self._idle
        connection = idle.pop() if idle else await self._acquire()
        while True:
            answer = connection.send(head, body, method=method)
            if len(body) > UPLOAD_PIECE_BYTES:
                await connection.upload(answer, body)
            if not answer.status:
                await answer.head()
            if answer.status:
                # A body that failed already is the reader's to find, after the pieces that did come.
                return answer
            if not answer.is_retriable:
                raise answer.error()
            connection = await self._acquire(is_fresh=True)

    async def aclose(self) -> None:
        """Close every connection; whoever still reads an answer gets ``closed``."""
        self._is_closed = True
        for connection in list(self._connections):
            connection.cut()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    # What a connection asks of its pool (``http1_connection.Limits``).

    def give_back(self, connection: Connection) -> None:
        """Keep a connection that can carry another request, or hand it to whoever waits longest."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        self._idle.append(connection)

    def forget(self, connection: Connection) -> None:
        """Drop a connection that is no more; its place goes to whoever waits longest."""
        self._connections.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._free_place()

    # The rest.

    async def _acquire(self, *, is_fresh: bool = False) -> Connection:
        """Give a connection: an idle one, a new one, or the first that comes free."""
        self._check_open()
        if is_fresh and self._idle and self._taken >= self._max_connections:
            # The one at the bottom is the likeliest to be as stale as the one that just failed.
            self._idle[0].cut()
        if self._taken >= self._max_connections:
            connection = await self._wait_for_place()
            if connection is not None:
                if connection.is_open and not is_fresh:
                    return connection
                connection.cut()
                return await self._acquire(is_fresh=is_fresh)
        else:
            self._taken += 1
        try:
            return await self._connect()
        except BaseException:
            self._free_place()
            raise

    async def _wait_for_place(self) -> Connection | None:
        """Wait for a connection, or (None) for a place to make one, which is then counted as taken."""
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(self._connect_timeout_seconds):
                connection = await waiter
        except BaseException as error:
            self._leave_queue(waiter)
            if isinstance(error, TimeoutError):
                raise UpstreamError(
                    f"All {self._max_connections} connections to the model server stayed busy.",
                    reason="connect_timeout",
                    hint="Raise the upstream's connection limit, or add a server.",
                ) from None
            raise
        self._check_open()
        return connection

    def _leave_queue(self, waiter: asyncio.Future[Connection | None]) -> None:
        """Stop waiting; what was given in the same moment goes on to the next."""
        if waiter in self._waiters:
            self._waiters.remove(waiter)
        if waiter.done() and not waiter.cancelled():
            given = waiter.result()
            if given is None:
                self._free_place()
            elif given.is_open:
                self.give_back(given)

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        base = self._base
        address = f"{base.host}:{base.port}"
        try:
            async with asyncio.timeout(self._connect_timeout_seconds):
                transport, connection = await loop.create_connection(
                    lambda: Connection(self, loop),
                    base.host,
                    base.port,
                    ssl=self._ssl,
                    server_hostname=base.host if self._ssl is not None else None,
                )
        except TimeoutError as error:
            raise UpstreamError(
                f"The model server at {address} did not accept a connection in time.", reason="connect_timeout"
            ) from error
        except OSError as error:
            raise UpstreamError(
                f"The model server at {address} could not be reached: {error.strerror or error}.", reason="connect"
            ) from error
        if self._is_closed:
            transport.abort()
            self._check_open()
        # A dead peer on a quiet stream would else be found only by the idle timeout.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._connections.add(connection)
        if self._clock is None:
            self._loop = loop
            self._clock = loop.call_later(self.seconds_per_tick, self._tick)
        return connection

    def _check_open(self) -> None:
        if self._is_closed:
            raise UpstreamError("The connections to the model server are closed.", reason="closed")

    def _free_place(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._taken -= 1

    def _tick(self) -> None:
        """Count every connection's silence, and end what is overdue. Stops when there is nothing to watch."""
        overdue = []
        for connection in self._connections:
            connection.quiet += 1
            if connection.quiet > connection.limit:
                overdue.append(connection)
        for connection in overdue:
            connection.expire()
        if self._connections and self._loop is not None:
            self._clock = self._loop.call_later(self.seconds_per_tick, self._tick)
        else:
            self._clock = None
