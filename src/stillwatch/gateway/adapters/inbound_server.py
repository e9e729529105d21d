# SPDX-License-Identifier: Apache-2.0
"""The gateway's own HTTP/1.1 server: accepts connections, times them, and lets them end in peace.

Why not granian: see ``docs/adr/0010-own-http-server.md``. There is no TLS here; what stands in front ends it.
"""

import asyncio
import errno
import logging
import socket

from stillwatch.gateway.adapters.inbound_connection import Connection, Handler

_log = logging.getLogger("stillwatch.gateway")

TICK_SECONDS = 1.0
_RETRY_SECONDS = 0.1
"""Pause after the kernel has run out of descriptors or memory for another connection."""


class InboundServer:
    """Serves a listening socket, which other processes may serve too.

    Args:
        handler: Serves requests.
        listener: Bound and listening; closed when the server is.
        max_connections: Beyond these, callers wait in the kernel's queue.
        tick_seconds: Length of a tick of the connections' timers; shorter in tests.
    """

    def __init__(
        self,
        handler: Handler,
        listener: socket.socket,
        *,
        max_connections: int,
        tick_seconds: float = TICK_SECONDS,
    ) -> None:
        self.handler = handler
        self.is_draining = False
        self._listener = listener
        self._max_connections = max_connections
        self._tick_seconds = tick_seconds
        self._connections: set[Connection] = set()
        self._arriving: set[asyncio.Task[None]] = set()
        self._is_accepting = False
        self._empty = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(tick_seconds, self._tick)
        listener.setblocking(False)
        self._accept_on()

    async def drain(self) -> None:
        """Take no new connections, end the idle ones, and return when every answer under way is out."""
        self.is_draining = True
        self._accept_no_more()
        self._listener.close()
        for connection in list(self._connections):
            connection.close()
        while self._connections or self._arriving:
            self._empty.clear()
            await self._empty.wait()
        self._timer.cancel()

    async def abort(self) -> None:
        """End at once, whatever is under way."""
        for connection in list(self._connections):
            connection.abort()
        await self.drain()

    def greet(self, connection: Connection) -> None:
        """See ``Host``."""
        self._connections.add(connection)
        if self.is_draining:
            connection.close()

    def forget(self, connection: Connection) -> None:
        """See ``Host``."""
        self._connections.discard(connection)
        self._look()

    def _look(self) -> None:
        if not self.is_draining:
            self._accept_on()
        elif not self._connections and not self._arriving:
            self._empty.set()

    def _has_room(self) -> bool:
        return len(self._connections) + len(self._arriving) < self._max_connections

    def _accept_on(self) -> None:
        if not self._is_accepting and not self.is_draining and self._has_room():
            self._is_accepting = True
            self._loop.add_reader(self._listener, self._accept)

    def _accept_no_more(self) -> None:
        if self._is_accepting:
            self._is_accepting = False
            self._loop.remove_reader(self._listener)

    def _accept(self) -> None:
        while self._has_room():
            try:
                taken, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                # Another process was faster, or the caller has left already.
                return
            except OSError as error:
                if error.errno not in {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}:
                    raise
                _log.error("no connection can be taken: %s", error.strerror)
                self._accept_no_more()
                self._loop.call_later(_RETRY_SECONDS, self._accept_on)
                return
            taken.setblocking(False)
            arriving = self._loop.create_task(self._welcome(taken))
            self._arriving.add(arriving)
            arriving.add_done_callback(self._arrived)
        self._accept_no_more()

    def _arrived(self, task: asyncio.Task[None]) -> None:
        self._arriving.discard(task)
        self._look()

    async def _welcome(self, taken: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(lambda: Connection(self, self._loop), taken)
        except OSError:
            taken.close()

    def _tick(self) -> None:
        is_full = not self._has_room()
        for connection in list(self._connections):
            connection.quiet += 1
            if connection.quiet > connection.limit:
                connection.expire()
            elif is_full and connection.is_idle:
                # Who asks for nothing must not keep out who does.
                connection.close()
        self._timer = self._loop.call_later(self._tick_seconds, self._tick)


def listen(address: str, *, backlog: int = 4_096) -> socket.socket:
    """Listen on ``host:port``; an IPv6 host stands in brackets.

    Raises:
        OSError: The address is taken, or not this machine's.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit it: a piece of a stream must not wait for the acknowledgement of the one before.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((host, int(port)))
        listener.listen(backlog)
    except OSError:
        listener.close()
        raise
    return listener
