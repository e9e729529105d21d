# SPDX-License-Identifier: Apache-2.0
"""What every ``Upstream`` must do, whoever wrote it, on either event loop."""

import asyncio
import gc
import ssl
import threading
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.raw_server import RawConnection, RawServer, answering
from stillwatch.errors import BadInput, SettingsError, UpstreamError
from stillwatch.gateway.adapters.upstream_aiohttp import AiohttpUpstream
from stillwatch.gateway.adapters.upstream_httptools import HttptoolsUpstream
from stillwatch.gateway.interface import Upstream, UpstreamAnswer, UpstreamRequest

TLS = Path(__file__).parent.parent / "vectors" / "tls"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BIG = bytes(range(256)) * 40_960  # ten mebibytes


class Maker(Protocol):
    def __call__(
        self,
        base_url: str,
        *,
        connect_timeout_seconds: float = 2.0,
        first_byte_timeout_seconds: float = 5.0,
        idle_timeout_seconds: float = 5.0,
        max_connections: int = 8,
        ssl_context: ssl.SSLContext | None = None,
    ) -> Upstream: ...


def httptools_upstream(
    base_url: str,
    *,
    connect_timeout_seconds: float = 2.0,
    first_byte_timeout_seconds: float = 5.0,
    idle_timeout_seconds: float = 5.0,
    max_connections: int = 8,
    ssl_context: ssl.SSLContext | None = None,
) -> Upstream:
    return HttptoolsUpstream(
        base_url,
        connect_timeout_seconds=connect_timeout_seconds,
        first_byte_timeout_seconds=first_byte_timeout_seconds,
        idle_timeout_seconds=idle_timeout_seconds,
        max_connections=max_connections,
        ssl_context=ssl_context,
    )


def aiohttp_upstream(
    base_url: str,
    *,
    connect_timeout_seconds: float = 2.0,
    first_byte_timeout_seconds: float = 5.0,
    idle_timeout_seconds: float = 5.0,
    max_connections: int = 8,
    ssl_context: ssl.SSLContext | None = None,
) -> Upstream:
    return AiohttpUpstream(
        base_url,
        connect_timeout_seconds=connect_timeout_seconds,
        first_byte_timeout_seconds=first_byte_timeout_seconds,
        idle_timeout_seconds=idle_timeout_seconds,
        max_connections=max_connections,
        ssl_context=ssl_context,
    )


MAKERS: list[Maker] = [httptools_upstream, aiohttp_upstream]
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
"""Read by conftest.py: every test runs on both."""


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.__name__)
def make(request: pytest.FixtureRequest) -> Maker:
    maker: Maker = request.param
    return maker


def post(
    body: bytes = b"{}", *, target: str = "/chat/completions", headers: tuple[tuple[str, str], ...] = ()
) -> UpstreamRequest:
    return UpstreamRequest(method="POST", target=target, headers=headers, body=body)


async def read(answer: UpstreamAnswer) -> bytes:
    return b"".join([piece async for piece in answer.chunks()])


async def ask(upstream: Upstream, request: UpstreamRequest | None = None) -> tuple[int, bytes]:
    answer = await upstream.open(request or post())
    try:
        return answer.status, await read(answer)
    finally:
        await answer.aclose()


async def reason_of(attempt: Awaitable[object]) -> str:
    with pytest.raises(UpstreamError) as caught:
        await attempt
    assert str(caught.value)
    return caught.value.reason


# An exchange that goes well.


