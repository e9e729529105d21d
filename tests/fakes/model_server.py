# SPDX-License-Identifier: Apache-2.0
"""A small model server for tests: real HTTP in a process of its own, both dialects, deterministic, faulty on demand.

    python tests/fakes/model_server.py --port 0        # prints the port it listens on

What it answers is told in ``model_server_request``. Everything it receives is kept, byte for byte: ``GET /_received``
gives it as JSON and ``DELETE /_received`` forgets it; ``GET /_state`` counts requests and those that were cut off.

Faults, in the last user message or the model's name (``fault:NAME:NUMBER``):

- ``status:N``: answers with that status, in the dialect's shape, with ``retry-after: 7``. ``html:N``: with a web page.
- ``slow:S``: S seconds before each event of a stream, or before a whole answer.
- ``stall``: never answers. ``stall-after:N``: falls silent after N events.
- ``die-after:N``: closes the connection after N events, inside the chunked body. ``close-early``: before any byte.
- ``truncate``: ends a stream in good order but without its last event; closes inside the body of a whole answer.
- ``error-after:N``: sends the dialect's own error event after N events and ends.
- ``garbage``: answers with bytes that are not HTTP. ``garbage-body``: with a 200 whose body is not JSON.
- ``huge:N``: a body, or one event, of N million bytes. ``split:N``: sends a stream in pieces of N bytes.
- ``gzip``: compresses the answer though nobody asked. ``unasked``: reasons, and gives log-probabilities, likewise.
"""

import argparse
import asyncio
import base64
import gzip
import itertools
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httptools
import msgspec
import uvloop

# So that the file also runs as a script, where its own folder is what Python looks into.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from fakes import model_server_anthropic as anthropic
from fakes import model_server_openai as openai
from fakes import model_server_responses as responses
from fakes.model_server_request import Request, read

KEPT = 50_000
"""Requests that are kept; older ones are forgotten."""
FOREVER_SECONDS = 3_600.0
MILLION = 1_000_000
PIECE_BYTES = 65_536

OPENAI_KEY = "upstream-credential-openai"
ANTHROPIC_KEY = "upstream-credential-anthropic"
"""What each dialect wants to see before it answers; anything else is refused with 401."""


