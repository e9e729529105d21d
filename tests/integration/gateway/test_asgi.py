# SPDX-License-Identifier: Apache-2.0
"""The same gateway as a plain ASGI application."""

import asyncio
import json
import socket
from typing import Any

import aiohttp
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from fakes.gate import GOOD_KEY
from fakes.gateway_server import free_port, listening, make_world
from fakes.model_server_process import ModelServerProcess
from stillwatch.gateway.asgi import AsgiCaller, AsgiGateway, Message, live
from stillwatch.gateway.settings import GatewaySettings
from stillwatch.records.exchange import Outcome

CHAT = {"model": "small", "messages": [{"role": "user", "content": "hello"}]}
HEADERS = {"authorization": f"Bearer {GOOD_KEY}"}


def scope(**fields: Any) -> dict[str, Any]:
    known = {"type": "http", "method": "POST", "path": "/x", "query_string": b"a=1", "client": ("192.0.2.1", 5)}
    return {**known, "headers": [(b"host", b"x")], **fields}


class Script:
    """What a server would send, and what it was told."""

    def __init__(self, *messages: Message) -> None:
        self._messages = list(messages)
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        return self._messages.pop(0)

    async def send(self, message: Message) -> None:
        self.sent.append(message)


def caller(script: Script, **fields: Any) -> AsgiCaller:
    return AsgiCaller(scope(**fields), script.receive, script.send)


def piece(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_is_gathered_from_its_pieces_up_to_the_limit() -> None:
    assert await caller(Script(piece(b"ab", more=True), piece(b"c"))).read(10) == b"abc"
    assert await caller(Script(piece(b"ab", more=True), piece(b"cd", more=True), piece(b"e"))).read(3) == b"abcd"
    assert await caller(Script(piece(b"a", more=True), {"type": "http.disconnect"})).read(10) is None


async def test_the_head_is_read_as_any_servers() -> None:
    read = caller(Script(), headers=[(b"x-a", b"\xe9")])
    assert (read.method, read.path, read.query, read.peer) == ("POST", "/x", "a=1", "192.0.2.1")
    assert read.headers() == [("x-a", "é")]


async def test_the_lifespan_is_acknowledged() -> None:
    script = Script({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    await AsgiGateway(make_world("http://127.0.0.1:1/v1").gateway)({"type": "lifespan"}, script.receive, script.send)
    assert [message["type"] for message in script.sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_a_start_that_fails_is_reported_and_nothing_is_stopped() -> None:
    async def fail() -> None:
        raise RuntimeError("no key")

    script = Script({"type": "lifespan.startup"})
    await live(script.receive, script.send, start=fail)
    assert script.sent == [{"type": "lifespan.startup.failed", "message": "no key"}]


async def test_an_asgi_server_serves_the_gateway(model_server: ModelServerProcess) -> None:
    world = make_world(model_server.url)
    port = free_port()
    app = AsgiGateway(world.gateway)
    server = Server(app, address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_level=LogLevels.critical)
    serving = asyncio.create_task(server.serve())
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    async with aiohttp.ClientSession(headers=HEADERS) as client:
        for _ in range(200):
            try:
                async with client.post(url, json=CHAT) as answer:
                    assert (await answer.json())["usage"]["completion_tokens"] == 12
                break
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.01)
        async with client.post(url, json={**CHAT, "stream": True}) as answer:
            assert (await answer.text()).endswith("data: [DONE]\n\n")
        slow = {"model": "small", "messages": [{"role": "user", "content": "say:999 fault:slow:0.01"}], "stream": True}
        async with client.post(url, data=json.dumps(slow), headers={"content-type": "application/json"}) as answer:
            await answer.content.readline()
            answer.close()
        await world.recorder.wait(3)
    assert [row.outcome for row in world.recorder.rows] == [
        Outcome.COMPLETED,
        Outcome.COMPLETED,
        Outcome.CLIENT_ABORTED,
    ]
    server.stop()  # type: ignore[no-untyped-call] # granian's embedded server is untyped here
    await serving
    for upstream in world.upstreams.values():
        await upstream.aclose()
    await asyncio.sleep(0.01)


async def test_a_caller_that_takes_nothing_counts_as_gone(model_server: ModelServerProcess) -> None:
    made = make_world(model_server.url, settings=GatewaySettings(client_stall_seconds=0.4))
    async with listening(made):
        before = model_server.state()["cancelled"]
        # The kernel would take tens of megabytes on the caller's behalf.
        taker = socket.socket()
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        taker.connect(("127.0.0.1", made.port))
        _, writer = await asyncio.open_connection(sock=taker, limit=1_024)
        body = json.dumps({**CHAT, "messages": [{"role": "user", "content": "say:900000"}], "stream": True}).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {GOOD_KEY}\r\n"
        head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await asyncio.to_thread(model_server.wait, lambda state: state["cancelled"] > before, seconds=20)
        await made.recorder.wait()
        assert made.recorder.rows[0].outcome.value == "client_aborted"
        writer.transport.abort()
        await asyncio.sleep(0)