async def test_request_arrives_as_given_and_answer_comes_back_whole(make: Maker) -> None:
    seen = []

    def script(connection: RawConnection) -> None:
        seen.append(connection.read_request())
        connection.send(
            b"HTTP/1.1 201 Made\r\nContent-Length: 5\r\nX-Request-Id: r-1\r\nX-Two: a\r\nX-Two: b\r\n\r\nhello"
        )

    with RawServer(script) as server:
        upstream = make(f"{server.url}/v1")
        answer = await upstream.open(
            post(b'{"a":1}', headers=(("Authorization", "Bearer k"), ("content-type", "application/json")))
        )
        assert answer.status == 201
        assert list(answer.headers) == [("x-request-id", "r-1"), ("x-two", "a"), ("x-two", "b")]
        assert await read(answer) == b"hello"
        await answer.aclose()
        await upstream.aclose()
    (request,) = seen
    assert request is not None
    assert request.line == "POST /v1/chat/completions HTTP/1.1"
    assert request.body == b'{"a":1}'
    assert {name.lower(): value for name, value in request.headers} == {
        "host": f"127.0.0.1:{server.port}",
        "authorization": "Bearer k",
        "content-type": "application/json",
        "content-length": "7",
    } | ({"connection": "close"} if request.header("connection") else {})


async def test_header_beyond_ascii_arrives_as_the_bytes_it_came_from(make: Maker) -> None:
    heads = []

    def script(connection: RawConnection) -> None:
        heads.append(connection.read_head())
        connection.send(b"HTTP/1.1 200 OK\r\nX-Utf8: \xe4\xb8\xad\r\nX-Latin1: \xe9\r\nContent-Length: 0\r\n\r\n")

    with RawServer(script) as server:
        upstream = make(server.url)
        request = UpstreamRequest(method="GET", target="/", headers=(("X-A", "é中"),), body=b"")
        answer = await upstream.open(request)
        assert list(answer.headers) == [("x-utf8", "中"), ("x-latin1", "é")]
        assert await read(answer) == b""
        await upstream.aclose()
    assert b"X-A: \xc3\xa9\xe4\xb8\xad\r\n" in heads[0]


async def test_get_sends_no_length_and_query_survives_unchanged(make: Maker) -> None:
    seen = []

    def script(connection: RawConnection) -> None:
        seen.append(connection.read_request())
        connection.send(OK)

    with RawServer(script) as server:
        upstream = make(server.url)
        request = UpstreamRequest(method="GET", target="/models?a=%2F+b&c=%e4", headers=(), body=b"")
        assert await ask(upstream, request) == (200, b"ok")
        await upstream.aclose()
    (request_seen,) = seen
    assert request_seen is not None
    assert request_seen.line == "GET /models?a=%2F+b&c=%e4 HTTP/1.1"
    assert request_seen.header("content-length") is None
    assert request_seen.header("transfer-encoding") is None


