# SPDX-License-Identifier: Apache-2.0
"""What every endpoint does with any request, whoever wrote it.

A stranger's bytes are read or refused with a sentence, and policy's edits are those a plain JSON program would make,
with every other byte as it came.
"""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.json_text import LAYOUTS, VALUES, mutated, written
from stillwatch.errors import BadInput
from stillwatch.gateway.dialects.catalog import ENDPOINTS

every_endpoint = pytest.mark.parametrize("path", sorted(ENDPOINTS))

CHAT_PARTS = [
    {"type": "text", "text": 'What is \u00e9 on it? "model":"no" \U0001f600', "cache_control": {"type": "ephemeral"}},
    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
]
TOOL = {"type": "function", "function": {"name": "f", "strict": True, "parameters": {"type": "object", "model": 1}}}
CHAT = {
    "messages": [
        {"role": "system", "content": "Be brief.", "name": "house"},
        {"role": "user", "content": CHAT_PARTS},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function", "function": {}}]},
        {"role": "tool", "tool_call_id": "1", "content": "5"},
        {"role": "user", "content": "and now?"},
    ],
    "logprobs": True,
    "model": "m",
    "top_logprobs": 5,
    "stream": True,
    "stream_options": {"include_obfuscation": False},
    "temperature": 0.30,
    "max_completion_tokens": 1_000,
    "reasoning_effort": "high",
    "include_reasoning": True,
    "reasoning": {"effort": "high"},
    "tools": [TOOL],
    "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"logprobs": {"model": "m"}}}},
    "metadata": {"model": "not this one", "logprobs": "nor this"},
    "prompt_logprobs": 1,
}
RESPONSES = {
    "prompt_cache_key": "k",
    "model": "m",
    "instructions": "Be brief.",
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "q"}, {"type": "input_image", "image_url": "x"}]},
        {"type": "reasoning", "id": "rs_0", "summary": [], "encrypted_content": "e"},
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "1", "output": "5"},
    ],
    "include": ["message.output_text.logprobs", "file_search_call.results", "reasoning.encrypted_content"],
    "reasoning": {"summary": "auto", "effort": "low", "generate_summary": "concise"},
    "stream": True,
    "top_logprobs": 2,
    "text": {"format": {"type": "text"}, "verbosity": "low"},
    "tools": [{"type": "web_search"}],
}
MESSAGES = {
    "thinking": {"type": "enabled", "budget_tokens": 2_000},
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
    "max_tokens": 4_000,
    "model": "m",
    "messages": [
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "5"}]},
    ],
    "stream": True,
    "tools": [{"name": "f", "input_schema": {"type": "object"}}],
    "metadata": {"user_id": "u", "thinking": {"type": "enabled"}},
}
REQUESTS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": CHAT,
    "/v1/completions": {
        "prompt": ["a", "b"],
        "model": "m",
        "stream": True,
        "stream_options": {"include_usage": False},
        "logprobs": 5,
        "suffix": "",
    },
    "/v1/embeddings": {"input": ["a", "b"], "model": "m", "encoding_format": "base64", "dimensions": 8},
    "/v1/responses": RESPONSES,
    "/v1/messages": MESSAGES,
    "/v1/messages/count_tokens": MESSAGES,
}


def permitted(path: str, value: dict[str, Any], *, model: str | None, withhold: bool, ask_usage: bool) -> Any:
    """What a plain JSON program would make of a request."""
    value = json.loads(json.dumps(value))
    is_completion = path in ("/v1/chat/completions", "/v1/completions")
    if model is not None:
        value["model"] = model
    options = value.get("stream_options") or {}
    if ask_usage and is_completion and value.get("stream") and not options.get("include_usage"):
        value["stream_options"] = {**options, "include_usage": True}
    if not withhold:
        return value
    if is_completion:
        unwanted = [name for name in value if name.endswith("logprobs")] + ["reasoning", "include_reasoning"]
    elif path == "/v1/responses":
        unwanted = [name for name in value if name.endswith("logprobs")]
        if isinstance(value.get("reasoning"), dict):
            value["reasoning"] = {
                n: v for n, v in value["reasoning"].items() if n not in ("summary", "generate_summary")
            }
        if value.get("include"):
            gives_away = ("reasoning.encrypted_content", "message.output_text.logprobs")
            value["include"] = [each for each in value["include"] if each not in gives_away]
    else:
        unwanted = ["thinking"] if path.startswith("/v1/messages") else []
    return {name: each for name, each in value.items() if name not in unwanted}


