# SPDX-License-Identifier: Apache-2.0
"""The gateway as a plain ASGI application: how the product runs behind granian.

Why not RSGI, granian's own interface, which costs some ten microseconds less a request: granian 2.8 waits for a slow
caller on ASGI alone. On RSGI ``send_bytes`` returns at once whatever the caller takes, so a caller that reads nothing
makes the worker hold its whole stream in memory (measured; granian's pull request 898 covers ASGI and WSGI).
"""

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, Protocol

from stillwatch.gateway.interface import Caller

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Handler(Protocol):
    """Serves one request: a ``Gateway``."""

    async def handle(self, caller: Caller) -> None:
        """Serve one request."""
        ...


class AsgiCaller:
    """See ``Caller``."""

    __slots__ = ("_has_started", "_receive", "_scope", "_send", "method", "path", "peer", "query")

    def __init__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: str = scope["query_string"].decode("latin-1")
        client = scope.get("client")
        self.peer: str | None = client[0] if client else None
        self._scope = scope
        self._receive = receive
        self._send = send
        self._has_started = False

    def headers(self) -> list[tuple[str, str]]:
        """See ``Caller``."""
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._scope["headers"]]

    async def read(self, limit: int) -> bytes | None:
        """See ``Caller``."""
        pieces = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return None
            piece = message.get("body", b"")
            pieces.append(piece)
            size += len(piece)
            if size > limit or not message.get("more_body", False):
                return b"".join(pieces)

    async def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """See ``Caller``."""
        # A caller that has gone is told nothing, and some servers say so by raising.
        with suppress(OSError):
            await self._start(status, [*headers, ("content-length", str(len(body)))])
            await self._send({"type": "http.response.body", "body": body})

    async def send(self, status: int, headers: list[tuple[str, str]], data: bytes) -> bool:
        """See ``Caller``."""
        try:
            if not self._has_started:
                await self._start(status, headers)
            await self._send({"type": "http.response.body", "body": data, "more_body": True})
        except OSError:
            return False
        return True

    async def end(self) -> None:
        """See ``Caller``."""
        with suppress(OSError):
            await self._send({"type": "http.response.body", "body": b""})

    async def disconnect(self) -> None:
        """See ``Caller``."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _start(self, status: int, headers: list[tuple[str, str]]) -> None:
        self._has_started = True
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})


class AsgiGateway:
    """An ASGI application over a gateway."""

    def __init__(self, gateway: Handler) -> None:
        self._gateway = gateway

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one connection event."""
        if scope["type"] == "http":
            await self._gateway.handle(AsgiCaller(scope, receive, send))
        elif scope["type"] == "lifespan":
            await live(receive, send)


async def _nothing() -> None:
    """Nothing is to be done."""


async def live(
    receive: Receive,
    send: Send,
    *,
    start: Callable[[], Awaitable[None]] = _nothing,
    stop: Callable[[], Awaitable[None]] = _nothing,
) -> None:
    """Go through a server's lifespan: start when it starts, stop when it stops.

    A start that fails is reported as such and ends the process: granian would otherwise serve without it.
    """
    await receive()
    try:
        await start()
    except Exception as error:  # noqa: BLE001 - whatever keeps us from starting
        await send({"type": "lifespan.startup.failed", "message": str(error)})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await stop()
    await send({"type": "lifespan.shutdown.complete"})