async def test_hop_by_hop_headers_of_an_answer_are_not_passed_on(make: Maker) -> None:
    head = (
        b"HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Private\r\nKeep-Alive: timeout=9\r\nX-Private: 1\r\n"
        b"Proxy-Authenticate: Basic\r\nTrailer: X-End\r\nUpgrade: h2c\r\nX-Kept: \xe9 \r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    with RawServer(answering(head + b"0\r\n\r\n")) as server:
        upstream = make(server.url)
        answer = await upstream.open(post())
        assert list(answer.headers) == [("x-kept", "\xe9")]
        assert await read(answer) == b""
        await upstream.aclose()


async def test_compressed_answer_is_left_compressed(make: Maker) -> None:
    with RawServer(
        answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00")
    ) as server:
        upstream = make(server.url)
        answer = await upstream.open(post())
        assert ("content-encoding", "gzip") in answer.headers
        assert await read(answer) == b"\x1f\x8b\x08\x00"
        await upstream.aclose()


async def test_redirects_are_answers_and_cookies_are_forgotten(make: Maker) -> None:
    seen = []

    def script(connection: RawConnection) -> None:
        while (request := connection.read_request()) is not None:
            seen.append(request)
            connection.send(
                b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
            )

    with RawServer(script) as server:
        upstream = make(server.url)
        for _ in range(2):
            assert await ask(upstream) == (302, b"")
        await upstream.aclose()
    assert [request.line for request in seen] == ["POST /chat/completions HTTP/1.1"] * 2
    assert seen[1].header("cookie") is None


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (OK, b"ok"),
        (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", b""),
        (CHUNKED + b"3\r\nabc\r\n2;name=value\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n", b"abcde"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", b""),
    ],
    ids=["length", "empty", "chunked", "interim", "204", "304"],
)
async def test_every_framing_is_read_to_its_end_and_not_beyond(make: Maker, answer: bytes, body: bytes) -> None:
    with RawServer(answering(answer)) as server:
        upstream = make(server.url)
        for _ in range(3):
            assert (await ask(upstream))[1] == body
        await upstream.aclose()


async def test_every_framing_survives_being_sent_byte_by_byte(make: Maker) -> None:
    answers = [
        OK,
        CHUNKED + b"3\r\nabc\r\n2;name=value\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
    ]

    remaining = iter(answers)

    def script(connection: RawConnection) -> None:
        while connection.read_request() is not None:
            connection.dribble(next(remaining))

    with RawServer(script) as server:
        upstream = make(server.url)
        assert [(await ask(upstream))[1] for _ in answers] == [b"ok", b"abcde", b"ok"]
        await upstream.aclose()


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
async def test_body_without_a_length_ends_with_the_connection(make: Maker, version: bytes) -> None:
    def script(connection: RawConnection) -> None:
        connection.read_request()
        connection.send(b"HTTP/" + version + b" 200 OK\r\n\r\nabc")
        connection.send(b"def")

    with RawServer(script) as server:
        upstream = make(server.url)
        assert await ask(upstream) == (200, b"abcdef")
        assert await ask(upstream) == (200, b"abcdef")
        assert len(server.connections) == 2
        await upstream.aclose()


async def test_answer_to_head_has_no_body_whatever_its_length_says(make: Maker) -> None:
    with RawServer(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")) as server:
        upstream = make(server.url)
        request = UpstreamRequest(method="HEAD", target="/models", headers=(), body=b"")
        assert await ask(upstream, request) == (200, b"")
        assert await ask(upstream, request) == (200, b"")
        await upstream.aclose()


async def test_pieces_of_a_stream_come_as_they_are_sent(make: Maker) -> None:
    go_on = threading.Event()

    def script(connection: RawConnection) -> None:
        connection.read_request()
        connection.send(CHUNKED)
        for number in range(5):
            connection.send(b"6\r\nevent" + str(number).encode() + b"\r\n")
            assert go_on.wait(5), "the client holds back what it has"
            go_on.clear()
        connection.send(b"0\r\n\r\n")

    with RawServer(script) as server:
        upstream = make(server.url)
        answer = await upstream.open(post())
        pieces = []
        async for piece in answer.chunks():
            pieces.append(piece)
            go_on.set()
        assert pieces == [b"event0", b"event1", b"event2", b"event3", b"event4"]
        await upstream.aclose()


SPLIT_ANSWERS = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\nX-A: b\r\n\r\nhello world",
    "chunked": CHUNKED + b'5\r\nhello\r\n6;a="b"\r\n world\r\n000\r\nX-T: t\r\n\r\n',
    "interim": b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
    "close": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello world",
}


@pytest.mark.parametrize("kind", SPLIT_ANSWERS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_splitting_of_a_valid_answer_yields_the_same_body(make: Maker, kind: str, data: st.DataObject) -> None:
    whole = SPLIT_ANSWERS[kind]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(whole) - 1), max_size=12)))
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]

    def script(connection: RawConnection) -> None:
        connection.read_request()
        for piece in pieces:
            connection.send(piece)
            time.sleep(0.0005)

    async def exchange() -> tuple[int, bytes]:
        with RawServer(script) as server:
            upstream = make(server.url)
            try:
                return await ask(upstream)
            finally:
                await upstream.aclose()

    assert asyncio.run(exchange()) == (200, b"hello world")


