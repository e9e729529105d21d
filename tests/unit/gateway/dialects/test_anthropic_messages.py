# SPDX-License-Identifier: Apache-2.0
"""Messages: what is read, what is counted, what is withheld."""

import json
from typing import Any

import pytest

from stillwatch.errors import BadInput
from stillwatch.gateway.dialects.anthropic_messages import Messages, MessagesReader
from stillwatch.gateway.dialects.interface import DROP, LAST, PASS, Ask, Facts
from stillwatch.gateway.sse import Event

MESSAGES = Messages()


def ask(**fields: Any) -> Ask:
    return MESSAGES.read(json.dumps({"model": "m", "max_tokens": 9, "messages": [], **fields}).encode())


def event(kind: str, **fields: Any) -> Event:
    return Event(kind.encode(), json.dumps({"type": kind, **fields}).encode())


def test_the_prompt_is_what_the_user_last_said() -> None:
    seen = ask(
        system=[{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        messages=[
            {"role": "user", "content": "question"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "5"}]},
        ],
    )
    assert (seen.prompt, seen.system, seen.turn, seen.max_tokens) == ("question", "Be brief.", 0, 9)


@pytest.mark.parametrize(
    ("thinking", "asked"),
    [(None, None), ({"type": "enabled", "budget_tokens": 5}, True), ({"type": "disabled"}, False)],
)
def test_thinking_is_asked_for_by_its_type(*, thinking: dict[str, Any] | None, asked: bool | None) -> None:
    assert ask(thinking=thinking).reasoning is asked


@pytest.mark.parametrize("wrong", [{"messages": {}}, {"thinking": []}, {"max_tokens": "9"}, {"model": None}])
def test_wrong_types_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        ask(**wrong)


def test_withholding_takes_thinking_out_of_the_request() -> None:
    body = b'{"model":"m","messages":[],"thinking":{"type":"enabled"},"max_tokens":5}'
    seen = MESSAGES.read(body)
    assert MESSAGES.edit(body, seen, model=None, withhold=True, ask_usage=True) == (
        b'{"model":"m","messages":[],"max_tokens":5}'
    )
    assert MESSAGES.edit(body, seen, model=None, withhold=False, ask_usage=True) is body


def test_a_stream_is_counted() -> None:
    reader, facts = MessagesReader(withhold=False), Facts(text_room=100)
    start = {
        "usage": {"input_tokens": 3, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 5, "output_tokens": 1}
    }
    for seen in (
        event("message_start", message=start),
        event("ping"),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        event("content_block_delta", index=0, delta={"type": "text_delta", "text": "so"}),
        event("content_block_delta", index=1, delta={"type": "input_json_delta", "partial_json": "{}"}),
        event("content_block_delta", index=2, delta={"type": "thinking_delta", "thinking": "why"}),
        event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 9}),
    ):
        assert reader.see(seen, facts) is PASS
    assert reader.see(event("message_stop"), facts) is LAST
    assert (facts.input_tokens, facts.cached_tokens, facts.output_tokens) == (12, 4, 9)
    assert (facts.text, facts.pieces) == (["so"], 3)


def test_an_error_of_the_model_server_is_noted() -> None:
    facts = Facts()
    MessagesReader(withhold=False).see(event("error", error={"type": "overloaded_error"}), facts)
    assert facts.has_failed


def test_thinking_blocks_are_taken_out_and_later_blocks_move_up() -> None:
    reader, facts = MessagesReader(withhold=True), Facts()
    dropped = [
        event("content_block_start", index=0, content_block={"type": "thinking", "thinking": ""}),
        event("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "why"}),
        event("content_block_delta", index=0, delta={"type": "signature_delta", "signature": "x"}),
        event("content_block_stop", index=0),
        event("content_block_start", index=1, content_block={"type": "redacted_thinking", "data": "x"}),
        event("content_block_stop", index=1),
    ]
    assert [reader.see(seen, facts) for seen in dropped] == [DROP] * len(dropped)
    start = reader.see(event("content_block_start", index=2, content_block={"type": "text", "text": ""}), facts)
    delta = reader.see(event("content_block_delta", index=2, delta={"type": "text_delta", "text": "so"}), facts)
    assert start.replacement is not None
    assert delta.replacement is not None
    assert json.loads(start.replacement)["index"] == 0
    assert json.loads(delta.replacement) == {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "text_delta", "text": "so"},
    }
    assert facts.withheld == {"reasoning"}


def test_nothing_moves_where_nothing_was_taken_out() -> None:
    reader = MessagesReader(withhold=True)
    assert reader.see(event("content_block_start", index=0, content_block={"type": "text"}), Facts()) is PASS
    assert reader.see(Event(b"x", b"{"), Facts()) is DROP


def test_a_whole_answer_is_read() -> None:
    body = json.dumps(
        {
            "content": [
                {"type": "thinking", "thinking": "why", "signature": "x"},
                {"type": "text", "text": "so"},
                {"type": "tool_use", "id": "1", "name": "f", "input": {"a": 1}},
            ],
            "usage": {"input_tokens": 1, "output_tokens": 2},
        }
    ).encode()
    facts = Facts(text_room=10)
    assert MESSAGES.settle(body, facts, withhold=False) is body
    assert (facts.text, facts.input_tokens, facts.output_tokens) == (["so"], 1, 2)
    after = json.loads(MESSAGES.settle(body, facts, withhold=True))
    assert [block["type"] for block in after["content"]] == ["text", "tool_use"]
    assert after["usage"] == {"input_tokens": 1, "output_tokens": 2}


def test_a_token_count_is_read() -> None:
    facts = Facts()
    MESSAGES.settle(b'{"input_tokens":14}', facts, withhold=False)
    assert (facts.input_tokens, facts.output_tokens) == (14, 0)
