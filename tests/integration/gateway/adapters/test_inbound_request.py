# SPDX-License-Identifier: Apache-2.0
"""Bodies, ends of streams, and what raw bytes on a socket come to: the whole gateway behind its own server."""

import asyncio
import gc
import json
import socket

import pytest

from fakes.gate import GOOD_KEY
from fakes.gateway_server import World, listening, make_world
from fakes.model_server_process import ModelServerProcess
from stillwatch.gateway.settings import GatewaySettings

CHAT = "/v1/chat/completions"


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
    assert got.startswith(b"HTTP/1.1 400")
    assert got.count(b"HTTP/1.1 ") == 1, "what follows the chunked body must not be taken for a second request"
    assert not any(b"smuggled" in seen.body for seen in model_server.received())


async def test_broken_chunks_are_no_body_and_no_fault_of_ours(world: World, model_server: ModelServerProcess) -> None:
    for broken in (b"zz\r\n{}\r\n0\r\n\r\n", b"ffffffffffffffffff\r\n{", b"2\r\n{}xx0\r\n\r\n"):
        got = await talk(world, written(broken, "transfer-encoding: chunked"), until=b"\x00never", seconds=2)
        assert got.startswith(b"HTTP/1.1 400"), got
        assert b"connection: close" in got
    assert model_server.received() == []
    assert {row.refusal for row in world.recorder.rows} == {"incomplete_body"}


@pytest.mark.parametrize("path", ["/v1/chat/completions/", "//v1/chat/completions", "/v1/../v1/chat/completions", "*"])
async def test_a_path_means_itself_alone(world: World, path: str) -> None:
    got = await talk(world, written(chat(), path=path), until=b"\r\n\r\n")
    assert got.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))


async def test_a_large_body_is_not_read_for_a_key_that_is_not_good(world: World) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    writer.write(written(b"", "authorization: Bearer twice", f"content-length: {32 << 20}"))
    answer = await asyncio.wait_for(reader.read(), 5)
    assert answer.startswith(b"HTTP/1.1 401")
    assert b"connection: close" in answer
    writer.close()
    await writer.wait_closed()


async def test_a_body_that_is_asked_about_is_sent_for_only_when_it_is_wanted(world: World) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    length = f"content-length: {len(chat())}"
    writer.write(written(b"", length, "expect: 100-continue"))
    assert await asyncio.wait_for(reader.readexactly(25), 5) == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(chat())
    assert (await asyncio.wait_for(reader.readuntil(b"}}}"), 5)).startswith(b"HTTP/1.1 200")
    writer.write(written(b"", length, "expect: 100-continue", "authorization: Bearer twice"))
    assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 401")
    writer.close()
    await writer.wait_closed()


async def test_an_older_client_has_its_stream_ended_by_the_end_of_the_connection(world: World) -> None:
    sent = written(chat(stream=True)).replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    got = await talk(world, sent, until=b"\x00never")
    assert b"transfer-encoding" not in got
    assert b"connection: close" in got
    assert got.endswith(b"data: [DONE]\n\n")


async def test_a_head_is_answered_without_a_body(world: World) -> None:
    got = await talk(world, b"HEAD /healthz HTTP/1.1\r\nhost: x\r\n\r\n", until=b"\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 200")
    assert b"content-length: 6" in got
    assert got.endswith(b"\r\n\r\n")


async def test_a_caller_that_takes_nothing_holds_nothing_and_counts_as_gone(model_server: ModelServerProcess) -> None:
    made = make_world(model_server.url, settings=GatewaySettings(client_stall_seconds=0.4))
    async with listening(made):
        before = model_server.state()["cancelled"]
        # The kernel would take tens of megabytes on the caller's behalf.
        taker = socket.socket()
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        taker.connect(("127.0.0.1", made.port))
        _, writer = await asyncio.open_connection(sock=taker, limit=1_024)
        writer.write(written(chat("say:900000", stream=True)))
        await asyncio.to_thread(model_server.wait, lambda state: state["cancelled"] > before, seconds=20)
        await made.recorder.wait()
        assert made.recorder.rows[0].outcome.value == "client_aborted"
        # What lay in the kernel's buffers, and no more: a stream of so many words has 180 MB.
        assert made.recorder.rows[0].output_tokens is not None
        assert made.recorder.rows[0].output_tokens < 100_000
        writer.transport.abort()
        await asyncio.sleep(0)
