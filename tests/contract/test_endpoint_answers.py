# SPDX-License-Identifier: Apache-2.0
"""What every endpoint does with any answer, whoever wrote it.

The answers are the tests' model server's. What goes on to the caller is what a plain JSON program would leave of them,
in the bytes they came in, however the stream is cut; and what is counted is the same whole and streamed.
"""

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes import model_server_anthropic, model_server_openai, model_server_request, model_server_responses
from fakes.json_text import mutated
from stillwatch.errors import BadInput
from stillwatch.gateway.dialects.catalog import ENDPOINTS
from stillwatch.gateway.dialects.interface import Ask, Endpoint, Facts
from stillwatch.gateway.dialects.tap import Tap
from stillwatch.gateway.sse import Event, Framer, parse

Make = Callable[[model_server_request.Request], Iterator[bytes]]
STREAMS: dict[str, Make] = {
    "/v1/chat/completions": model_server_openai.chat_stream,
    "/v1/completions": model_server_openai.completion_stream,
    "/v1/responses": model_server_responses.response_stream,
    "/v1/messages": model_server_anthropic.message_stream,
}
WHOLE: dict[str, Callable[[model_server_request.Request], dict[str, Any]]] = {
    "/v1/chat/completions": model_server_openai.chat,
    "/v1/completions": model_server_openai.completion,
    "/v1/responses": model_server_responses.response,
    "/v1/messages": model_server_anthropic.message,
}
SECRETS = [
    *(word.encode() for word in model_server_request.THOUGHTS),
    model_server_request.SIGNATURE.encode(),
    model_server_request.ENCRYPTED.encode(),
    str(model_server_openai.LOGPROB).encode(),
]
every_stream = pytest.mark.parametrize("path", sorted(STREAMS))
TOOLS = [{"type": "function", "name": "look_up", "function": {"name": "look_up"}}]


def request(path: str, *, tools: bool, unasked: bool) -> tuple[Endpoint, Ask, model_server_request.Request]:
    """A request whose answer carries reasoning and log-probabilities that nobody asked for, or does not."""
    said = "say:4 two three fault:unasked" if unasked else "say:4 two three"
    place = {"/v1/completions": "prompt", "/v1/responses": "input"}.get(path, "messages")
    value: dict[str, Any] = {"model": "m", "stream": True, "max_tokens": 100}
    value[place] = [{"role": "user", "content": said}] if place == "messages" else said
    if tools:
        value["tools"] = TOOLS
    # The gateway asks for usage where the caller did not.
    asked = value | {"stream_options": {"include_usage": True}}
    return ENDPOINTS[path], ENDPOINTS[path].read(json.dumps(value).encode()), model_server_request.read(asked)


def passed(endpoint: Endpoint, ask: Ask, pieces: list[bytes], *, withhold: bool) -> tuple[bytes, Tap]:
    tap = Tap(endpoint.reader(ask, withhold=withhold), Facts(text_room=1_000))
    return b"".join([tap.feed(piece) for piece in pieces]), tap


def events(stream: bytes) -> list[Event]:
    return [event for block in Framer().feed(stream) if (event := parse(block)) is not None]


def is_unasked_usage(path: str, block: bytes) -> bool:
    return path in ("/v1/chat/completions", "/v1/completions") and b'"choices":[]' in block


@every_stream
@pytest.mark.parametrize("tools", [False, True])
@pytest.mark.parametrize("unasked", [False, True])
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_stream_goes_on_in_its_own_bytes_however_it_is_cut(
    path: str, *, tools: bool, unasked: bool, data: st.DataObject
) -> None:
    endpoint, ask, asked = request(path, tools=tools, unasked=unasked)
    blocks = list(STREAMS[path](asked))
    stream = b"".join(blocks)
    cuts = data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=9))
    pieces = [stream[a:b] for a, b in pairwise([0, *sorted(cuts), len(stream)])]
    out, tap = passed(endpoint, ask, pieces, withhold=False)
    assert out + tap.held == b"".join(block for block in blocks if not is_unasked_usage(path, block))
    assert tap.has_ended
    assert tap.held == blocks[-1]
    withheld, again = passed(endpoint, ask, pieces, withhold=True)
    assert (withheld + again.held, again.has_ended) == (_withheld(path, stream, blocks), True)


@every_stream
@pytest.mark.parametrize("tools", [False, True])
def test_an_answer_is_counted_alike_whole_and_streamed(path: str, *, tools: bool) -> None:
    endpoint, ask, asked = request(path, tools=tools, unasked=True)
    _, tap = passed(endpoint, ask, list(STREAMS[path](asked)), withhold=True)
    whole = Facts(text_room=1_000)
    endpoint.settle(json.dumps(WHOLE[path](asked)).encode(), whole, withhold=True)
    for facts in (tap.facts, whole):
        is_answered_in_text = not tools or path == "/v1/completions"
        assert "".join(facts.text) == ("word0 word1 word2 word3" if is_answered_in_text else "")
        assert facts.input_tokens == asked.input_words
        assert facts.withheld <= {"reasoning", "logprobs"}
        assert facts.withheld
    assert (tap.facts.output_tokens, tap.facts.reasoning_tokens) == (whole.output_tokens, whole.reasoning_tokens)
    assert tap.facts.withheld == whole.withheld


