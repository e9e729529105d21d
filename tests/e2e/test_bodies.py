# SPDX-License-Identifier: Apache-2.0
"""Bodies that are too large, too slow, or never end: refused in the dialect, and on record."""

import json
import socket
import time
from typing import Any

import anthropic
import openai
import pytest

from e2e.product import CLAUDE, SMALL, Customer, Product, wait_until
from e2e.wire import ask
from fakes.model_server_process import ModelServerProcess
from stillwatch.records.exchange import Outcome

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
LIMIT = 2_000_000
"""As ``product`` sets it."""


def raw(customer: Customer, data: bytes, *, linger_seconds: float = 5.0) -> bytes:
    """Send bytes; give what comes back until the gateway closes or falls silent."""
    port = int(customer.url.rpartition(":")[2])
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=linger_seconds) as connection:
        connection.sendall(data)
        try:
            while piece := connection.recv(65_536):
                received += piece
                if b"\r\n\r\n" in received and received.rstrip().endswith(b"}"):
                    break
        except TimeoutError:
            pass
    return received


def head(customer: Customer, length: bytes, path: str = CHAT) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {customer.api_key}\r\n"
        "Content-Type: application/json\r\n"
    ).encode() + length


@pytest.mark.parametrize(("path", "model"), [(CHAT, SMALL), (MESSAGES, CLAUDE)])
def test_a_body_at_the_limit_passes_whole(
    customer: Customer, model_server: ModelServerProcess, path: str, model: str
) -> None:
    shell = json.dumps({"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "@"}]})
    body = shell.replace("@", "w " * ((LIMIT - len(shell)) // 2)).encode().ljust(LIMIT)
    answer = ask(customer, path, body)
    assert answer.status == 200
    assert model_server.request(answer.exchange_id).body == body


def test_official_clients_are_told_that_a_body_is_too_large(
    customer: Customer, product: Product, model_server: ModelServerProcess
) -> None:
    before = model_server.state()["requests"]
    user: list[Any] = [{"role": "user", "content": "w" * LIMIT}]
    with customer.openai() as client, pytest.raises(openai.APIStatusError) as refused:
        client.chat.completions.create(model=SMALL, messages=user)
    assert refused.value.status_code == 413
    assert refused.value.code == "body_too_large"
    with customer.anthropic() as other, pytest.raises(anthropic.RequestTooLargeError) as too_large:
        other.messages.create(model=CLAUDE, max_tokens=9, messages=user)
    for exchange_id in (refused.value.request_id, too_large.value.request_id):
        row = product.row(exchange_id)
        assert (row.outcome, row.refusal, row.status) == (Outcome.REFUSED, "body_too_large", 413)
    assert model_server.state()["requests"] == before


def test_a_chunked_body_beyond_the_limit_is_a_413(customer: Customer, model_server: ModelServerProcess) -> None:
    before = model_server.state()["requests"]
    chunk = b"%x\r\n%b\r\n" % (100_000, b" " * 100_000)
    answer = raw(customer, head(customer, b"Transfer-Encoding: chunked\r\n\r\n") + chunk * 21 + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert model_server.state()["requests"] == before


def test_a_body_that_does_not_come_is_a_408(product: Product, model_server: ModelServerProcess) -> None:
    customer = product.customer()
    before = model_server.state()["requests"]
    began = time.monotonic()
    answer = raw(customer, head(customer, b"Content-Length: 500\r\n\r\n") + b'{"model":"small-1",')
    assert time.monotonic() - began < 4
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"error"' in answer
    assert model_server.state()["requests"] == before
    row = product.only_row(customer.account_id)
    assert (row.outcome, row.refusal, row.status) == (Outcome.REFUSED, "slow_body", 408)


def test_a_caller_who_leaves_within_its_body_is_on_record(product: Product, model_server: ModelServerProcess) -> None:
    customer = product.customer()
    before = model_server.state()["requests"]
    port = int(customer.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head(customer, b"Content-Length: 500\r\n\r\n") + b'{"model":"small-1",')
        time.sleep(0.1)
    row = product.only_row(customer.account_id)
    assert (row.outcome, row.model, row.prompt) == (Outcome.CLIENT_ABORTED, "unknown", "")
    assert model_server.state()["requests"] == before


def test_a_bad_key_is_refused_before_its_body_is_read(product: Product, customer: Customer) -> None:
    data = head(customer, b"Content-Length: 1900000\r\n\r\n").replace(customer.api_key.encode(), b"swk_live_no")
    began = time.monotonic()
    answer = raw(customer, data)
    assert time.monotonic() - began < 1
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert product.process.poll() is None


def test_two_keys_in_one_request_are_refused(product: Product, customer: Customer) -> None:
    other = product.customer()
    body = json.dumps({"model": SMALL, "messages": [{"role": "user", "content": "whose am I"}]}).encode()
    answer = ask(customer, CHAT, body, **{"x-api-key": other.api_key})
    assert answer.status == 401
    assert answer.headers["x-stillwatch-refusal"] == "conflicting_api_keys"
    assert ask(customer, CHAT, body, **{"x-api-key": customer.api_key}).status == 200


def test_a_flood_of_bad_keys_reaches_no_model_server_and_holds_up_nobody(
    customer: Customer, product: Product, model_server: ModelServerProcess
) -> None:
    before = model_server.state()["requests"]
    port = int(customer.url.rpartition(":")[2])
    bad = head(customer, b"Content-Length: 2\r\n\r\n{}").replace(customer.api_key.encode(), b"swk_live_aaaa_bbbb_cccc")
    count = 500
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        received = b""
        for _ in range(count // 20):
            connection.sendall(bad * 20)
        while received.count(b"HTTP/1.1 401 ") < count:
            piece = connection.recv(1 << 20)
            assert piece
            received += piece
    body = json.dumps({"model": SMALL, "messages": [{"role": "user", "content": "hello"}]}).encode()
    assert ask(customer, CHAT, body).status == 200
    assert model_server.state()["requests"] == before + 1
    wait_until(
        lambda: sum(row.refusal == "invalid_api_key" for row in product.rows()) >= count,
        what=lambda: "refusals are missing from the log",
        seconds=5.0,
    )