# Bytes that break the framing.


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00\x01\x02\x03" * 20,
        b"GET / HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nNo colon here\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"Content-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000 + b"\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nok",
    ],
    ids=lambda answer: repr(answer[:60]),
)
async def test_answer_that_is_not_http_is_a_protocol_error(make: Maker, answer: bytes) -> None:
    closed = []

    def script(connection: RawConnection) -> None:
        connection.read_request()
        connection.send(answer)
        closed.append(connection.is_closed_by_client())

    with RawServer(script) as server:
        upstream = make(server.url)
        assert await reason_of(ask(upstream)) == "protocol"
        await asyncio.to_thread(_wait_until, lambda: bool(closed))
        await upstream.aclose()
    assert closed == [True]


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\nok\r\n0\r\n\r\n",
        b"-2\r\nok\r\n0\r\n\r\n",
        b"0x2\r\nok\r\n0\r\n\r\n",
        b"2\r\nokay\r\n0\r\n\r\n",
        b"fffffffffffffffff\r\nok\r\n0\r\n\r\n",
    ],
)
async def test_malformed_chunk_is_a_protocol_error_and_ends_the_connection(make: Maker, body: bytes) -> None:
    with RawServer(answering(CHUNKED + body)) as server:
        upstream = make(server.url)
        assert await reason_of(ask(upstream)) == "protocol"
        assert await reason_of(ask(upstream)) == "protocol"
        assert len(server.connections) == 2
        await upstream.aclose()


async def test_bytes_after_an_answer_are_never_taken_for_the_next(make: Maker) -> None:
    planted = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
    with RawServer(answering(OK + planted)) as server:
        upstream = make(server.url)
        reasons: list[str] = []
        for _ in range(3):
            answer = await upstream.open(post())
            try:
                assert await read(answer) == b"ok"
            except UpstreamError as error:
                reasons.append(error.reason)
            await answer.aclose()
        assert set(reasons) <= {"protocol"}
        assert len(server.connections) == 3
        await upstream.aclose()


async def test_late_surplus_bytes_poison_a_pooled_connection(make: Maker) -> None:
    sent = threading.Event()

    def script(connection: RawConnection) -> None:
        if connection.read_request() is not None:
            connection.send(OK)
            if connection.index == 0:
                time.sleep(0.05)
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
                sent.set()
            assert connection.is_closed_by_client()

    with RawServer(script) as server:
        upstream = make(server.url)
        assert await ask(upstream) == (200, b"ok")
        await asyncio.to_thread(sent.wait, 5)
        await asyncio.sleep(0.05)
        assert await ask(upstream) == (200, b"ok")
        assert len(server.connections) == 2
        await upstream.aclose()


# Connections that end too early.


@pytest.mark.parametrize(
    ("sent", "is_head_whole"),
    [
        (b"", False),
        (b"HTTP/1.1 2", False),
        (b"HTTP/1.1 200 OK\r\nContent-Le", False),
        (b"HTTP/1.1 100 Continue\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", True),
        (CHUNKED + b"5\r\nab", True),
        (CHUNKED + b"3\r\nabc\r\n", True),
        (CHUNKED + b"3\r\nabc\r\n0\r\n", True),
        (CHUNKED + b"3\r\nabc\r\n0\r\nX-Trailer: t\r\n", True),
    ],
    ids=lambda value: repr(value)[-40:],
)
@pytest.mark.parametrize("is_reset", [False, True], ids=["closed", "reset"])
async def test_early_end_of_the_connection_is_never_taken_for_the_end_of_the_answer(
    make: Maker, sent: bytes, *, is_reset: bool, is_head_whole: bool
) -> None:
    may_end = threading.Event()

    def script(connection: RawConnection) -> None:
        connection.read_request()
        connection.send(sent)
        may_end.wait(0.1)
        if is_reset:
            connection.reset()

    with RawServer(script) as server:
        upstream = make(server.url)
        if is_head_whole:
            answer = await upstream.open(post())
            may_end.set()
            assert await reason_of(read(answer)) == "closed"
            await answer.aclose()
        else:
            assert await reason_of(upstream.open(post())) == "closed"
        assert len(server.connections) == 1, "a request that may have been acted on was sent again"
        await upstream.aclose()


