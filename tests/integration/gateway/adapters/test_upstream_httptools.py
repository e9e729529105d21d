# SPDX-License-Identifier: Apache-2.0
"""The pool of our own client; what every client must do is in ``tests/contract/test_upstreams.py``."""

import asyncio
import socket
import threading
import time

import pytest
import uvloop

from fakes.raw_server import RawConnection, RawServer, answering
from stillwatch.errors import UpstreamError
from stillwatch.gateway.adapters.upstream_httptools import HttptoolsUpstream
from stillwatch.gateway.interface import UpstreamRequest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def upstream_to(
    server: RawServer, *, max_connections: int = 4, keep_alive_seconds: float = 4.0, patience_seconds: float = 5.0
) -> HttptoolsUpstream:
    return HttptoolsUpstream(
        server.url,
        connect_timeout_seconds=2,
        first_byte_timeout_seconds=patience_seconds,
        idle_timeout_seconds=patience_seconds,
        max_connections=max_connections,
        keep_alive_seconds=keep_alive_seconds,
    )


def asking(method: str = "POST", body: bytes = b"{}") -> UpstreamRequest:
    return UpstreamRequest(method=method, target="/", headers=(), body=body)


async def body_of(upstream: HttptoolsUpstream, request: UpstreamRequest | None = None) -> bytes:
    answer = await upstream.open(request or asking())
    try:
        return b"".join([piece async for piece in answer.chunks()])
    finally:
        await answer.aclose()


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (OK, b"ok"),
        (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", b""),
        (CHUNKED + b"3\r\nabc\r\n2;name=value\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n", b"abcde"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", b""),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    ],
    ids=["length", "empty", "chunked", "interim", "204", "304", "1.0 kept alive"],
)
async def test_connection_is_kept_after_every_framed_answer(answer: bytes, body: bytes) -> None:
    with RawServer(answering(answer)) as server:
        upstream = upstream_to(server)
        for _ in range(3):
            assert await body_of(upstream) == body
        assert len(server.connections) == 1
        await upstream.aclose()


async def test_connection_is_kept_after_a_large_upload() -> None:
    with RawServer(answering(OK)) as server:
        upstream = upstream_to(server)
        for _ in range(3):
            assert await body_of(upstream, asking(body=b"x" * 1_000_000)) == b"ok"
        assert len(server.connections) == 1
        await upstream.aclose()


@pytest.mark.parametrize("header", [b"Connection: close", b"Connection: Close, X", b"Keep-Alive: timeout=1"])
async def test_connection_that_the_server_will_close_is_not_kept(header: bytes) -> None:
    with RawServer(answering(b"HTTP/1.1 200 OK\r\n" + header + b"\r\nContent-Length: 2\r\n\r\nok")) as server:
        upstream = upstream_to(server)
        assert [await body_of(upstream) for _ in range(2)] == [b"ok", b"ok"]
        assert len(server.connections) == 2
        await upstream.aclose()


async def test_servers_own_keep_alive_time_is_believed_where_it_is_shorter() -> None:
    closed = []

    def script(connection: RawConnection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2, max=9\r\nContent-Length: 2\r\n\r\nok")
        closed.append(connection.is_closed_by_client(within_seconds=3.0))

    with RawServer(script) as server:
        upstream = upstream_to(server, keep_alive_seconds=30.0, patience_seconds=1.0)
        assert await body_of(upstream) == b"ok"
        await asyncio.sleep(1.6)
        assert closed == [True]
        await upstream.aclose()


async def test_idle_connection_is_closed_before_the_server_would() -> None:
    closed_after: list[float] = []

    def script(connection: RawConnection) -> None:
        connection.read_request()
        connection.send(OK)
        started = time.monotonic()
        assert connection.is_closed_by_client()
        closed_after.append(time.monotonic() - started)

    with RawServer(script) as server:
        upstream = upstream_to(server, keep_alive_seconds=0.2)
        assert await body_of(upstream) == b"ok"
        await asyncio.sleep(0.5)
        assert upstream._clock is None, "the clock goes on with nothing to watch"
        await upstream.aclose()
    assert 0.15 < closed_after[0] < 0.45


async def test_connection_used_last_is_used_first() -> None:
    gate = threading.Barrier(4, timeout=5)

    def script(connection: RawConnection) -> None:
        first = True
        while connection.read_request() is not None:
            if first:
                gate.wait()
                time.sleep(0.05 * connection.index)
                first = False
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + str(connection.index).encode())

    with RawServer(script) as server:
        upstream = upstream_to(server)
        bodies = await asyncio.gather(*(body_of(upstream) for _ in range(4)))
        assert set(bodies) == {b"0", b"1", b"2", b"3"}
        assert [await body_of(upstream) for _ in range(3)] == [b"3"] * 3
        await upstream.aclose()


async def test_places_are_handed_on_in_the_order_of_waiting() -> None:
    def script(connection: RawConnection) -> None:
        while (request := connection.read_request()) is not None:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + request.body)

    with RawServer(script) as server:
        upstream = upstream_to(server, max_connections=1)
        order: list[bytes] = []

        async def ask(number: int) -> None:
            order.append(await body_of(upstream, asking(body=str(number).encode())))

        await asyncio.gather(*(ask(number) for number in range(8)))
        assert order == [str(number).encode() for number in range(8)]
        assert len(server.connections) == 1
        await upstream.aclose()


# Sending again. The server's thread acts while the client's event loop is held, so that the client cannot know yet.