class Received(msgspec.Struct, frozen=True):
    """One request as it came."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is to be answered: a body, or events."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    events: Iterable[bytes] | None = None
    error_event: bytes = b""
    request: Request | None = None

    def has(self, fault: str) -> bool:
        """Whether a fault is on."""
        return self.request is not None and fault in self.request.faults

    def number(self, fault: str, default: float) -> float:
        """A fault's number, or the default."""
        return default if self.request is None else self.request.number(fault, default)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How one path answers."""

    whole: Callable[[Request], dict[str, Any]]
    stream: Callable[[Request], Iterator[bytes]] | None
    error: Callable[[int], dict[str, Any]]
    credential: tuple[str, str]


_BEARER = ("authorization", f"Bearer {OPENAI_KEY}")
_API_KEY = ("x-api-key", ANTHROPIC_KEY)

ENDPOINTS: Mapping[str, Endpoint] = {
    "/v1/chat/completions": Endpoint(openai.chat, openai.chat_stream, openai.error, _BEARER),
    "/v1/completions": Endpoint(openai.completion, openai.completion_stream, openai.error, _BEARER),
    "/v1/embeddings": Endpoint(openai.embeddings, None, openai.error, _BEARER),
    "/v1/responses": Endpoint(responses.response, responses.response_stream, openai.error, _BEARER),
    "/v1/messages": Endpoint(anthropic.message, anthropic.message_stream, anthropic.error, _API_KEY),
    "/v1/messages/count_tokens": Endpoint(anthropic.token_count, None, anthropic.error, _API_KEY),
}

ORDINARY_HEADERS = (
    ("openai-processing-ms", "12"),
    ("x-ratelimit-remaining-requests", "99"),
    ("anthropic-ratelimit-requests-remaining", "99"),
    # What a gateway must keep to itself.
    ("server", "model-server/1"),
    ("set-cookie", "route=backend-7"),
    ("x-internal-host", "gpu-17.internal"),
)


class ModelServer:
    """What all connections share: the requests that came, and the counts."""

    def __init__(self) -> None:
        self.received: deque[Received] = deque(maxlen=KEPT)
        self.requests = 0
        self.completed = 0
        self.cancelled = 0
        self.under_way = 0
        self.connections = 0

    def answer(self, got: Received) -> Reply:
        """Decide what to answer."""
        path = got.target.partition("?")[0]
        if path.startswith("/_"):
            return self._control(got.method, path)
        self.requests += 1
        self.received.append(got)
        if got.method == "GET" and path == "/v1/models":
            return _json(200, openai.models())
        endpoint = ENDPOINTS.get(path)
        if endpoint is None or got.method != "POST":
            return _json(404, openai.error(404))
        name, value = endpoint.credential
        if [each for key, each in got.headers if key.lower() == name] != [value]:
            return _json(401, endpoint.error(401))
        try:
            body = msgspec.json.decode(got.body, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return _json(400, endpoint.error(400))
        return _reply(endpoint, read(body))

    def _control(self, method: str, path: str) -> Reply:
        if path == "/_received" and method == "DELETE":
            self.received.clear()
            return _json(200, {})
        if path == "/_received":
            kept = [
                {
                    "method": got.method,
                    "target": got.target,
                    "headers": got.headers,
                    "body": base64.b64encode(got.body).decode(),
                }
                for got in self.received
            ]
            return Reply(headers=(("content-type", "application/json"),), body=msgspec.json.encode(kept))
        counts = {
            "requests": self.requests,
            "completed": self.completed,
            "cancelled": self.cancelled,
            "under_way": self.under_way,
            "connections": self.connections,
        }
        return _json(200, counts) if path == "/_state" else _json(404, {})


def _reply(endpoint: Endpoint, request: Request) -> Reply:
    faults = request.faults
    if "status" in faults:
        status = int(request.number("status", 500))
        wait = (("retry-after", "7"), ("x-ratelimit-remaining-requests", "0"))
        return _json(status, endpoint.error(status), *wait, request=request)
    if "html" in faults:
        page = b"<html><body>Bad gateway</body></html>"
        return Reply(status=int(request.number("html", 502)), headers=(("content-type", "text/html"),), body=page)
    if request.stream and endpoint.stream is not None:
        events = endpoint.stream(request)
        if "huge" in faults:
            size = int(request.number("huge", 100) * MILLION)
            events = itertools.chain(itertools.islice(events, 1), _huge(size))
        error = msgspec.json.encode(endpoint.error(500))
        name = b"event: error\n" if endpoint.error is anthropic.error else b""
        return Reply(
            headers=(("content-type", "text/event-stream; charset=utf-8"), *ORDINARY_HEADERS),
            events=events,
            error_event=name + b"data: " + error + b"\n\n",
            request=request,
        )
    if "garbage-body" in faults:
        return Reply(headers=(("content-type", "application/json"),), body=b'{"choices": [', request=request)
    if "huge" in faults:
        pad = "x" * int(request.number("huge", 100) * MILLION)
        return _json(200, {"pad": pad}, *ORDINARY_HEADERS, request=request)
    whole = endpoint.whole(request)
    if "gzip" in faults:
        packed = gzip.compress(msgspec.json.encode(whole))
        kind = (("content-type", "application/json"), ("content-encoding", "gzip"))
        return Reply(headers=kind, body=packed, request=request)
    return _json(200, whole, *ORDINARY_HEADERS, request=request)


def _huge(size: int) -> Iterator[bytes]:
    """An event that does not end, in pieces."""
    yield b"data: "
    for at in range(0, size, PIECE_BYTES):
        yield b"x" * min(PIECE_BYTES, size - at)
    yield b"\n\n"


def _json(status: int, body: object, *headers: tuple[str, str], request: Request | None = None) -> Reply:
    kind = ("content-type", "application/json")
    return Reply(status=status, headers=(kind, *headers), body=msgspec.json.encode(body), request=request)


class Connection(asyncio.Protocol):
    """One connection. Requests on it are answered one after the other."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[Received, bool]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._can_write = asyncio.Event()
        self._can_write.set()
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of no class of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._server.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._server.connections -= 1
        self._can_write.set()
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        self._can_write.clear()

    def resume_writing(self) -> None:
        self._can_write.set()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            self._transport.close()

    def on_message_begin(self) -> None:
        self._target = b""
        self._headers = []
        self._body = []

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode("latin-1")
        got = Received(method, self._target.decode("latin-1"), self._headers, b"".join(self._body))
        self._waiting.append((got, self._parser.should_keep_alive()))
        self._go_on()

    def _go_on(self) -> None:
        while self._waiting and self._task is None and not self._transport.is_closing():
            got, is_kept = self._waiting.popleft()
            reply = self._server.answer(got)
            is_at_once = reply.events is None and (reply.request is None or not reply.request.faults)
            if is_at_once:
                self._transport.write(_head(reply, len(reply.body), is_kept=is_kept) + reply.body)
                self._server.completed += 1
                if not is_kept:
                    self._transport.close()
                continue
            self._task = asyncio.get_running_loop().create_task(self._play(reply, is_kept=is_kept))

    async def _play(self, reply: Reply, *, is_kept: bool) -> None:
        self._server.under_way += 1
        try:
            is_whole = await (self._play_whole if reply.events is None else self._play_stream)(reply, is_kept=is_kept)
        except asyncio.CancelledError:
            self._server.cancelled += 1
            return
        finally:
            self._server.under_way -= 1
        self._server.completed += 1
        self._task = None
        if is_whole and is_kept:
            self._go_on()
        else:
            self._transport.close()

    async def _play_whole(self, reply: Reply, *, is_kept: bool) -> bool:
        """Answer with a body; False where the connection is to be closed."""
        if reply.has("slow"):
            await asyncio.sleep(reply.number("slow", 1))
        if reply.has("stall") or reply.has("stall-after"):
            await asyncio.sleep(FOREVER_SECONDS)
        if reply.has("close-early") or reply.has("die-after"):
            return False
        if reply.has("garbage"):
            self._transport.write(b"\x00\x01 this is not HTTP\r\n\r\n")
            return False
        body = reply.body[: len(reply.body) // 2] if reply.has("truncate") else reply.body
        self._transport.write(_head(reply, len(reply.body), is_kept=is_kept))
        for at in range(0, len(body), PIECE_BYTES):
            await self._can_write.wait()
            self._transport.write(body[at : at + PIECE_BYTES])
        return not reply.has("truncate")

    async def _play_stream(self, reply: Reply, *, is_kept: bool) -> bool:
        """Answer with events; False where the connection is to be closed."""
        if reply.has("stall"):
            await asyncio.sleep(FOREVER_SECONDS)
        if reply.has("close-early"):
            return False
        if reply.has("garbage"):
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nbroken\x00header\r\n\r\n")
            return False
        slow, last = reply.number("slow", 0) if reply.has("slow") else 0.0, _last_event(reply)
        piece = int(reply.number("split", 7)) if reply.has("split") else PIECE_BYTES
        self._transport.write(_head(reply, None, is_kept=is_kept))
        for position, event in enumerate(_without_last(reply)):
            if position == last:
                return await self._break_off(reply)
            await asyncio.sleep(slow)
            for at in range(0, len(event), piece):
                await self._can_write.wait()
                self._write_chunk(event[at : at + piece])
                if reply.has("split"):
                    await asyncio.sleep(0)
        self._transport.write(b"0\r\n\r\n")
        return True

    async def _break_off(self, reply: Reply) -> bool:
        if reply.has("stall-after"):
            await asyncio.sleep(FOREVER_SECONDS)
        if reply.has("error-after"):
            self._write_chunk(reply.error_event)
            self._transport.write(b"0\r\n\r\n")
            return True
        return False

    def _write_chunk(self, data: bytes) -> None:
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))