async def test_what_came_before_a_break_is_still_given(make: Maker) -> None:
    with RawServer(
        lambda connection: (connection.read_request(), connection.send(CHUNKED + b"3\r\nabc\r\n"), None)[2]
    ) as server:
        upstream = make(server.url)
        answer = await upstream.open(post())
        assert await anext(aiter(answer.chunks())) == b"abc"
        assert await reason_of(read(answer)) == "closed"
        await upstream.aclose()


async def test_connection_closed_between_requests_is_replaced_unnoticed(make: Maker) -> None:
    def script(connection: RawConnection) -> None:
        connection.read_request()
        connection.send(OK)

    with RawServer(script) as server:
        upstream = make(server.url)
        for expected in range(1, 4):
            assert await ask(upstream) == (200, b"ok")
            assert len(server.connections) == expected
            await asyncio.sleep(0.05)
        await upstream.aclose()


async def test_request_that_was_read_is_never_sent_twice(make: Maker) -> None:
    requests = []

    def script(connection: RawConnection) -> None:
        while (request := connection.read_request()) is not None:
            requests.append(request.body)
            if len(requests) == 2:
                return  # It read the second request whole, and died.
            connection.send(OK)

    with RawServer(script) as server:
        upstream = make(server.url)
        assert await ask(upstream, post(b"first")) == (200, b"ok")
        assert await reason_of(ask(upstream, post(b"second"))) == "closed"
        await upstream.aclose()
    assert requests == [b"first", b"second"]


# Stalls.


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 100 Continue\r\n\r\n"])
async def test_answer_that_does_not_begin_times_out(make: Maker, sent: bytes) -> None:
    closed = []

    def script(connection: RawConnection) -> None:
        connection.read_request()
        connection.send(sent)
        closed.append(connection.is_closed_by_client())

    with RawServer(script) as server:
        upstream = make(server.url, first_byte_timeout_seconds=0.2)
        started = time.monotonic()
        assert await reason_of(upstream.open(post())) == "first_byte_timeout"
        assert 0.19 < time.monotonic() - started < 1.0
        await asyncio.to_thread(_wait_until, lambda: bool(closed))
        await upstream.aclose()
    assert closed == [True]


@pytest.mark.parametrize(
    "sent", [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", CHUNKED + b"3\r\nabc\r\n", CHUNKED + b"5\r\nabc"]
)
async def test_answer_that_stalls_times_out_after_giving_what_came(make: Maker, sent: bytes) -> None:
    closed = []

    def script(connection: RawConnection) -> None:
        connection.read_request()
        connection.send(sent)
        closed.append(connection.is_closed_by_client())

    with RawServer(script) as server:
        upstream = make(server.url, idle_timeout_seconds=0.2)
        answer = await upstream.open(post())
        chunks = answer.chunks()
        assert await anext(aiter(chunks)) == b"abc"
        started = time.monotonic()
        assert await reason_of(read(answer)) == "idle_timeout"
        assert 0.15 < time.monotonic() - started < 1.0
        await asyncio.to_thread(_wait_until, lambda: bool(closed))
        await upstream.aclose()
    assert closed == [True]


async def test_slow_but_steady_answer_outlives_the_idle_timeout(make: Maker) -> None:
    def script(connection: RawConnection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
        connection.dribble(b"steadily", every_seconds=0.1)

    with RawServer(script) as server:
        upstream = make(server.url, idle_timeout_seconds=0.4, first_byte_timeout_seconds=0.4)
        assert await ask(upstream) == (200, b"steadily")
        await upstream.aclose()


async def test_refused_connection_is_a_connect_error(make: Maker) -> None:
    with RawServer(answering(OK)) as server:
        url = server.url
    upstream = make(url)
    assert await reason_of(upstream.open(post())) == "connect"
    await upstream.aclose()


async def test_unknown_host_is_a_connect_error(make: Maker) -> None:
    upstream = make("http://no-such-host.invalid")
    assert await reason_of(upstream.open(post())) == "connect"
    await upstream.aclose()


async def test_reader_that_is_slow_is_not_the_upstreams_fault(make: Maker) -> None:
    with RawServer(answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BIG) + BIG)) as server:
        upstream = make(server.url, idle_timeout_seconds=0.2)
        answer = await upstream.open(post())
        chunks = aiter(answer.chunks())
        size = len(await anext(chunks))
        await asyncio.sleep(0.6)
        async for piece in chunks:
            size += len(piece)
        assert size == len(BIG)
        await upstream.aclose()


