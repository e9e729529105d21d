# SPDX-License-Identifier: Apache-2.0
"""OpenAI's shapes for errors and model lists."""

import json

import pytest

from stillwatch.gateway.dialects.interface import Refusal
from stillwatch.gateway.dialects.openai import OpenAI
from stillwatch.gateway.sse import parse

OPENAI = OpenAI()


@pytest.mark.parametrize(
    ("status", "code", "kind", "said"),
    [
        (401, "missing_api_key", "invalid_request_error", "invalid_api_key"),
        (401, "revoked_api_key", "invalid_request_error", "invalid_api_key"),
        (403, "account_suspended", "permission_error", "account_suspended"),
        (404, "unknown_model", "invalid_request_error", "model_not_found"),
        (400, "invalid_request", "invalid_request_error", "invalid_request"),
        (502, "upstream_connect", "server_error", "upstream_connect"),
        (504, "upstream_idle_timeout", "timeout_error", "upstream_idle_timeout"),
    ],
)
def test_refusals_have_openais_types_and_codes(status: int, code: str, kind: str, said: str) -> None:
    body = json.loads(OPENAI.refusal(Refusal(status=status, code=code, message="why", param="model"), "ex_1"))
    assert body == {"error": {"message": "why", "type": kind, "param": "model", "code": said}}


def test_a_broken_chat_stream_ends_with_an_error_object() -> None:
    event = parse(OPENAI.stream_error("chat.completions", code="upstream_closed", message="why", exchange_id="ex_1"))
    assert event is not None
    assert event.name == b""
    assert json.loads(event.data)["error"]["code"] == "upstream_closed"


def test_a_broken_response_stream_ends_with_an_error_event() -> None:
    event = parse(OPENAI.stream_error("responses", code="upstream_closed", message="why", exchange_id="ex_1"))
    assert event is not None
    assert event.name == b"error"
    assert json.loads(event.data)["type"] == "error"


def test_models_are_listed() -> None:
    listed = json.loads(OPENAI.model_list(["a", "b"]))
    assert [model["id"] for model in listed["data"]] == ["a", "b"]
    assert listed["object"] == "list"
    assert json.loads(OPENAI.model("a"))["object"] == "model"
