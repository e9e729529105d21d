# SPDX-License-Identifier: Apache-2.0
"""Responses: what is read, what is counted, what is withheld."""

import json
from typing import Any

import pytest

from stillwatch.errors import BadInput
from stillwatch.gateway.dialects.interface import DROP, LAST, PASS, Ask, Facts
from stillwatch.gateway.dialects.openai_responses import Responses, ResponsesReader
from stillwatch.gateway.sse import Event

RESPONSES = Responses()
REASONING = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "why"}],
    "encrypted_content": "c2VjcmV0",
}
MESSAGE = {
    "type": "message",
    "id": "msg_1",
    "content": [{"type": "output_text", "text": "so", "annotations": [], "logprobs": [{"token": "so"}]}],
}


def ask(**fields: Any) -> Ask:
    return RESPONSES.read(json.dumps({"model": "m", **fields}).encode())


def event(kind: str, **fields: Any) -> Event:
    return Event(kind.encode(), json.dumps({"type": kind, **fields}).encode())


def test_the_input_may_be_text() -> None:
    seen = ask(input="hello", instructions="Be brief.")
    assert (seen.prompt, seen.system, seen.turn) == ("hello", "Be brief.", 0)


def test_the_input_may_be_items() -> None:
    seen = ask(
        input=[
            {"role": "user", "content": "first"},
            {"type": "reasoning", "summary": []},
            {"type": "function_call_output", "call_id": "1", "output": "5"},
            {"role": "user", "content": [{"type": "input_text", "text": "last"}, {"type": "input_image"}]},
        ],
        conversation={"id": "conv_1"},
    )
    assert (seen.prompt, seen.conversation_id, seen.turn) == ("last", "conv_1", None)


def test_what_the_record_wants_is_read() -> None:
    seen = ask(
        input="x",
        max_output_tokens=5,
        include=["message.output_text.logprobs"],
        reasoning={"effort": "high"},
        tools=[{}],
    )
    assert (seen.max_tokens, seen.logprobs, seen.reasoning, seen.tools) == (5, True, True, 1)
    assert ask(input="x", reasoning={"effort": "none"}).reasoning is False
    assert ask(input="x", top_logprobs=2).logprobs


def test_a_model_must_be_named() -> None:
    with pytest.raises(BadInput):
        RESPONSES.read(b'{"input":"x"}')


def test_withholding_takes_out_of_a_request_what_asks_for_reasoning_to_be_shown() -> None:
    body = json.dumps(
        {
            "model": "m",
            "input": "x",
            "top_logprobs": 3,
            "include": ["reasoning.encrypted_content", "file_search_call.results", "message.output_text.logprobs"],
            "reasoning": {"effort": "high", "summary": "auto"},
        }
    ).encode()
    after = RESPONSES.edit(body, RESPONSES.read(body), model="n", withhold=True, ask_usage=True)
    assert json.loads(after) == {
        "model": "n",
        "input": "x",
        "include": ["file_search_call.results"],
        "reasoning": {"effort": "high"},
    }
    assert RESPONSES.edit(body, RESPONSES.read(body), model=None, withhold=False, ask_usage=True) is body


def test_a_stream_is_counted_and_ends_with_its_response() -> None:
    reader, facts = ResponsesReader(withhold=False), Facts(text_room=100)
    usage = {"input_tokens": 3, "output_tokens": 9, "output_tokens_details": {"reasoning_tokens": 5}}
    assert reader.see(event("response.created", response={"output": []}), facts) is PASS
    assert reader.see(event("response.reasoning_summary_text.delta", delta="why"), facts) is PASS
    assert reader.see(event("response.output_text.delta", delta="so"), facts) is PASS
    assert reader.see(event("response.function_call_arguments.delta", delta="{}"), facts) is PASS
    assert (facts.text, facts.pieces) == (["so"], 3)
    assert reader.see(event("response.completed", response={"output": [MESSAGE], "usage": usage}), facts) is LAST
    assert (facts.input_tokens, facts.output_tokens, facts.reasoning_tokens) == (3, 9, 5)
    assert facts.text == ["so"]


