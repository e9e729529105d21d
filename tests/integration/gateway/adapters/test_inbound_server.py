# SPDX-License-Identifier: Apache-2.0
import asyncio
import socket

import pytest

from stillwatch.gateway.adapters.inbound_server import InboundServer, listen
from stillwatch.gateway.interface import Caller

GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Slow:
    """Answers when it is allowed to."""

    def __init__(self) -> None:
        self.asked = asyncio.Semaphore(0)
        self.may_answer = asyncio.Event()

    async def handle(self, caller: Caller) -> None:
        self.asked.release()
        await self.may_answer.wait()
        await caller.answer(200, [], b"done")


async def connect(port: int) -> Connection:
    return await asyncio.open_connection("127.0.0.1", port)


def open_server(handler: Slow, *, max_connections: int = 10, tick_seconds: float = 1.0) -> tuple[InboundServer, int]:
    listener = listen("127.0.0.1:0")
    port: int = listener.getsockname()[1]
    return InboundServer(handler, listener, max_connections=max_connections, tick_seconds=tick_seconds), port


async def test_answers_under_way_are_finished_and_nothing_new_is_taken() -> None:
    handler = Slow()
    server, port = open_server(handler)
    busy, idle = await connect(port), await connect(port)
    busy[1].write(GET)
    await asyncio.wait_for(handler.asked.acquire(), 5)
    draining = asyncio.create_task(server.drain())
    # The idle one is ended at once.
    assert await asyncio.wait_for(idle[0].read(), 5) == b""
    with pytest.raises(ConnectionRefusedError):
        await connect(port)
    assert not draining.done()
    handler.may_answer.set()
    answer = await asyncio.wait_for(busy[0].read(), 5)
    assert answer.endswith(b"connection: close\r\n\r\ndone")
    await asyncio.wait_for(draining, 5)
    for _, writer in (busy, idle):
        writer.close()
    await asyncio.sleep(0.01)


async def test_more_callers_than_there_is_room_for_wait_and_the_idle_make_room() -> None:
    handler = Slow()
    handler.may_answer.set()
    server, port = open_server(handler, max_connections=2, tick_seconds=0.05)
    connections = [await connect(port) for _ in range(4)]
    for _, writer in connections:
        writer.write(GET)
    for reader, _ in connections:
        assert (await asyncio.wait_for(reader.readuntil(b"done"), 5)).startswith(b"HTTP/1.1 200")
    for _, writer in connections:
        writer.close()
    await server.abort()
    await asyncio.sleep(0.01)


async def test_who_takes_nothing_of_a_whole_answer_is_given_up() -> None:
    class Large:
        async def handle(self, caller: Caller) -> None:
            await caller.answer(200, [], bytes(32 << 20))

    listener = listen("127.0.0.1:0")
    server = InboundServer(Large(), listener, max_connections=1, tick_seconds=0.005)
    taker = socket.socket()
    taker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    taker.connect(listener.getsockname())
    taker.sendall(GET)
    # The only place is free again, for somebody who reads.
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    writer.write(GET)
    assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).startswith(b"HTTP/1.1 200")
    writer.transport.abort()
    taker.close()
    await server.abort()
    await asyncio.sleep(0.01)


async def test_an_address_that_is_taken_is_an_error() -> None:
    listener = listen("127.0.0.1:0")
    with pytest.raises(OSError, match="in use"):
        listen(f"127.0.0.1:{listener.getsockname()[1]}")
    listener.close()
