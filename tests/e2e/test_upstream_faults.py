# SPDX-License-Identifier: Apache-2.0
"""Whatever the model server does wrong, the caller gets a clear error in its dialect, and the record the reason."""

import json
import time
from typing import Any

import pytest

from e2e.product import CLAUDE, IMPATIENT, IMPATIENT_CLAUDE, OTHER_CLIENT, SMALL, Customer, Product
from e2e.wire import Answer, ask
from stillwatch.records.exchange import Outcome

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
ROUTES = [(CHAT, SMALL), (CHAT, OTHER_CLIENT), (MESSAGES, CLAUDE)]


def send(customer: Customer, path: str, model: str, prompt: str, *, stream: bool) -> Answer:
    body = {"model": model, "max_tokens": 99, "stream": stream, "messages": [{"role": "user", "content": prompt}]}
    return ask(customer, path, json.dumps(body).encode())


def assert_error(answer: Answer, path: str) -> None:
    """The error's body has the shape of the path's dialect, and tells nothing of what lies behind the gateway."""
    body: Any = json.loads(answer.body)
    assert body["error"]["message"]
    assert body["error"]["type"]
    if path == MESSAGES:
        assert body["type"] == "error"
        assert body["request_id"] == answer.headers["request-id"]
    else:
        assert set(body["error"]) == {"message", "type", "param", "code"}
    assert b"127.0.0.1" not in answer.body


@pytest.mark.parametrize(("path", "model"), ROUTES)
@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize(
    ("fault", "status", "refusal"),
    [
        ("close-early", 502, "upstream_closed"),
        ("garbage", 502, "upstream_protocol"),
        ("html:502", 502, "upstream_status_502"),
        ("html:503", 503, "upstream_status_503"),
        ("status:401", 502, "upstream_status_401"),
        ("status:302", 502, "upstream_status_302"),
        ("status:500", 500, "upstream_status_500"),
        ("status:503", 503, "upstream_status_503"),
    ],
)
def test_a_failure_before_the_answer_is_an_error_in_the_dialect(
    customer: Customer,
    product: Product,
    *,
    path: str,
    model: str,
    is_streamed: bool,
    fault: str,
    status: int,
    refusal: str,
) -> None:
    answer = send(customer, path, model, f"fault:{fault}", stream=is_streamed)
    assert answer.status == status
    if not (fault.startswith("status:5") and path == MESSAGES):
        # The model server's own error passes as it is, and does not know the gateway's name for the exchange.
        assert_error(answer, path)
    row = product.row(answer.exchange_id)
    assert (row.outcome, row.status) == (Outcome.UPSTREAM_FAILED, status)
    assert row.refusal in {refusal, "upstream_closed"}
    assert row.refusal == refusal or fault == "garbage"


@pytest.mark.parametrize(("path", "model"), ROUTES)
@pytest.mark.parametrize("fault", ["garbage-body", "truncate", "huge:5", "gzip"])
def test_a_whole_answer_that_cannot_be_used_is_a_502(
    customer: Customer, product: Product, path: str, model: str, fault: str
) -> None:
    answer = send(customer, path, model, f"fault:{fault}", stream=False)
    assert answer.status == 502
    assert_error(answer, path)
    row = product.row(answer.exchange_id)
    assert (row.outcome, row.status) == (Outcome.UPSTREAM_FAILED, 502)
    assert (row.refusal or "").startswith("upstream_")


@pytest.mark.parametrize(("path", "model"), [(CHAT, IMPATIENT), (MESSAGES, IMPATIENT_CLAUDE)])
@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_model_server_that_stalls_is_a_504(
    customer: Customer, product: Product, *, path: str, model: str, is_streamed: bool
) -> None:
    began = time.monotonic()
    answer = send(customer, path, model, "fault:stall", stream=is_streamed)
    assert time.monotonic() - began < 3
    assert answer.status == 504
    assert_error(answer, path)
    assert product.row(answer.exchange_id).refusal == "upstream_first_byte_timeout"


@pytest.mark.parametrize(("path", "model"), [(CHAT, IMPATIENT), (MESSAGES, IMPATIENT_CLAUDE)])
def test_a_stream_that_falls_silent_ends_with_an_error_event(
    customer: Customer, product: Product, path: str, model: str
) -> None:
    answer = send(customer, path, model, "say:9 fault:stall-after:6", stream=True)
    assert answer.status == 200
    last = answer.body.rstrip().split(b"\n\n")[-1]
    assert b'"error"' in last
    assert last.startswith(b"event: error\n") == (path == MESSAGES)
    assert b"[DONE]" not in answer.body
    assert b"message_stop" not in answer.body
    row = product.row(answer.exchange_id)
    assert (row.outcome, row.refusal) == (Outcome.UPSTREAM_TRUNCATED, "upstream_idle_timeout")
    assert row.output_tokens == (5 if path == CHAT else 3)


@pytest.mark.parametrize(("path", "model"), ROUTES)
def test_an_event_without_end_breaks_the_stream_and_not_the_gateway(
    customer: Customer, product: Product, path: str, model: str
) -> None:
    answer = send(customer, path, model, "fault:huge:20", stream=True)
    assert answer.status == 200
    assert len(answer.body) < 1_000_000
    assert b'"error"' in answer.body
    row = product.row(answer.exchange_id)
    assert (row.outcome, row.refusal) == (Outcome.UPSTREAM_TRUNCATED, "upstream_protocol")
