# SPDX-License-Identifier: Apache-2.0
"""What the strict client refuses that a lenient one would take, and what it bounds."""

import threading

import pytest

from fakes.raw_server import RawConnection, RawServer, answering
from stillwatch.errors import UpstreamError
from stillwatch.gateway.adapters.http1_connection import HIGH_WATER_BYTES, MAX_HEAD_BYTES, MAX_HEADERS
from stillwatch.gateway.adapters.upstream_httptools import HttptoolsUpstream
from stillwatch.gateway.interface import UpstreamRequest

REQUEST = UpstreamRequest(method="POST", target="/", headers=(), body=b"{}")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def upstream_to(server: RawServer) -> HttptoolsUpstream:
    return HttptoolsUpstream(
        server.url,
        connect_timeout_seconds=2,
        first_byte_timeout_seconds=5,
        idle_timeout_seconds=5,
        max_connections=4,
    )


async def body_of(upstream: HttptoolsUpstream, request: UpstreamRequest = REQUEST) -> bytes:
    answer = await upstream.open(request)
    try:
        return b"".join([piece async for piece in answer.chunks()])
    finally:
        await answer.aclose()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\n\r\nok",
        b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nX: a\x01b\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nX: a\x7fb\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nX : a\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/2.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/0.9 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 600 What\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 99 What\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 101 Switching\r\n\r\nok",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 17 + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        CHUNKED + b"2\nok\n0\n\n",
        CHUNKED + b"2 \r\nok\r\n0\r\n\r\n",
    ],
    ids=lambda answer: repr(answer[:70]),
)
async def test_what_a_lenient_reader_would_take_is_refused(answer: bytes) -> None:
    with RawServer(answering(answer)) as server:
        upstream = upstream_to(server)
        with pytest.raises(UpstreamError) as caught:
            await body_of(upstream)
        assert caught.value.reason == "protocol"
        await upstream.aclose()


async def test_size_of_a_head_that_comes_at_once_is_bounded_to_the_byte() -> None:
    filler = MAX_HEAD_BYTES - len(b"Content-Length: 2\r\n") - len(b"X: \r\n")
    heads = [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: " + b"y" * (filler + excess) for excess in (0, 1)]
    with RawServer(answering(*(head + b"\r\n\r\nok" for head in heads))) as server:
        upstream = upstream_to(server)
        assert await body_of(upstream) == b"ok"
        with pytest.raises(UpstreamError) as caught:
            await body_of(upstream)
        assert caught.value.reason == "protocol"
        await upstream.aclose()


async def test_head_that_comes_without_end_is_refused_while_it_comes() -> None:
    def script(connection: RawConnection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nX: ")
        while connection.send(b"y" * 8_000):
            pass

    with RawServer(script) as server:
        upstream = upstream_to(server)
        with pytest.raises(UpstreamError) as caught:
            await body_of(upstream)
        assert caught.value.reason == "protocol"
        await upstream.aclose()


async def test_number_of_headers_is_bounded() -> None:
    def answer(count: int) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + b"X: y\r\n" * (count - 1) + b"\r\nok"

    with RawServer(answering(answer(MAX_HEADERS), answer(MAX_HEADERS + 1))) as server:
        upstream = upstream_to(server)
        assert await body_of(upstream) == b"ok"
        with pytest.raises(UpstreamError) as caught:
            await body_of(upstream)
        assert caught.value.reason == "protocol"
        await upstream.aclose()


@pytest.mark.parametrize(
    "endless", [b"0\r\n" + b"X: y\r\n", b"0\r\nX: ", b"3;"], ids=["trailers", "one trailer", "chunk extension"]
)
async def test_trailers_and_extensions_without_end_are_refused(endless: bytes) -> None:
    def script(connection: RawConnection) -> None:
        connection.read_request()
        connection.send(CHUNKED + b"3\r\nabc\r\n" + endless)
        more = b"X: y\r\n" * 1000 if endless.endswith(b"\r\n") else b"y" * 8_000
        while connection.send(more):
            pass

    with RawServer(script) as server:
        upstream = upstream_to(server)
        with pytest.raises(UpstreamError) as caught:
            await body_of(upstream)
        assert caught.value.reason == "protocol"
        await upstream.aclose()


async def test_answers_buffer_stays_bounded_however_slow_the_reader() -> None:
    go_on = threading.Event()

    def script(connection: RawConnection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (32 * 1_048_576))
        connection.send(b"x" * (32 * 1_048_576))
        go_on.wait(5)

    with RawServer(script) as server:
        upstream = upstream_to(server)
        answer = await upstream.open(REQUEST)
        largest = total = 0
        async for piece in answer.chunks():
            largest = max(largest, len(piece))
            total += len(piece)
        go_on.set()
        # One read of the event loop, at most 256 KiB, may come on top of the mark.
        assert largest <= 2 * HIGH_WATER_BYTES
        assert total == 32 * 1_048_576
        await upstream.aclose()


async def test_surplus_after_the_last_chunk_costs_the_connection_but_not_the_answer() -> None:
    with RawServer(answering(CHUNKED + b"2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n")) as server:
        upstream = upstream_to(server)
        assert [await body_of(upstream) for _ in range(2)] == [b"ok", b"ok"]
        assert len(server.connections) == 2
        await upstream.aclose()


async def test_body_sent_in_answer_to_head_is_dropped_with_its_connection() -> None:
    with RawServer(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")) as server:
        upstream = upstream_to(server)
        request = UpstreamRequest(method="HEAD", target="/", headers=(), body=b"")
        assert [await body_of(upstream, request) for _ in range(2)] == [b"", b""]
        assert len(server.connections) == 2
        await upstream.aclose()
