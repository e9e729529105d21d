# SPDX-License-Identifier: Apache-2.0
"""Chat completions: what is read, what is counted, what is withheld."""

import json
from typing import Any

import pytest

from stillwatch.errors import BadInput
from stillwatch.gateway.dialects.interface import DROP, LAST, PASS, Ask, Facts, Verdict
from stillwatch.gateway.dialects.openai_chat import ChatCompletions, ChatReader
from stillwatch.gateway.sse import Event

CHAT = ChatCompletions()


def ask(**fields: Any) -> Ask:
    return CHAT.read(json.dumps({"model": "m", "messages": [], **fields}).encode())


def chunk(delta: dict[str, Any], **fields: Any) -> Event:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
    return Event(b"", json.dumps({"id": "c", "choices": [choice], **fields}).encode())


def see(reader: ChatReader, event: Event, facts: Facts | None = None) -> Verdict:
    return reader.see(event, facts if facts is not None else Facts())


def test_the_last_user_message_is_the_prompt() -> None:
    seen = ask(
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "system", "content": [{"type": "text", "text": "Be kind."}]},
            {"role": "user", "content": "first"},
            {"role": "assistant", "content": "answer"},
            {"role": "user", "content": [{"type": "text", "text": "last"}, {"type": "image_url", "image_url": {}}]},
            {"role": "tool", "content": "result", "tool_call_id": "1"},
        ]
    )
    assert (seen.prompt, seen.system, seen.turn) == ("last", "Be brief.\nBe kind.", 1)


def test_a_role_that_nobody_defined_is_the_users() -> None:
    seen = ask(
        messages=[
            {"role": "user", "content": "first"},
            {"role": "Human", "content": "last"},
            {"role": "function", "name": "f", "content": "5"},
        ]
    )
    assert (seen.prompt, seen.system, seen.turn) == ("last", None, 1)


def test_what_the_record_wants_is_read() -> None:
    seen = ask(
        stream=True,
        temperature=1,
        max_completion_tokens=7,
        logprobs=True,
        reasoning_effort="low",
        tools=[{"type": "function"}],
        stream_options={"include_usage": True},
    )
    assert (seen.stream, seen.temperature, seen.max_tokens, seen.logprobs) == (True, 1.0, 7, True)
    assert (seen.reasoning, seen.tools, seen.wants_usage) == (True, 1, True)


def test_what_is_not_said_is_not_known() -> None:
    seen = ask(stream=None, temperature=None, max_tokens=None)
    assert (seen.stream, seen.temperature, seen.max_tokens, seen.reasoning, seen.turn) == (
        False,
        None,
        None,
        None,
        None,
    )
    assert not seen.wants_usage


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": "hello"},
        {"messages": [{"content": "no role"}]},
        {"messages": None},
        {"model": 1},
        {"stream": "yes"},
        {"temperature": "hot"},
        {"max_tokens": 1.5},
        {"max_tokens": 10**40},
        {"tools": {}},
    ],
)
def test_wrong_types_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        ask(**wrong)


def test_usage_is_asked_for_only_where_the_caller_streams_and_did_not_ask() -> None:
    for fields, is_edited in [({"stream": True}, True), ({}, False)]:
        body = json.dumps({"model": "m", "messages": [], **fields}).encode()
        after = CHAT.edit(body, CHAT.read(body), model=None, withhold=False, ask_usage=True)
        assert (after != body) is is_edited
    body = b'{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true}}'
    assert CHAT.edit(body, CHAT.read(body), model=None, withhold=False, ask_usage=True) is body


def test_text_is_kept_and_counted_as_it_comes() -> None:
    reader, facts = ChatReader(wants_usage=True, withhold=False), Facts(text_room=7)
    for delta in ({"role": "assistant", "content": ""}, {"content": "hello"}, {"content": " world"}, {"content": "!"}):
        assert see(reader, chunk(delta), facts) is PASS
    assert ("".join(facts.text), facts.pieces, facts.estimated_output_tokens()) == ("hello w", 3, 3)


def test_reasoning_and_tool_calls_are_counted_but_are_no_text() -> None:
    reader, facts = ChatReader(wants_usage=True, withhold=False), Facts(text_room=100)
    see(reader, chunk({"reasoning_content": "hm"}), facts)
    see(reader, chunk({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}), facts)
    assert (facts.text, facts.pieces) == ([], 2)


def test_long_pieces_hold_several_tokens() -> None:
    reader, facts = ChatReader(wants_usage=True, withhold=False), Facts()
    see(reader, chunk({"content": "x" * 400}), facts)
    assert facts.estimated_output_tokens() == 100


def test_the_usage_chunk_is_taken_out_where_it_was_not_asked_for() -> None:
    usage = Event(b"", b'{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}')
    for wants, verdict in ((True, PASS), (False, DROP)):
        facts = Facts()
        assert see(ChatReader(wants_usage=wants, withhold=False), usage, facts) is verdict
        assert (facts.input_tokens, facts.output_tokens) == (3, 4)


def test_the_end_is_the_last_event() -> None:
    assert see(ChatReader(wants_usage=True, withhold=False), Event(b"", b"[DONE]")) is LAST


def test_an_error_of_the_model_server_is_noted() -> None:
    facts = Facts()
    assert see(ChatReader(wants_usage=True, withhold=False), Event(b"", b'{"error":{"message":"x"}}'), facts) is PASS
    assert facts.has_failed


def test_an_unreadable_chunk_passes_unless_something_is_to_be_withheld() -> None:
    assert see(ChatReader(wants_usage=True, withhold=False), Event(b"", b"garbage")) is PASS
    assert see(ChatReader(wants_usage=True, withhold=True), Event(b"", b"garbage")) is DROP


def test_reasoning_and_log_probabilities_are_withheld_from_chunks() -> None:
    reader, facts = ChatReader(wants_usage=True, withhold=True), Facts()
    data = (
        b'{"id": "c","choices":[{"index":0,"delta":{"content":"so","reasoning_content":"why"},'
        b'"logprobs":{"content":[{"token":"so","logprob":-0.1}]}}] }'
    )
    verdict = see(reader, Event(b"", data), facts)
    assert verdict.replacement == (
        b'{"id": "c","choices":[{"index":0,"delta":{"content":"so","reasoning_content":null},"logprobs":null}] }'
    )
    assert facts.withheld == {"reasoning", "logprobs"}
    assert see(reader, chunk({"content": "plain"}), facts) is PASS


def test_a_whole_answer_is_read_and_keeps_its_bytes() -> None:
    body = json.dumps(
        {
            "choices": [
                {"index": 0, "message": {"content": "one", "reasoning_content": "why"}, "logprobs": {"content": []}},
                {"index": 1, "message": {"content": "two"}},
            ],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2},
        }
    ).encode()
    facts = Facts(text_room=100)
    assert CHAT.settle(body, facts, withhold=False) is body
    assert (facts.text, facts.input_tokens, facts.output_tokens) == (["one"], 1, 2)
    after = json.loads(CHAT.settle(body, Facts(), withhold=True))
    assert after["choices"][0]["message"] == {"content": "one", "reasoning_content": None}
    assert after["choices"][0]["logprobs"] is None
    assert after["usage"] == {"prompt_tokens": 1, "completion_tokens": 2}


def test_a_whole_answer_that_is_no_json_is_bad_input() -> None:
    with pytest.raises(BadInput):
        CHAT.settle(b"<html>", Facts(), withhold=False)
