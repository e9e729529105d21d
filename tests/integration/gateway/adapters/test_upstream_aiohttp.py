# SPDX-License-Identifier: Apache-2.0
"""What only the client on aiohttp does; what every client must do is in ``tests/contract/test_upstreams.py``."""

import pytest

from fakes.raw_server import RawConnection, RawServer, answering
from stillwatch.errors import SettingsError, UpstreamError
from stillwatch.gateway.adapters.upstream_aiohttp import AiohttpUpstream
from stillwatch.gateway.interface import UpstreamRequest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
REQUEST = UpstreamRequest(method="POST", target="/chat?a=%2F", headers=(("authorization", "Bearer k"),), body=b"{}")


def upstream_to(base_url: str, *, proxy: str | None = None, trust_env: bool = False) -> AiohttpUpstream:
    return AiohttpUpstream(
        base_url,
        connect_timeout_seconds=2,
        first_byte_timeout_seconds=5,
        idle_timeout_seconds=5,
        max_connections=4,
        proxy=proxy,
        trust_env=trust_env,
    )


async def body_of(upstream: AiohttpUpstream) -> bytes:
    answer = await upstream.open(REQUEST)
    try:
        return b"".join([piece async for piece in answer.chunks()])
    finally:
        await answer.aclose()


async def test_plain_requests_go_through_the_proxy_by_their_whole_url() -> None:
    lines = []

    def script(connection: RawConnection) -> None:
        request = connection.read_request()
        assert request is not None
        lines.append((request.line, request.header("host"), request.header("authorization")))
        connection.send(OK)

    with RawServer(script) as proxy:
        upstream = upstream_to("http://models.example/v1", proxy=proxy.url)
        assert await body_of(upstream) == b"ok"
        await upstream.aclose()
    assert lines == [("POST http://models.example/v1/chat?a=%2F HTTP/1.1", "models.example", "Bearer k")]


async def test_tls_goes_through_a_tunnel_and_a_refused_tunnel_is_a_connect_error() -> None:
    lines = []

    def script(connection: RawConnection) -> None:
        lines.append(connection.read_head().partition(b"\r\n")[0])
        connection.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    with RawServer(script) as proxy:
        upstream = upstream_to("https://models.example", proxy=proxy.url)
        with pytest.raises(UpstreamError) as caught:
            await body_of(upstream)
        assert caught.value.reason == "connect"
        await upstream.aclose()
    assert lines == [b"CONNECT models.example:443 HTTP/1.1"]


async def test_proxy_is_read_from_the_environment_only_where_it_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(answering(OK)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        trusting = upstream_to("http://no-such-host.invalid", trust_env=True)
        assert await body_of(trusting) == b"ok"
        await trusting.aclose()
        wary = upstream_to("http://no-such-host.invalid")
        with pytest.raises(UpstreamError):
            await body_of(wary)
        await wary.aclose()
        assert len(proxy.connections) == 1


def test_proxy_that_cannot_work_is_refused_at_once() -> None:
    with pytest.raises(SettingsError):
        upstream_to("http://models.example", proxy="socks5://127.0.0.1:1080")


async def test_no_connection_is_used_twice() -> None:
    with RawServer(answering(OK)) as server:
        upstream = upstream_to(server.url)
        assert [await body_of(upstream) for _ in range(3)] == [b"ok"] * 3
        assert len(server.connections) == 3
        await upstream.aclose()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 600 What\r\nContent-Length: 2\r\n\r\nok",
    ],
    ids=lambda answer: repr(answer[:60]),
)
async def test_framing_that_aiohttp_would_take_is_refused(answer: bytes) -> None:
    with RawServer(answering(answer)) as server:
        upstream = upstream_to(server.url)
        with pytest.raises(UpstreamError) as caught:
            await body_of(upstream)
        assert caught.value.reason == "protocol"
        await upstream.aclose()