@pytest.mark.parametrize("kind", ["response.failed", "response.incomplete"])
def test_a_response_may_end_otherwise(kind: str) -> None:
    facts = Facts()
    assert ResponsesReader(withhold=False).see(event(kind, response={}), facts) is LAST
    assert facts.has_failed is (kind == "response.failed")


def test_reasoning_events_are_dropped_and_its_items_emptied() -> None:
    reader, facts = ResponsesReader(withhold=True), Facts()
    assert reader.see(event("response.reasoning_summary_text.delta", delta="why"), facts) is DROP
    assert reader.see(event("response.reasoning_text.done", text="why"), facts) is DROP
    added = reader.see(event("response.output_item.done", item=REASONING), facts)
    assert added.replacement is not None
    assert json.loads(added.replacement)["item"] == {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "encrypted_content": None,
    }
    assert facts.withheld == {"reasoning"}


@pytest.mark.parametrize("kind", ["response.content_part.added", "response.content_part.done"])
def test_reasoning_that_comes_as_content_parts_is_dropped(kind: str) -> None:
    facts = Facts()
    part = event(kind, item_id="rs_1", content_index=0, part={"type": "reasoning_text", "text": "why"})
    assert ResponsesReader(withhold=False).see(part, facts) is PASS
    assert ResponsesReader(withhold=True).see(part, facts) is DROP
    assert facts.withheld == {"reasoning"}
    said = event(kind, item_id="msg_1", content_index=0, part={"type": "output_text", "text": '"reasoning_text"'})
    assert ResponsesReader(withhold=True).see(said, facts) is PASS


def test_log_probabilities_are_withheld_from_events() -> None:
    reader = ResponsesReader(withhold=True)
    for seen, path in [
        (event("response.output_text.delta", delta="so", logprobs=[{"token": "so"}]), ()),
        (event("response.content_part.done", part=MESSAGE["content"][0]), ("part",)),
        (event("response.output_item.done", item=MESSAGE), ("item", "content", 0)),
    ]:
        replacement = reader.see(seen, Facts()).replacement
        assert replacement is not None
        value = json.loads(replacement)
        for step in path:
            value = value[step]
        assert value["logprobs"] == []
    assert reader.see(event("response.output_text.delta", delta="so", logprobs=[]), Facts()) is PASS


def test_the_last_event_is_emptied_too() -> None:
    facts = Facts()
    last = event("response.completed", response={"output": [REASONING, MESSAGE], "reasoning": {"effort": "high"}})
    verdict = ResponsesReader(withhold=True).see(last, facts)
    assert verdict.is_terminal
    assert verdict.replacement is not None
    response = json.loads(verdict.replacement)["response"]
    assert response["output"][0]["summary"] == []
    assert response["output"][1]["content"][0]["logprobs"] == []
    assert response["output"][1]["content"][0]["text"] == "so"
    assert response["reasoning"] == {"effort": "high"}


def test_what_cannot_be_read_is_not_shown_where_something_is_withheld() -> None:
    assert ResponsesReader(withhold=True).see(Event(b"x", b"{"), Facts()) is DROP
    assert ResponsesReader(withhold=False).see(Event(b"x", b"{"), Facts()) is PASS


def test_a_whole_answer_is_read() -> None:
    body = json.dumps(
        {
            "output": [REASONING, MESSAGE],
            "usage": {"input_tokens": 1, "output_tokens": 2},
            "reasoning": {"effort": None},
        }
    ).encode()
    facts = Facts(text_room=10)
    assert RESPONSES.settle(body, facts, withhold=False) is body
    assert (facts.text, facts.input_tokens, facts.output_tokens) == (["so"], 1, 2)
    after = json.loads(RESPONSES.settle(body, facts, withhold=True))
    assert after["output"][0]["summary"] == []
    assert facts.withheld == {"reasoning", "logprobs"}