def _last_event(reply: Reply) -> int:
    """Number of events after which a fault breaks the stream off; -1 where none does."""
    for fault in ("die-after", "stall-after", "error-after"):
        if reply.has(fault):
            return int(reply.number(fault, 0))
    return -1


def _without_last(reply: Reply) -> Iterable[bytes]:
    events = reply.events or ()
    if not reply.has("truncate"):
        return events
    return list(events)[:-1]


def _head(reply: Reply, length: int | None, *, is_kept: bool) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} Status"]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    lines.append("transfer-encoding: chunked" if length is None else f"content-length: {length}")
    if not is_kept:
        lines.append("connection: close")
    return "\r\n".join([*lines, "", ""]).encode()


async def serve(port: int, *, with_parent: bool = False) -> None:
    """Listen until killed.

    Args:
        port: Nought for any free one.
        with_parent: End when standard input does, as it does when the process that started this one ends.
    """
    server = ModelServer()
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: Connection(server), "127.0.0.1", port, backlog=2_048)
    sys.stdout.write(f"{listener.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    if with_parent:
        await asyncio.to_thread(sys.stdin.read)
        return
    await asyncio.Event().wait()


def main() -> None:
    """Run the server of the command line."""
    parser = argparse.ArgumentParser(description="A model server for tests.")
    parser.add_argument("--port", type=int, default=0, help="Port to listen on; 0 for any free one.")
    parser.add_argument("--with-parent", action="store_true", help="End when standard input does.")
    given = parser.parse_args()
    uvloop.run(serve(given.port, with_parent=given.with_parent))


if __name__ == "__main__":
    main()
