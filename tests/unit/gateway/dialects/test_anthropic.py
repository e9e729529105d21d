# SPDX-License-Identifier: Apache-2.0
"""Anthropic's shapes for errors and model lists."""

import json

import pytest

from stillwatch.gateway.dialects.anthropic import Anthropic
from stillwatch.gateway.dialects.interface import Refusal
from stillwatch.gateway.sse import parse

ANTHROPIC = Anthropic()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (405, "invalid_request_error"),
        (413, "request_too_large"),
        (500, "api_error"),
        (502, "api_error"),
        (503, "overloaded_error"),
        (504, "timeout_error"),
    ],
)
def test_refusals_have_anthropics_types(status: int, kind: str) -> None:
    body = json.loads(ANTHROPIC.refusal(Refusal(status=status, code="code", message="why"), "ex_1"))
    assert body == {"type": "error", "error": {"type": kind, "message": "why"}, "request_id": "ex_1"}


def test_a_broken_stream_ends_with_an_error_event() -> None:
    event = parse(ANTHROPIC.stream_error("messages", code="upstream_closed", message="why", exchange_id="ex_1"))
    assert event is not None
    assert event.name == b"error"
    assert json.loads(event.data)["error"] == {"type": "api_error", "message": "why"}


def test_models_are_listed() -> None:
    listed = json.loads(ANTHROPIC.model_list(["a", "b"]))
    assert [model["id"] for model in listed["data"]] == ["a", "b"]
    assert (listed["first_id"], listed["last_id"], listed["has_more"]) == ("a", "b", False)
    assert json.loads(ANTHROPIC.model_list([]))["first_id"] is None
    assert json.loads(ANTHROPIC.model("a"))["type"] == "model"