# The pool.


async def test_no_more_connections_than_allowed_and_the_rest_wait_their_turn(make: Maker) -> None:
    busy = 0
    most_busy = 0
    lock = threading.Lock()

    def script(connection: RawConnection) -> None:
        nonlocal busy, most_busy
        while connection.read_request() is not None:
            with lock:
                busy += 1
                most_busy = max(most_busy, busy)
            time.sleep(0.01)
            with lock:
                busy -= 1
            connection.send(OK)

    with RawServer(script) as server:
        upstream = make(server.url, max_connections=3)
        assert await asyncio.gather(*(ask(upstream) for _ in range(20))) == [(200, b"ok")] * 20
        await upstream.aclose()
    assert most_busy == 3


async def test_waiting_for_a_connection_is_bounded(make: Maker) -> None:
    release = threading.Event()

    def script(connection: RawConnection) -> None:
        while connection.read_request() is not None:
            release.wait(5)
            connection.send(OK)

    with RawServer(script) as server:
        upstream = make(server.url, max_connections=1, connect_timeout_seconds=0.2)
        first = asyncio.create_task(ask(upstream))
        await asyncio.sleep(0.02)
        started = time.monotonic()
        assert await reason_of(ask(upstream)) == "connect_timeout"
        assert time.monotonic() - started < 1.0
        release.set()
        assert await first == (200, b"ok")
        assert await ask(upstream) == (200, b"ok")
        await upstream.aclose()


async def test_cancelled_waiters_and_failures_do_not_use_up_the_pool(make: Maker) -> None:
    requests = 0

    def script(connection: RawConnection) -> None:
        nonlocal requests
        while connection.read_request() is not None:
            requests += 1
            if requests % 5 == 0:
                return
            time.sleep(0.002)
            connection.send(OK)

    with RawServer(script) as server:
        upstream = make(server.url, max_connections=2)
        tasks = [asyncio.create_task(ask(upstream)) for _ in range(60)]
        await asyncio.sleep(0.01)
        for task in tasks[::3]:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        done = [outcome for outcome in outcomes if outcome == (200, b"ok")]
        assert len(done) >= 20
        for _ in range(4):
            # Both places must still be there; every fifth request dies by the script's own doing.
            pair = await asyncio.gather(ask(upstream), ask(upstream), return_exceptions=True)
            assert (200, b"ok") in pair
        await upstream.aclose()


async def test_connection_is_free_again_once_the_answer_was_read(make: Maker) -> None:
    with RawServer(answering(OK, CHUNKED + b"2\r\nok\r\n0\r\n\r\n")) as server:
        upstream = make(server.url, max_connections=1)
        for _ in range(5):
            answer = await upstream.open(post())
            assert await read(answer) == b"ok"  # Not closed: reading to the end is enough.
        await upstream.aclose()


# Giving up.


