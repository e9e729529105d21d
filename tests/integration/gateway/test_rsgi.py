# SPDX-License-Identifier: Apache-2.0
"""Bodies, ends of streams, and what raw bytes on a socket come to, behind either of granian's interfaces."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from granian.constants import Interfaces

from fakes.gate import GOOD_KEY
from fakes.gateway_server import World, listening, make_world
from fakes.model_server_process import ModelServerProcess

CHAT = "/v1/chat/completions"


@pytest_asyncio.fixture(params=[Interfaces.RSGI, Interfaces.ASGI])
async def world(model_server: ModelServerProcess, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A gateway behind each interface."""
    async with listening(make_world(model_server.url), interface=request.param) as made:
        yield made


def written(body: bytes, *extra: str, path: str = CHAT) -> bytes:
    head = [
        f"POST {path} HTTP/1.1",
        "host: x",
        f"authorization: Bearer {GOOD_KEY}",
        "content-type: application/json",
        *(extra or (f"content-length: {len(body)}",)),
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def chat(prompt: str = "hello", *, stream: bool = False) -> bytes:
    return json.dumps({"model": "small", "messages": [{"role": "user", "content": prompt}], "stream": stream}).encode()


async def talk(world: World, *sent: bytes, until: bytes, seconds: float = 5.0) -> bytes:
    """Send bytes and read until some bytes have come or the other side is done."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    got = b""
    try:
        async with asyncio.timeout(seconds):
            for data in sent:
                writer.write(data)
                await writer.drain()
                await asyncio.sleep(0.01)
            while until not in got:
                data = await reader.read(65_536)
                if not data:
                    break
                got += data
    finally:
        writer.close()
        await writer.wait_closed()
    return got


async def test_a_chunked_body_is_read(world: World) -> None:
    body = chat()
    chunked = b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in body) + b"0\r\n\r\n"
    assert b"word11" in await talk(world, written(chunked, "transfer-encoding: chunked"), until=b"finish_reason")


async def test_a_stream_ends_when_its_last_event_is_sent_and_not_at_some_garbage_collection(world: World) -> None:
    gc.disable()
    try:
        # Longer than the moment after which the connection is watched.
        sent = written(chat("say:3 fault:slow:0.02", stream=True))
        got = await talk(world, sent, until=b"\r\n0\r\n\r\n")
    finally:
        gc.enable()
    assert got.endswith(b"0\r\n\r\n")
    assert b"[DONE]" in got


async def test_a_connection_serves_one_request_after_another(world: World) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    for _ in range(3):
        for sent, end in ((written(chat()), b"}}}"), (written(chat(stream=True)), b"\r\n0\r\n\r\n")):
            writer.write(sent)
            assert await asyncio.wait_for(reader.readuntil(end), 5)
        # A key that is refused before its body is read does not cost the connection.
        writer.write(written(chat(), "authorization: Bearer twice", f"content-length: {len(chat())}"))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        assert head.startswith(b"HTTP/1.1 401")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
    writer.close()
    await writer.wait_closed()


async def test_two_lengths_are_never_read_two_ways(world: World, model_server: ModelServerProcess) -> None:
    smuggled = chat("smuggled")
    inner = written(smuggled)
    body = b"0\r\n\r\n" + inner
    sent = written(body, f"content-length: {len(body)}", "transfer-encoding: chunked")
    got = await talk(world, sent, until=b"\x00never", seconds=2)
    assert got.count(b"HTTP/1.1") == 1, "what follows the chunked body must not be taken for a second request"
    assert not any(b"smuggled" in seen.body for seen in model_server.received())


async def test_broken_chunks_are_no_body_and_no_fault_of_ours(world: World, model_server: ModelServerProcess) -> None:
    for broken in (b"zz\r\n{}\r\n0\r\n\r\n", b"ffffffffffffffffff\r\n{", b"2\r\n{}xx0\r\n\r\n"):
        got = await talk(world, written(broken, "transfer-encoding: chunked"), until=b"\x00never", seconds=2)
        assert got == b"" or got.startswith(b"HTTP/1.1 400"), got
    assert model_server.received() == []
    assert all(row.outcome.value in ("refused", "client_aborted") for row in world.recorder.rows)


@pytest.mark.parametrize("path", ["/v1/chat/completions/", "//v1/chat/completions", "/v1/../v1/chat/completions", "*"])
async def test_a_path_means_itself_alone(world: World, path: str) -> None:
    got = await talk(world, written(chat(), path=path), until=b"\r\n\r\n")
    assert got.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))
