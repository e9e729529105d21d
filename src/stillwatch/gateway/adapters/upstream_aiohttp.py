# SPDX-License-Identifier: Apache-2.0
"""The second client, on aiohttp: for model servers behind an HTTP proxy, and for networks where ours gives trouble.

It costs several times the CPU of ``upstream_httptools``, and a new connection for each exchange. aiohttp's parser is
lenient with servers: it takes bare line feeds and folded lines. What could make two readers disagree about where an
answer ends, it refuses too, here or there.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Self

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError, TransferEncodingError
from yarl import URL

from stillwatch.errors import UpstreamError
from stillwatch.gateway.adapters.http1_connection import MAX_HEAD_BYTES, MAX_HEADERS, UPLOAD_PIECE_BYTES
from stillwatch.gateway.adapters.http1_head import RequestHead, parse_base_url, passed_on, verifying_context
from stillwatch.gateway.interface import UpstreamRequest

_CLOSED_EARLY = "The model server closed the connection before its answer was whole."


class AiohttpAnswer:
    """An ``UpstreamAnswer`` over aiohttp's."""

    __slots__ = ("_failure", "_idle_timeout_seconds", "_is_over", "_response", "headers", "status")

    def __init__(self, response: aiohttp.ClientResponse, *, idle_timeout_seconds: float) -> None:
        self.status: int = response.status
        self.headers: Sequence[tuple[str, str]] = passed_on(response.raw_headers)
        self._response = response
        self._idle_timeout_seconds = idle_timeout_seconds
        self._is_over = False
        self._failure: tuple[str, str] | None = None

    def chunks(self) -> Self:
        """Give the body as it comes."""
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._failure is not None:
            raise UpstreamError(self._failure[1], reason=self._failure[0])
        if self._is_over:
            raise StopAsyncIteration
        try:
            async with asyncio.timeout(self._idle_timeout_seconds):
                piece = await self._response.content.readany()
        except TimeoutError:
            self._failure = ("idle_timeout", "The model server fell silent in the middle of an exchange.")
        except aiohttp.ClientPayloadError as error:
            self._failure = _payload_failure(error)
        except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
            self._failure = ("closed", f"{_CLOSED_EARLY} {error}".rstrip())
        except BaseException:
            self._response.close()
            raise
        else:
            if piece:
                return piece
            self._is_over = True
            self._response.release()
            raise StopAsyncIteration
        self._response.close()
        raise UpstreamError(self._failure[1], reason=self._failure[0])

    async def aclose(self) -> None:
        """Cut the connection if the body was not received to its end. Idempotent."""
        if not self._is_over:
            self._is_over = True
            self._response.close()