def closing_once_idle(*, is_reset: bool, requests: list[bytes], is_closed: threading.Event) -> RawServer:
    def script(connection: RawConnection) -> None:
        while (request := connection.read_request()) is not None:
            requests.append(request.body)
            connection.send(OK)
            if connection.index == 0:
                time.sleep(0.05)
                if is_reset:
                    connection.reset()
                else:
                    connection.close()
                is_closed.set()
                return

    return RawServer(script)


@pytest.mark.parametrize("runner", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("size", [2, 1_000_000])
def test_request_that_met_a_closing_connection_is_sent_once_more(runner: type, size: int) -> None:
    requests: list[bytes] = []
    is_closed = threading.Event()

    async def exchange() -> None:
        with closing_once_idle(is_reset=False, requests=requests, is_closed=is_closed) as server:
            upstream = upstream_to(server)
            assert await body_of(upstream, asking(body=b"first")) == b"ok"
            assert is_closed.wait(5)  # The loop is held: it cannot have seen the end yet.
            assert await body_of(upstream, asking(body=b"x" * size)) == b"ok"
            assert len(server.connections) == 2
            await upstream.aclose()

    runner(exchange())
    assert requests == [b"first", b"x" * size]


async def test_reset_tells_nothing_so_only_a_harmless_request_is_sent_again() -> None:
    for method in ("POST", "GET"):
        requests: list[bytes] = []
        is_closed = threading.Event()
        with closing_once_idle(is_reset=True, requests=requests, is_closed=is_closed) as server:
            upstream = upstream_to(server)
            assert await body_of(upstream) == b"ok"
            assert is_closed.wait(5)
            request = asking(method, b"")
            if method == "GET":
                assert await body_of(upstream, request) == b"ok"
            else:
                with pytest.raises(UpstreamError) as caught:
                    await body_of(upstream, request)
                assert caught.value.reason == "closed"
            await upstream.aclose()


async def test_stale_connections_at_the_limit_make_room_for_a_fresh_one() -> None:
    gate = threading.Barrier(2, timeout=5)
    closed = [threading.Event(), threading.Event()]

    def script(connection: RawConnection) -> None:
        while connection.read_request() is not None:
            if connection.index < 2:
                gate.wait()
            connection.send(OK)
            if connection.index < 2:
                time.sleep(0.05)
                connection.close()
                closed[connection.index].set()
                return

    with RawServer(script) as server:
        upstream = upstream_to(server, max_connections=2)
        assert list(await asyncio.gather(body_of(upstream), body_of(upstream))) == [b"ok", b"ok"]
        assert all(event.wait(5) for event in closed)
        assert list(await asyncio.gather(body_of(upstream), body_of(upstream))) == [b"ok", b"ok"]
        await upstream.aclose()


async def test_fresh_connection_that_closes_is_never_tried_again() -> None:
    with RawServer(lambda connection: connection.close()) as server:
        upstream = upstream_to(server)
        with pytest.raises(UpstreamError) as caught:
            await body_of(upstream)
        assert caught.value.reason == "closed"
        assert len(server.connections) == 1
        await upstream.aclose()


# The connection itself.


@pytest.mark.parametrize("runner", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_small_writes_leave_at_once_and_dead_peers_are_noticed(runner: type) -> None:
    async def exchange() -> None:
        with RawServer(answering(OK)) as server:
            upstream = upstream_to(server)
            assert await body_of(upstream) == b"ok"
            (connection,) = upstream._connections
            sock = socket.socket(fileno=socket.dup(connection._transport.get_extra_info("socket").fileno()))
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            sock.close()
            await upstream.aclose()

    runner(exchange())


async def test_head_that_dribbles_in_has_one_deadline_for_the_whole() -> None:
    def script(connection: RawConnection) -> None:
        connection.read_request()
        connection.dribble(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100, every_seconds=0.02)

    with RawServer(script) as server:
        upstream = upstream_to(server, patience_seconds=0.3)
        started = time.monotonic()
        with pytest.raises(UpstreamError) as caught:
            await body_of(upstream)
        assert caught.value.reason == "first_byte_timeout"
        assert time.monotonic() - started < 1.0
        await upstream.aclose()


async def test_connection_is_free_before_a_slow_caller_has_read() -> None:
    with RawServer(answering(OK)) as server:
        upstream = upstream_to(server, max_connections=1)
        first = await upstream.open(asking())
        await asyncio.sleep(0.05)
        second = await upstream.open(asking())
        for answer in (second, first):
            assert b"".join([piece async for piece in answer.chunks()]) == b"ok"
            await answer.aclose()
        assert len(server.connections) == 1
        await upstream.aclose()


async def test_closing_the_upstream_ends_waiting_requests_and_running_answers() -> None:
    def script(connection: RawConnection) -> None:
        connection.read_request()
        connection.send(CHUNKED + b"3\r\nabc\r\n")
        assert connection.is_closed_by_client()

    with RawServer(script) as server:
        upstream = upstream_to(server, max_connections=1)
        running = await upstream.open(asking())
        waiting = asyncio.create_task(body_of(upstream))
        await asyncio.sleep(0.05)
        await upstream.aclose()
        chunks = aiter(running.chunks())
        assert await anext(chunks) == b"abc"
        for attempt in (anext(chunks), waiting):
            with pytest.raises(UpstreamError) as caught:
                await attempt
            assert caught.value.reason == "closed"
