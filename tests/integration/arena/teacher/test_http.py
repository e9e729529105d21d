# SPDX-License-Identifier: Apache-2.0
import asyncio
from collections.abc import Iterator

from stillwatch.arena.teacher.http import MOST_BODY_BYTES, Answer, Connection, Request


def pieces(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield b"piece %d " % number


def handle(request: Request) -> Answer:
    if request.path == "/fails":
        raise ValueError("as the test wishes")
    if request.path == "/streams":
        return Answer(200, pieces(3), b"text/plain")
    return Answer(200, request.method.encode() + b" " + request.path.encode() + b" " + request.body, b"text/plain")


async def spoken_to(*sent: bytes) -> bytes:
    """What a server of its own answers to some bytes, until it closes or falls silent."""
    live: set[Connection] = set()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(handle, live), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for data in sent:
            writer.write(data)
            await asyncio.sleep(0.01)
        writer.write_eof()
        answered = b""
        try:
            while chunk := await asyncio.wait_for(reader.read(65536), 0.3):
                answered += chunk
        except (TimeoutError, ConnectionResetError):
            pass
        writer.close()
    return answered


async def test_requests_on_one_connection_are_answered_in_order() -> None:
    request = b"POST /a?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"
    answered = await spoken_to(request + request.replace(b"/a", b"/b"))
    assert answered.count(b"HTTP/1.1 200 OK") == 2
    assert answered.index(b"POST /a hi") < answered.index(b"POST /b hi")


async def test_request_may_come_in_pieces() -> None:
    assert b"POST /slow hello" in await spoken_to(
        b"POST /sl", b"ow HTTP/1.1\r\nHost: h\r\nContent-Le", b"ngth: 5\r\n\r\nhel", b"lo"
    )


async def test_stream_is_chunked_and_the_next_request_waits_for_its_end() -> None:
    answered = await spoken_to(
        b"GET /streams HTTP/1.1\r\nHost: h\r\n\r\nGET /after HTTP/1.1\r\nHost: h\r\n\r\n",
    )
    assert b"transfer-encoding: chunked" in answered
    assert answered.index(b"8\r\npiece 0 \r\n") < answered.index(b"piece 2") < answered.index(b"0\r\n\r\n")
    assert answered.index(b"0\r\n\r\n") < answered.index(b"GET /after")


async def test_failure_of_the_handler_is_a_500_and_the_connection_goes_on() -> None:
    answered = await spoken_to(b"GET /fails HTTP/1.1\r\nHost: h\r\n\r\n", b"GET /fine HTTP/1.1\r\nHost: h\r\n\r\n")
    assert b"HTTP/1.1 500 Internal Server Error" in answered
    assert b"GET /fine" in answered


async def test_what_is_not_http_is_refused() -> None:
    assert (await spoken_to(b"\x16\x03\x01 hello")).startswith(b"HTTP/1.1 400 ")


async def test_body_over_the_limit_is_refused() -> None:
    head = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % (MOST_BODY_BYTES + 10)
    assert b"HTTP/1.1 413 " in await spoken_to(head, b"x" * (MOST_BODY_BYTES + 10))