class AiohttpUpstream:
    """An ``Upstream`` over aiohttp.

    Args:
        base_url: ``http://`` or ``https://``, host, port and a path that goes before every target.
        connect_timeout_seconds: For waiting until a connection is free and making one, TLS included.
        first_byte_timeout_seconds: From sending the request to the end of the answer's head.
        idle_timeout_seconds: Longest silence within an answer's body.
        max_connections: Open at once.
        ssl_context: For https; None verifies certificate and host name against the system's authorities.
        proxy: URL of an HTTP proxy, such as ``http://proxy.example:3128``.
        trust_env: Read the proxy from ``HTTPS_PROXY`` and its kin, and its credential from ``~/.netrc``.

    Raises:
        SettingsError: The base URL or the proxy's cannot work.
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
        proxy: str | None = None,
        trust_env: bool = False,
    ) -> None:
        self._base = parse_base_url(base_url)
        self._head = RequestHead(self._base)
        self._prefix = f"{'https' if self._base.is_https else 'http'}://{self._base.authority}{self._base.path}"
        self._ssl = (ssl_context or verifying_context()) if self._base.is_https else None
        self._connect_timeout_seconds = connect_timeout_seconds
        self._first_byte_timeout_seconds = first_byte_timeout_seconds
        self._idle_timeout_seconds = idle_timeout_seconds
        self._max_connections = max_connections
        self._proxy = proxy
        if proxy is not None:
            parse_base_url(proxy)
        self._trust_env = trust_env
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False

    async def open(self, request: UpstreamRequest) -> AiohttpAnswer:
        """Send a request and wait for the head of its answer.

        Raises:
            UpstreamError: See ``interface.Upstream``.
            BadInput: The request's target or a header would break the framing.
        """
        # Written for its checks alone: what one client refuses to send, the other must refuse too.
        self._head.encode(request.method, request.target, request.headers, len(request.body))
        if self._is_closed:
            raise UpstreamError("The connections to the model server are closed.", reason="closed")
        headers = list(request.headers)
        data: bytes | AsyncIterator[bytes] | None = request.body or None
        if len(request.body) > UPLOAD_PIECE_BYTES:
            headers.append(("Content-Length", str(len(request.body))))
            data = _pieces(request.body)
        try:
            async with asyncio.timeout(None) as patience:
                response = await self._open_session().request(
                    request.method,
                    URL(self._prefix + request.target, encoded=True),
                    headers=headers,
                    data=data,
                    allow_redirects=False,
                    proxy=self._proxy,
                    trace_request_ctx=patience,
                )
        except aiohttp.ConnectionTimeoutError as error:
            raise UpstreamError("No connection came free or was made in time.", reason="connect_timeout") from error
        except TimeoutError as error:
            raise UpstreamError(
                "The model server did not begin its answer in time.", reason="first_byte_timeout"
            ) from error
        except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError) as error:
            raise UpstreamError(f"The model server could not be reached: {error}.", reason="connect") from error
        except (aiohttp.ClientResponseError, HttpProcessingError) as error:
            raise UpstreamError(
                f"The model server did not speak HTTP/1.1: {_one_line(error.message)}.", reason="protocol"
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise UpstreamError(_CLOSED_EARLY, reason="closed") from error
        try:
            _check_framing(response)
        except UpstreamError:
            response.close()
            raise
        return AiohttpAnswer(response, idle_timeout_seconds=self._idle_timeout_seconds)

    async def aclose(self) -> None:
        """Close every connection."""
        self._is_closed = True
        if self._session is not None:
            await self._session.close()

    def _open_session(self) -> aiohttp.ClientSession:
        """Make the session with the first request: it belongs to the event loop that is running then."""
        if self._session is None:
            watch = aiohttp.TraceConfig()
            watch.on_request_headers_sent.append(self._restart_patience)
            watch.on_request_chunk_sent.append(self._restart_patience)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._max_connections,
                    limit_per_host=self._max_connections,
                    # aiohttp takes bytes that arrived on an idle connection for the next answer, and that may be
                    # another customer's. So no connection is used twice.
                    force_close=True,
                    ssl=self._ssl if self._ssl is not None else True,
                    # Names are looked up by the system, so that its own rules and caches hold.
                    use_dns_cache=False,
                ),
                timeout=aiohttp.ClientTimeout(total=None, connect=self._connect_timeout_seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                auto_decompress=False,
                trust_env=self._trust_env,
                max_line_size=MAX_HEAD_BYTES,
                max_field_size=MAX_HEAD_BYTES,
                max_headers=MAX_HEADERS,
                trace_configs=[watch],
            )
        return self._session

    async def _restart_patience(
        self, _session: aiohttp.ClientSession, context: SimpleNamespace, _progress: object
    ) -> None:
        """Count the time to the first byte anew from every piece of the request that could be sent."""
        patience: asyncio.Timeout = context.trace_request_ctx
        if not patience.expired():
            patience.reschedule(asyncio.get_running_loop().time() + self._first_byte_timeout_seconds)


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    """Hand out a large body piece by piece, so that aiohttp waits for each to leave."""
    for start in range(0, len(body), UPLOAD_PIECE_BYTES):
        yield body[start : start + UPLOAD_PIECE_BYTES]


def _check_framing(response: aiohttp.ClientResponse) -> None:
    """Refuse what aiohttp takes and two readers could read differently."""
    names = [name.lower() for name, _ in response.raw_headers]
    codings = [value.strip().lower() for name, value in response.raw_headers if name.lower() == b"transfer-encoding"]
    if len(codings) > 1 or codings not in ([], [b"chunked"]):
        raise UpstreamError("The model server's transfer coding is not chunked alone.", reason="protocol")
    if names.count(b"content-length") + len(codings) > 1:
        raise UpstreamError("The model server states the length of its answer twice.", reason="protocol")
    if sum(len(name) + len(value) + 4 for name, value in response.raw_headers) > MAX_HEAD_BYTES:
        raise UpstreamError("The model server sent a head that is too large.", reason="protocol")
    if response.status == 101 or not 200 <= response.status <= 599:
        raise UpstreamError(f"The model server answered with {response.status}.", reason="protocol")


def _payload_failure(error: aiohttp.ClientPayloadError) -> tuple[str, str]:
    """Tell a broken body from one that ended too early: aiohttp says both with one class."""
    cause = error.__cause__
    # The same class again stands for both; the end of the connection has this message alone.
    if isinstance(cause, TransferEncodingError) and not cause.message.startswith("Not enough data"):
        return "protocol", f"The model server did not speak HTTP/1.1: {_one_line(cause.message)}."
    return "closed", _CLOSED_EARLY


def _one_line(message: str) -> str:
    """Cut a message to its first line: aiohttp's parser draws the place of an error over several lines."""
    return message.strip().partition("\n")[0].rstrip(".:")
