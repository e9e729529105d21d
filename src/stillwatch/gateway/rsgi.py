# SPDX-License-Identifier: Apache-2.0
"""A caller behind granian's RSGI: the gateway's own server."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Protocol

from granian.rsgi import ProtocolClosed, ProtocolError  # type: ignore[attr-defined] # public, but not in __all__

if TYPE_CHECKING:
    from granian.rsgi import HTTPProtocol, Scope  # type: ignore[attr-defined] # as above


class Transport(Protocol):
    """granian's end of a stream."""

    async def send_bytes(self, data: bytes) -> None:
        """Send, and wait while the caller is slow."""
        ...


class RsgiCaller:
    """See ``Caller``.

    Args:
        scope: granian's view of the request's head.
        protocol: granian's view of its connection.
    """

    __slots__ = ("_headers", "_protocol", "_transport", "method", "path", "peer", "query")

    def __init__(self, scope: "Scope", protocol: "HTTPProtocol") -> None:
        self.method = scope.method
        self.path = scope.path
        self.query = scope.query_string
        self.peer: str | None = scope.client
        # A value that is not UTF-8 is left out by granian, so that a key in such a header counts as no key.
        self._headers = scope.headers.items()
        self._protocol = protocol
        self._transport: Transport | None = None

    def headers(self) -> list[tuple[str, str]]:
        """See ``Caller``."""
        return self._headers

    async def read(self, limit: int) -> bytes | None:
        """See ``Caller``."""
        try:
            if any(name == "content-length" for name, _ in self._headers):
                # granian holds a body to its announced length, and that was checked against the limit.
                return await self._protocol()
            pieces = []
            size = 0
            async for piece in self._protocol:
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    break
            return b"".join(pieces)
        except (ProtocolClosed, ProtocolError):
            return None

    async def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """See ``Caller``."""
        self._protocol.response_bytes(status, headers, body)

    async def send(self, status: int, headers: list[tuple[str, str]], data: bytes) -> bool:
        """See ``Caller``."""
        try:
            if self._transport is None:
                self._transport = self._protocol.response_stream(status, headers)
            await self._transport.send_bytes(data)
        except (ProtocolClosed, ProtocolError):
            return False
        return True

    async def end(self) -> None:
        """See ``Caller``. granian ends the stream when nobody holds its transport any more."""
        self._transport = None

    def disconnect(self) -> Awaitable[object]:
        """See ``Caller``."""
        return self._protocol.client_disconnect()