@every_endpoint
@given(data=st.data())
def test_no_bytes_raise_anything_but_bad_input(path: str, data: st.DataObject) -> None:
    body = data.draw(
        st.binary(max_size=40)
        | st.text('{}[]":,\\u0123456789deEmol.-truefalsn ', max_size=60).map(str.encode)
        | VALUES.map(lambda value: written(value, {}, is_ascii=True))
        | mutated(REQUESTS[path])
    )
    endpoint = ENDPOINTS[path]
    try:
        ask = endpoint.read(body)
    except BadInput:
        return
    seen = json.loads(body)
    assert (ask.model, ask.stream) == (seen["model"], path != "/v1/embeddings" and bool(seen.get("stream")))
    assert endpoint.edit(body, ask, model=None, withhold=False, ask_usage=False) == body
    try:
        after = endpoint.edit(body, ask, model='n"', withhold=True, ask_usage=True)
    except BadInput:
        return
    wanted = permitted(path, seen, model='n"', withhold=True, ask_usage=True)
    assert json.dumps(json.loads(after), sort_keys=True) == json.dumps(wanted, sort_keys=True)


@every_endpoint
@given(
    layout=LAYOUTS,
    is_ascii=st.booleans(),
    model=st.sampled_from([None, "n", 'q"\\\u00e9']),
    withhold=st.booleans(),
    ask_usage=st.booleans(),
    order=st.randoms(use_true_random=False),
)
def test_edits_are_those_of_a_plain_json_program(
    path: str,
    layout: dict[str, Any],
    *,
    is_ascii: bool,
    model: str | None,
    withhold: bool,
    ask_usage: bool,
    order: Random,
) -> None:
    names = list(REQUESTS[path])
    order.shuffle(names)
    value = {name: REQUESTS[path][name] for name in names}
    body = written(value, layout, is_ascii=is_ascii)
    endpoint = ENDPOINTS[path]
    ask = endpoint.read(body)
    after = endpoint.edit(body, ask, model=model, withhold=withhold, ask_usage=ask_usage)
    wanted = permitted(path, value, model=model, withhold=withhold, ask_usage=ask_usage)
    assert json.loads(after) == wanted
    if wanted == value:
        assert after == body
    # Fields that no edit touches keep their bytes.
    for name in set(value) & set(wanted):
        if value[name] == wanted[name]:
            field = json.dumps(name).encode() + (layout.get("separators", (None, ": "))[1]).encode()
            kept = written({name: value[name]}, layout, is_ascii=is_ascii).strip(b"{} \n")
            assert kept.startswith(field)
            assert kept in after
    again = endpoint.edit(after, endpoint.read(after), model=model, withhold=withhold, ask_usage=ask_usage)
    assert again == after


@every_endpoint
@pytest.mark.parametrize(
    "twice", ['"model":"m","model":"m"', '"mod\\u0065l":"n","model":"m"', '"model":"m","x":1,"x":1']
)
def test_a_field_that_stands_twice_is_refused_however_it_is_written(path: str, twice: str) -> None:
    rest = json.dumps({name: value for name, value in REQUESTS[path].items() if name != "model"})[1:]
    ENDPOINTS[path].read(f'{{"model":"m",{rest}'.encode())
    with pytest.raises(BadInput, match="more than once"):
        ENDPOINTS[path].read(f"{{{twice},{rest}".encode())


@every_endpoint
def test_an_escaped_name_is_the_name(path: str) -> None:
    body = written(REQUESTS[path], {}, is_ascii=True).replace(b'"model": "m"', b'"\\u006dodel": "\\u006d"', 1)
    body = body.replace(b'"stream_options"', b'"str\\u0065am_options"').replace(b'"thinking"', b'"th\\u0069nking"', 1)
    body = body.replace(b'"top_logprobs"', b'"top\\u005flogprobs"').replace(b'"summary"', b'"summar\\u0079"')
    body = body.replace(b'"reasoning.encrypted_content"', b'"reasoning\\u002eencrypted_content"')
    endpoint = ENDPOINTS[path]
    ask = endpoint.read(body)
    assert ask.model == "m"
    after = endpoint.edit(body, ask, model="n", withhold=True, ask_usage=True)
    assert json.loads(after) == permitted(path, REQUESTS[path], model="n", withhold=True, ask_usage=True)


@every_endpoint
def test_json_nested_beyond_all_bounds_is_refused(path: str) -> None:
    for deep in (b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000):
        with pytest.raises(BadInput):
            ENDPOINTS[path].read(b'{"model":"m","messages":[],"x":' + deep + b"}")
