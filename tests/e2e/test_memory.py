# SPDX-License-Identifier: Apache-2.0
"""A worker's memory does not grow with the number of requests it has served."""

import asyncio
import json
import sys
from pathlib import Path

import httptools
import pytest

from e2e.product import CLAUDE, SMALL, Customer, Product, rss_bytes
from fakes.model_server_process import ModelServerProcess

WARM_UP = 6_000
"""Requests after which pools, caches and the allocator have what they need."""
REQUESTS = 20_000
SOCKETS = 16
GROWTH_BYTES = 10 << 20


class _Client(asyncio.Protocol):
    """Sends its requests one after the other on one connection."""

    def __init__(self, requests: list[bytes], number: int) -> None:
        self._requests = requests
        self._left = number
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("The gateway closed the connection."))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status != 200:
            self.done.set_exception(AssertionError(f"status {status}"))
            self._transport.close()
            return
        self._left -= 1
        if self._left:
            # Not from within the parser: the answer to the next request may come at once.
            asyncio.get_running_loop().call_soon(self._send)
        else:
            self.done.set_result(None)
            self._transport.close()

    def _send(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._transport.write(self._requests[self._left % len(self._requests)])


def _requests(customer: Customer) -> list[bytes]:
    """Both dialects, whole and streamed."""
    made = []
    for path, model in (("/v1/chat/completions", SMALL), ("/v1/messages", CLAUDE)):
        for is_streamed in (False, True):
            said = f"the quick brown fox say:8 {'x' * 500}"
            message = {"role": "user", "content": said}
            body = json.dumps({"model": model, "max_tokens": 50, "stream": is_streamed, "messages": [message]}).encode()
            head = (
                f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {customer.api_key}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            made.append(head.encode() + body)
    return made


async def _send(customer: Customer, number: int) -> None:
    loop = asyncio.get_running_loop()
    port = int(customer.url.rpartition(":")[2])
    requests = _requests(customer)
    made = [
        await loop.create_connection(lambda: _Client(requests, number // SOCKETS), "127.0.0.1", port)
        for _ in range(SOCKETS)
    ]
    await asyncio.gather(*(client.done for _, client in made))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_workers_memory_stays_where_it_is(model_server: ModelServerProcess, tmp_path: Path) -> None:
    with Product(tmp_path, model_server, workers=1) as product:
        customer = product.customer()
        asyncio.run(_send(customer, WARM_UP))
        (worker,) = product.worker_pids()
        before = rss_bytes(worker)
        asyncio.run(_send(customer, REQUESTS))
        grown = rss_bytes(worker) - before
        assert product.worker_pids() == [worker]
        sys.stdout.write(f"{before / 1e6:.1f} MB before, {grown / 1e6:+.2f} MB after {REQUESTS} requests\n")
        assert grown < GROWTH_BYTES