@pytest.mark.parametrize("stage", ["before the head", "within the body"])
async def test_cancelled_exchange_cuts_the_connection(make: Maker, stage: str) -> None:
    closed = []

    def script(connection: RawConnection) -> None:
        connection.read_request()
        if stage == "within the body":
            connection.send(CHUNKED + b"3\r\nabc\r\n")
        closed.append(connection.is_closed_by_client())

    with RawServer(script) as server:
        upstream = make(server.url)
        task = asyncio.create_task(ask(upstream))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(_wait_until, lambda: bool(closed))
        await upstream.aclose()
    assert closed == [True]


async def test_closing_an_unread_answer_cuts_the_connection_and_may_be_repeated(make: Maker) -> None:
    closed = []

    def script(connection: RawConnection) -> None:
        connection.read_request()
        connection.send(CHUNKED + b"3\r\nabc\r\n")
        closed.append(connection.is_closed_by_client())

    with RawServer(script) as server:
        upstream = make(server.url)
        answer = await upstream.open(post())
        await answer.aclose()
        await answer.aclose()
        await asyncio.to_thread(_wait_until, lambda: bool(closed))
        assert closed == [True]
        await upstream.aclose()


async def test_nothing_can_be_asked_of_a_closed_upstream(make: Maker) -> None:
    with RawServer(answering(OK)) as server:
        upstream = make(server.url)
        assert await ask(upstream) == (200, b"ok")
        await upstream.aclose()
        await upstream.aclose()
        assert await reason_of(upstream.open(post())) == "closed"


# Large bodies and slow peers.


async def test_ten_mebibytes_go_up_and_come_down_unharmed(make: Maker) -> None:
    def script(connection: RawConnection) -> None:
        while (request := connection.read_request()) is not None:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(request.body) + request.body)

    with RawServer(script) as server:
        upstream = make(server.url)
        for _ in range(2):
            status, body = await ask(upstream, post(BIG))
            assert status == 200
            assert body == BIG
        await upstream.aclose()


async def test_slow_reader_of_a_large_answer_holds_the_upstream_back(make: Maker) -> None:
    sent = 0

    def script(connection: RawConnection) -> None:
        nonlocal sent
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (64 * 1_048_576))
        for _ in range(64):
            if not connection.send(b"x" * 1_048_576):
                return
            sent += 1

    with RawServer(script) as server:
        upstream = make(server.url)
        answer = await upstream.open(post())
        await anext(aiter(answer.chunks()))
        await asyncio.sleep(0.3)
        assert sent < 32, "the answer piles up in the client"
        await answer.aclose()
        await upstream.aclose()


async def test_upload_to_a_slow_server_waits_and_keeps_no_second_copy(make: Maker) -> None:
    go_on = threading.Event()
    sizes = []

    def script(connection: RawConnection) -> None:
        connection.read_head()
        go_on.wait(5)
        sizes.append(len(connection.read_body(len(BIG))))
        connection.send(OK)

    with RawServer(script, receive_buffer_bytes=65_536) as server:
        upstream = make(server.url)
        gc.collect()
        tracemalloc.start()
        try:
            task = asyncio.create_task(ask(upstream, post(BIG)))
            await asyncio.sleep(0.2)
            assert not task.done()
            grown, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        go_on.set()
        assert await task == (200, b"ok")
        assert grown < len(BIG) / 4, "the upload is copied whole"
        await upstream.aclose()
    assert sizes == [len(BIG)]


async def test_upload_that_nobody_reads_times_out(make: Maker) -> None:
    may_end = threading.Event()

    def script(connection: RawConnection) -> None:
        connection.read_head()
        may_end.wait(5)

    with RawServer(script, receive_buffer_bytes=65_536) as server:
        upstream = make(server.url, idle_timeout_seconds=0.3, first_byte_timeout_seconds=0.3)
        assert await reason_of(ask(upstream, post(BIG * 2))) in {"idle_timeout", "first_byte_timeout"}
        may_end.set()
        await upstream.aclose()