@every_stream
@pytest.mark.parametrize("tools", [False, True])
def test_nothing_withheld_is_left_in_an_answer_and_all_else_is(path: str, *, tools: bool) -> None:
    endpoint, ask, asked = request(path, tools=tools, unasked=True)
    stream = b"".join(STREAMS[path](asked))
    body = json.dumps(WHOLE[path](asked), indent=1).encode()
    assert any(secret in stream for secret in SECRETS)
    out, tap = passed(endpoint, ask, [stream], withhold=True)
    settled = endpoint.settle(body, Facts(), withhold=True)
    for given_out in (out + tap.held, settled):
        assert not [secret for secret in SECRETS if secret in given_out]
    assert json.loads(settled) == _blanked(path, json.loads(body))


@pytest.mark.parametrize("path", sorted(ENDPOINTS))
@settings(max_examples=150)
@given(data=st.data())
def test_no_answer_raises_anything_but_bad_input(path: str, data: st.DataObject) -> None:
    endpoint = ENDPOINTS[path]
    ask = Ask(model="m", stream=True, wants_usage=data.draw(st.booleans()))
    known = path if path in STREAMS else "/v1/messages"
    _, _, asked = request(known, tools=data.draw(st.booleans()), unasked=True)
    whole = WHOLE[known](asked)
    streamed = [json.loads(event.data) for event in events(b"".join(STREAMS[known](asked))) if event.data != b"[DONE]"]
    text = data.draw(st.binary(max_size=40) | st.sampled_from([whole, *streamed]).flatmap(mutated))
    for withhold in (False, True):
        reader = endpoint.reader(ask, withhold=withhold)
        verdict = reader.see(Event(data.draw(st.sampled_from([b"", b"x", b"\xff"])), text), Facts(text_room=5))
        assert withhold or verdict.replacement is None
        if verdict.replacement is not None:
            json.loads(verdict.replacement.decode(errors="replace"))
        try:
            settled = endpoint.settle(text, Facts(text_room=5), withhold=withhold)
        except BadInput:
            continue
        assert withhold or settled == text
        json.loads(settled.decode(errors="replace"))


def _blanked(path: str, answer: dict[str, Any]) -> dict[str, Any]:
    """A whole answer without what is withheld, made by a plain JSON program."""
    if path == "/v1/messages":
        return answer | {"content": [block for block in answer["content"] if block["type"] != "thinking"]}
    if path == "/v1/responses":
        return answer | {"output": [_blanked_item(item) for item in answer["output"]]}
    for choice in answer["choices"]:
        choice["logprobs"] = None
        for said in (choice.get("message"), choice.get("delta")):
            if said and "reasoning_content" in said:
                said["reasoning_content"] = None
    return answer


def _blanked_item(item: dict[str, Any]) -> dict[str, Any]:
    if item["type"] == "reasoning":
        return item | {"summary": [], "encrypted_content": None}
    for part in item.get("content", ()):
        part["logprobs"] = []
    return item


def _withheld(path: str, stream: bytes, blocks: list[bytes]) -> bytes:
    """A whole stream without what is withheld, made by a plain JSON program."""
    kept = []
    gone: set[int] = set()
    for block, event in zip(blocks, events(stream), strict=True):
        if event.data == b"[DONE]":
            kept.append(block)
        elif not is_unasked_usage(path, block):
            value = _left_of_event(path, json.loads(event.data), gone)
            data = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
            kept.append(b"" if value is None else block.replace(event.data, data))
    return b"".join(kept)


def _left_of_event(path: str, value: dict[str, Any], gone: set[int]) -> dict[str, Any] | None:
    """One event without what is withheld; ``gone`` are the blocks taken out of a message so far."""
    if path == "/v1/responses":
        return _left_of_response_event(value)
    if path != "/v1/messages":
        return _blanked(path, value)
    if value.get("content_block", {}).get("type") == "thinking":
        gone.add(value["index"])
    if value.get("index") in gone:
        return None
    return value | {"index": value["index"] - len(gone)} if "index" in value else value


def _left_of_response_event(value: dict[str, Any]) -> dict[str, Any] | None:
    if value["type"].startswith("response.reasoning"):
        return None
    if "item" in value:
        value["item"] = _blanked_item(value["item"])
    if "response" in value:
        value["response"] = _blanked("/v1/responses", value["response"])
    for place in (value, value.get("part", {})):
        if "logprobs" in place:
            place["logprobs"] = []
    return value
