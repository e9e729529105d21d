# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 as it is written by hand: framing, order, limits, and when a connection ends."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from stillwatch.gateway.adapters.inbound_connection import MAX_AHEAD, MAX_HEAD_BYTES, MAX_HEADERS
from stillwatch.gateway.adapters.inbound_server import InboundServer, listen
from stillwatch.gateway.interface import Caller

GET = b"GET /%d HTTP/1.1\r\nhost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n"


class Teller:
    """Answers with what it was asked."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.answer = b""
        """Sent instead, where it is not empty."""
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def handle(self, caller: Caller) -> None:
        self.seen.append(caller.path)
        if caller.path == "/raise":
            raise RuntimeError("on purpose")
        if caller.path == "/half":
            await caller.send(200, [], b"half")
            return
        await self.may_go_on.wait()
        body = await caller.read(1 << 20)
        if body is None:
            await caller.answer(400, [], b"broken")
            return
        told = f"{caller.method} {caller.path} {caller.query} {caller.peer} {list(caller.headers())} ".encode()
        await caller.answer(200, [], self.answer or told + body)


Talk = Callable[..., Awaitable[bytes]]


@asynccontextmanager
async def serving(teller: Teller, *, tick_seconds: float = 1.0) -> AsyncIterator[Talk]:
    """A server, and how to talk to it: send pieces, and read until it ends or is silent."""
    listener = listen("127.0.0.1:0")
    port = listener.getsockname()[1]
    server = InboundServer(teller, listener, max_connections=10, tick_seconds=tick_seconds)

    async def talk(*sent: bytes, seconds: float = 0.3) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for piece in sent:
            writer.write(piece)
            await asyncio.sleep(0.005)
        got = b""
        try:
            while data := await asyncio.wait_for(reader.read(1 << 20), seconds):
                got += data
        except ConnectionError:
            got += b"(reset)"
        except TimeoutError:
            got += b"(open)"
        writer.close()
        return got

    try:
        yield talk
    finally:
        await server.abort()
        await asyncio.sleep(0.01)


async def test_what_is_asked_is_what_the_handler_sees() -> None:
    async with serving(Teller()) as talk:
        head = b"POST /a%20b?c=%20d HTTP/1.1\r\nHost: x\r\nX-A:  \xe9 b \r\ncontent-length: 3\r\n\r\nabc"
        got = await talk(head)
        assert got.startswith(OK)
        assert "POST /a b c=%20d 127.0.0.1 [('host', 'x'), ('x-a', 'é b'), ('content-length', '3')] abc" in got.decode()
        assert got.endswith(b"(open)")
        assert b"GET /v1  127" in await talk(b"GET http://elsewhere/v1 HTTP/1.1\r\nhost: x\r\n\r\n")
        assert b"GET /v1  127" in await talk(b"GET /v1 HTTP/1.0\r\n\r\n")


async def test_a_request_means_the_same_however_it_is_cut() -> None:
    async with serving(Teller()) as talk:
        body = b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\ntrailer: z\r\n\r\n"
        whole = b"POST /a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" + body
        for size in (1, 7, len(whole)):
            got = await talk(*(whole[at : at + size] for at in range(0, len(whole), size)))
            assert got.startswith(OK)
            assert got.endswith(b"] abcde(open)")


@pytest.mark.parametrize(
    "bent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\nhost: x\n\n",
        b"GET / HTTP/1.1\r\nhost: x\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\na: \x00\r\n\r\n",
        b"GET / HTTP/2.0\r\nhost: x\r\n\r\n",
        b"GET /a#b HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET ftp://x/ HTTP/1.1\r\nhost: x\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"get / HTTP/1.1\r\nhost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: +1\r\n\r\na",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1, 1\r\n\r\na",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999\r\n\r\na",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: identity\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.0\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\nexpect: a miracle\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
    ],
)
async def test_what_two_readers_could_read_two_ways_is_read_by_nobody(bent: bytes) -> None:
    teller = Teller()
    async with serving(teller) as talk:
        got = await talk(bent + GET % 1, seconds=2)
    assert got.startswith(b"HTTP/1.1 4"), got
    assert b"connection: close" in got
    assert got.count(b"HTTP/1.1 ") == 1
    assert teller.seen == []


@pytest.mark.parametrize("broken", [b"zz\r\n", b"2\r\nabc\r\n", b"fffffffffffffffff\r\n", b"1\na\n0\n\n"])
async def test_a_body_that_breaks_its_framing_ends_the_connection(broken: bytes) -> None:
    teller = Teller()
    async with serving(teller) as talk:
        head = b"POST /a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
        got = await talk(head, broken + GET % 1, seconds=2)
    assert got.startswith(b"HTTP/1.1 400")
    assert b"connection: close" in got
    assert teller.seen == ["/a"]


async def test_requests_sent_ahead_are_answered_in_their_order() -> None:
    teller = Teller()
    async with serving(teller) as talk:
        post = b"POST /%d HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nab"
        got = await talk(b"".join((post if number % 2 else GET) % number for number in range(8)))
        assert [f"/{number} ".encode() in got for number in range(8)] == [True] * 8
        assert teller.seen == [f"/{number}" for number in range(8)]
        assert got.count(b"] ab") == 4
        # What breaks the rules after good requests is told after their answers.
        got = await talk(GET % 1 + GET % 2 + b"nonsense\r\n\r\n", seconds=2)
        assert got.count(OK) == 2
        assert got.index(b"HTTP/1.1 400") > got.rindex(OK)


async def test_who_sends_too_far_ahead_must_begin_anew() -> None:
    teller = Teller()
    async with serving(teller) as talk:
        got = await talk(b"".join(GET % number for number in range(3_000)), seconds=5)
    assert got.count(OK) == len(teller.seen) == MAX_AHEAD + 1
    assert b"HTTP/1.1 429" in got


async def test_no_further_request_is_begun_for_who_takes_no_answers() -> None:
    teller = Teller()
    teller.answer = bytes(4 << 20)
    listener = listen("127.0.0.1:0")
    server = InboundServer(teller, listener, max_connections=1)
    taker = socket.create_connection(listener.getsockname())
    for number in range(12):
        taker.sendall(GET % number)
        await asyncio.sleep(0.01)
    # The kernel takes some megabytes on the caller's behalf.
    begun = len(teller.seen)
    assert begun < 6
    taker.close()
    await server.abort()
    assert len(teller.seen) == begun


async def test_heads_are_bounded() -> None:
    teller = Teller()
    async with serving(teller) as talk:
        many = b"".join(b"a%d: b\r\n" % number for number in range(MAX_HEADERS + 1))
        for long in (many, b"a: " + b"b" * MAX_HEAD_BYTES + b"\r\n"):
            assert (await talk(b"GET / HTTP/1.1\r\nhost: x\r\n" + long + b"\r\n", seconds=2)).startswith(
                b"HTTP/1.1 431"
            )
        endless = [b"GET / HTTP/1.1\r\nhost: x\r\na: ", *([b"b" * 60_000] * 6)]
        assert (await talk(*endless, seconds=2)).startswith((b"HTTP/1.1 431", b"(reset)"))
        trailers = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n"
        assert (await talk(trailers, many + many, seconds=2)).startswith(b"HTTP/1.1 400")
    assert teller.seen == ["/"]


async def test_a_head_that_does_not_come_to_its_end_is_not_waited_for() -> None:
    async with serving(Teller(), tick_seconds=0.01) as talk:
        assert await talk(b"GET / HTTP/1.1\r\n", seconds=2) in {b"", b"(reset)"}
        assert await talk(b"GET / ", *[b"x"] * 60, seconds=2) in {b"", b"(reset)"}
        assert await talk(seconds=2) in {b"", b"(reset)"}
        # A connection that has served waits longer, but not for ever.
        assert (await talk(GET % 1, seconds=3)).startswith(OK)


async def test_another_protocol_is_not_taken_up() -> None:
    teller = Teller()
    async with serving(teller) as talk:
        got = await talk(
            b"GET /a HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n" + GET % 1, seconds=2
        )
    assert got.count(OK) == 1
    assert teller.seen == ["/a"]


async def test_nothing_follows_a_request_that_says_it_is_the_last() -> None:
    teller = Teller()
    async with serving(teller) as talk:
        got = await talk(b"GET /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n" + GET % 1, seconds=2)
    assert got.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in got
    assert teller.seen == ["/a"]


async def test_half_an_answer_does_not_look_whole(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(Teller()) as talk:
        assert b"0\r\n\r\n" not in await talk(b"GET /half HTTP/1.1\r\nhost: x\r\n\r\n", seconds=2)
        assert await talk(b"GET /raise HTTP/1.1\r\nhost: x\r\n\r\n", seconds=2) in {b"", b"(reset)"}
    assert "could not be served" in caplog.text
