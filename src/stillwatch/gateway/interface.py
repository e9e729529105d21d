# SPDX-License-Identifier: Apache-2.0
"""What the gateway needs from the world. ``service`` hands it adapters of these."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

import msgspec

from stillwatch.records.exchange import Exchange
from stillwatch.records.grant import Denial, Grant, Issued, Wanted
from stillwatch.records.proof import Proof

NowUs = Callable[[], int]
"""Microseconds since the Unix epoch, UTC. Rehearsals run on the data's clock, so nothing else may be asked."""

Sketcher = Callable[[Exchange], bytes]
"""What detection keeps of an exchange's content."""


class Gate(Protocol):
    """The access gate: in memory, synchronous, never a database."""

    def authorize(
        self,
        api_key: str | None,
        *,
        client_ip: str | None,
        model: str | None,
        now_us: int,
        proof: Proof | None = None,
    ) -> Grant | Denial:
        """Say whether the caller may go on. ``model`` is None where the endpoint names none.

        A signed proof is used up by this: it is good for one request.
        """
        ...

    def reconsider(self, grant: Grant, *, client_ip: str | None, wanted: Wanted, now_us: int) -> Grant | Denial:
        """Say whether a caller who was granted a moment ago may go on still, and do what it wants.

        The key has been proved: it is not looked at again; its standing is, and the access policy is asked.
        """
        ...

    def must_end(self, grant: Grant, wanted: Wanted, *, now_us: int) -> Denial | None:
        """Say why an exchange under way must be cut; None where it may go on.

        What no longer may begin may mostly go on: only a directive that says so ends what is under way.
        """
        ...

    def issue_token(self, assertion: str, *, client_ip: str | None, now_us: int) -> Issued | Denial:
        """Give an access token for a client's signed assertion of who it is (RFC 7523), which is used up by this."""
        ...


class Recorder(Protocol):
    """The record of every exchange."""

    @property
    def is_writable(self) -> bool:
        """False where the record cannot be written (a full disk): requests are then refused with 503."""
        ...

    def begin(self, *, exchange_id: str, ts_us: int, org_id: str, account_id: str, model: str) -> None:
        """Note that an exchange is under way, without waiting. Call it before the request is forwarded.

        If the gateway is killed before ``finish``, recovery writes a row with outcome ``interrupted``.
        """
        ...

    async def finish(self, exchange: Exchange) -> None:
        """Write the row and return when it is durable.

        Raises:
            Unavailable: It cannot be made durable. The last byte of the answer must then not be sent.
        """
        ...


class UpstreamRequest(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One request to a model server. ``headers`` are complete but for Host, Content-Length and Connection."""

    method: str
    target: str
    """Path and query below the upstream's base URL, such as ``/chat/completions``."""
    headers: Sequence[tuple[str, str]]
    body: bytes


class UpstreamAnswer(Protocol):
    """A model server's answer, its head read, its body still to come."""

    @property
    def status(self) -> int:
        """HTTP status of the answer."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, str]]:
        """Names in lower case, hop-by-hop headers and Content-Length left out."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, never empty pieces.

        Raises:
            UpstreamError: It closed early, stalled past the idle timeout, or broke the framing.
        """
        ...

    async def aclose(self) -> None:
        """Give the connection back, or cut it where the body was not read to its end. Idempotent."""
        ...


class Upstream(Protocol):
    """A pool of connections to one model server."""

    async def open(self, request: UpstreamRequest) -> UpstreamAnswer:
        """Send a request and wait for the head of its answer.

        Raises:
            UpstreamError: It could not be reached, stalled, or did not speak HTTP. ``UpstreamError.reason`` is one
                of ``connect``, ``connect_timeout``, ``first_byte_timeout``, ``idle_timeout``, ``closed``,
                ``protocol``.
        """
        ...

    async def aclose(self) -> None:
        """Close every pooled connection."""
        ...


class Caller(Protocol):
    """The HTTP connection a request came by, whichever server holds it. That the other side left is a value."""

    @property
    def method(self) -> str:
        """Such as ``POST``."""
        ...

    @property
    def path(self) -> str:
        """Decoded path."""
        ...

    @property
    def query(self) -> str:
        """Query string without its question mark."""
        ...

    @property
    def peer(self) -> str | None:
        """Address and port at the other end."""
        ...

    @property
    def is_whole(self) -> bool:
        """Whether all of the body has come, so that reading it will not wait."""
        ...

    def headers(self) -> Sequence[tuple[str, str]]:
        """Request headers, names in lower case."""
        ...

    async def read(self, limit: int) -> bytes | None:
        """The whole body, None where the caller left, more than ``limit`` bytes where it has more."""
        ...

    async def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Send a whole answer."""
        ...

    async def send(self, status: int, headers: list[tuple[str, str]], data: bytes) -> bool:
        """Send a piece of a stream, with its head before the first. False where the caller left."""
        ...

    async def end(self) -> None:
        """End the stream."""
        ...

    def on_leave(self, tell: Callable[[], None] | None) -> None:
        """Be told when the caller leaves, at once where it has left; None to be told no more."""
        ...


class Witness(Protocol):
    """Sees every exchange when it ends: traces."""

    def note(self, exchange: Exchange, *, traceparent: str | None, started_ns: int, ended_ns: int) -> None:
        """Take one exchange down. Instants are nanoseconds since the epoch by the machine's clock. Never raises."""
        ...