async def test_refusal_before_the_upload_ended_is_the_answer(make: Maker) -> None:
    def script(connection: RawConnection) -> None:
        connection.read_head()
        connection.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
        # Reading on, as a careful server does: closing over unread bytes would reset the answer away.
        connection.is_closed_by_client()

    with RawServer(script, receive_buffer_bytes=65_536) as server:
        upstream = make(server.url)
        assert await ask(upstream, post(BIG)) == (413, b"big")
        await upstream.aclose()


# What may not be asked.


@pytest.mark.parametrize(
    "header",
    [
        ("X-A", "a\r\nX-Injected: 1"),
        ("X-A", "a\nX-Injected: 1"),
        ("X-A", "a\rb"),
        ("X-A", "a\x00b"),
        ("X-A: 1\r\nX-B", "b"),
        ("X A", "b"),
        ("", "b"),
        ("X-A", "a\ud800"),
        ("Transfer-Encoding", "chunked"),
        ("content-length", "5"),
        ("HOST", "elsewhere"),
        ("Connection", "close"),
    ],
    ids=repr,
)
async def test_header_that_could_break_the_framing_is_refused_before_anything_is_sent(
    make: Maker, header: tuple[str, str]
) -> None:
    with RawServer(answering(OK)) as server:
        upstream = make(server.url)
        with pytest.raises(BadInput):
            await upstream.open(post(headers=(header,)))
        assert not server.connections
        await upstream.aclose()


@pytest.mark.parametrize("target", ["", "chat", "/a b", "/a\r\nX: y", "/a\x00", "/\xe9", "http://elsewhere/", "/a#b"])
async def test_target_that_is_no_path_is_refused(make: Maker, target: str) -> None:
    with RawServer(answering(OK)) as server:
        upstream = make(server.url)
        with pytest.raises(BadInput):
            await upstream.open(post(target=target))
        assert not server.connections
        await upstream.aclose()


@pytest.mark.parametrize("method", ["", "GE T", "GET\r\n", "GÉT"])
async def test_method_that_is_no_token_is_refused(make: Maker, method: str) -> None:
    upstream = make("http://127.0.0.1:9")
    with pytest.raises(BadInput):
        await upstream.open(UpstreamRequest(method=method, target="/", headers=(), body=b""))
    await upstream.aclose()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "models.example",
        "ftp://a",
        "http://",
        "http://u:p@a/",
        "http://a/?q",
        "http://a/#f",
        "http://a:99999",
        "http://a/b c",
    ],
)
def test_base_url_that_cannot_work_is_refused_at_once(make: Maker, url: str) -> None:
    with pytest.raises(SettingsError):
        make(url)


# TLS.


def serving_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "localhost.pem", TLS / "localhost.key")
    return context


def trusting_context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=TLS / "authority.pem")


async def test_tls_carries_large_bodies_both_ways(make: Maker) -> None:
    def script(connection: RawConnection) -> None:
        while (request := connection.read_request()) is not None:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(request.body) + request.body)

    with RawServer(script, tls=serving_context()) as server:
        upstream = make(server.url, ssl_context=trusting_context())
        for body in (b"small", BIG[:3_000_000], b"small again"):
            assert await ask(upstream, post(body)) == (200, body)
        await upstream.aclose()


async def test_certificate_of_an_unknown_authority_is_refused(make: Maker) -> None:
    with RawServer(answering(OK), tls=serving_context()) as server:
        upstream = make(server.url)
        assert await reason_of(upstream.open(post())) == "connect"
        await upstream.aclose()


async def test_certificate_of_another_host_is_refused(make: Maker) -> None:
    with RawServer(answering(OK), tls=serving_context()) as server:
        upstream = make(f"https://127.0.0.1:{server.port}", ssl_context=trusting_context())
        assert await reason_of(upstream.open(post())) == "connect"
        await upstream.aclose()


def _wait_until(claim: Callable[[], bool], *, seconds: float = 5.0) -> None:
    """Give a server's thread the time to see what the client did."""
    deadline = time.monotonic() + seconds
    while not claim() and time.monotonic() < deadline:
        time.sleep(0.005)
