# SPDX-License-Identifier: Apache-2.0
"""The Responses endpoint of the tests' model server, with the event sequence of the real one."""

from collections.abc import Iterator
from typing import Any

import msgspec

from fakes.model_server_openai import CREATED, LOGPROB, fragments
from fakes.model_server_request import ENCRYPTED, THOUGHTS, Request, deltas, words

RESPONSE_ID = "resp_1"


def response(request: Request) -> dict[str, Any]:
    """A whole response."""
    return _response(request, "completed", _items(request))


def response_stream(request: Request) -> Iterator[bytes]:
    """The events of a streamed response, ``response.created`` to ``response.completed``."""
    for number, (kind, fields) in enumerate(_events(request)):
        body = {"type": kind, **fields, "sequence_number": number}
        yield b"event: " + kind.encode() + b"\ndata: " + msgspec.json.encode(body) + b"\n\n"


def response_usage(request: Request) -> dict[str, Any]:
    """Tokens; half the input was in the cache where a cache key is given."""
    thoughts = len(THOUGHTS) if _reasons(request) else 0
    output = thoughts + (len(request.answer) if request.tool is None else words(request.tool_arguments))
    return {
        "input_tokens": request.input_words,
        "input_tokens_details": {
            "cached_tokens": request.input_words // 2 if "prompt_cache_key" in request.body else 0
        },
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": thoughts},
        "total_tokens": request.input_words + output,
    }


def _events(request: Request) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "response.created", {"response": _response(request, "in_progress", [])}
    yield "response.in_progress", {"response": _response(request, "in_progress", [])}
    for index, item in enumerate(_items(request)):
        at = {"item_id": item["id"], "output_index": index}
        yield "response.output_item.added", {"output_index": index, "item": _begun(item)}
        if item["type"] == "reasoning":
            yield from _reasoning_events(at)
        elif item["type"] == "message":
            yield from _message_events(request, at, item)
        else:
            yield from _call_events(request, at)
        yield "response.output_item.done", {"output_index": index, "item": item}
    yield "response.completed", {"response": response(request)}


def _reasoning_events(at: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    at = at | {"summary_index": 0}
    yield "response.reasoning_summary_part.added", at | {"part": {"type": "summary_text", "text": ""}}
    for piece in deltas(THOUGHTS):
        yield "response.reasoning_summary_text.delta", at | {"delta": piece}
    whole = " ".join(THOUGHTS)
    yield "response.reasoning_summary_text.done", at | {"text": whole}
    yield "response.reasoning_summary_part.done", at | {"part": {"type": "summary_text", "text": whole}}


def _message_events(request: Request, at: dict[str, Any], item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    at = at | {"content_index": 0}
    empty = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    yield "response.content_part.added", at | {"part": empty}
    for piece in deltas(request.answer):
        yield "response.output_text.delta", at | {"delta": piece, "logprobs": _logprobs(request, [piece])}
    part = item["content"][0]
    yield "response.output_text.done", at | {"text": part["text"], "logprobs": part["logprobs"]}
    yield "response.content_part.done", at | {"part": part}


def _call_events(request: Request, at: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for fragment in fragments(request.tool_arguments):
        yield "response.function_call_arguments.delta", at | {"delta": fragment}
    done = {"name": request.tool, "arguments": request.tool_arguments}
    yield "response.function_call_arguments.done", at | done


def _items(request: Request) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if _reasons(request):
        items.append(
            {
                "id": "rs_1",
                "type": "reasoning",
                "summary": [{"type": "summary_text", "text": " ".join(THOUGHTS)}],
                "encrypted_content": ENCRYPTED if _includes(request, "reasoning.encrypted_content") else None,
            }
        )
    if request.tool is not None:
        call = {"call_id": "call_1", "name": request.tool, "arguments": request.tool_arguments}
        items.append({"id": "fc_1", "type": "function_call", "status": "completed", **call})
        return items
    said = " ".join(request.answer)
    part = {
        "type": "output_text",
        "text": said,
        "annotations": [],
        "logprobs": _logprobs(request, deltas(request.answer)),
    }
    items.append({"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [part]})
    return items


def _begun(item: dict[str, Any]) -> dict[str, Any]:
    """An item as it is announced: nothing in it yet."""
    empty: dict[str, dict[str, Any]] = {
        "reasoning": {"summary": []},
        "message": {"content": [], "status": "in_progress"},
    }
    call: dict[str, Any] = {"arguments": "", "status": "in_progress"}
    return item | empty.get(str(item["type"]), call)


def _response(request: Request, status: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": RESPONSE_ID,
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": request.model,
        "output": items,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "temperature": 1.0,
        "top_p": 1.0,
        "metadata": {},
        "usage": response_usage(request) if status == "completed" else None,
    }


def _reasons(request: Request) -> bool:
    asked = request.body.get("reasoning")
    return (isinstance(asked, dict) and asked.get("effort", "medium") != "none") or request.is_unasked


def _includes(request: Request, what: str) -> bool:
    include = request.body.get("include")
    return (isinstance(include, list) and what in include) or request.is_unasked


def _logprobs(request: Request, tokens: list[str]) -> list[dict[str, Any]]:
    if not _includes(request, "message.output_text.logprobs"):
        return []
    return [{"token": token, "logprob": LOGPROB, "bytes": list(token.encode()), "top_logprobs": []} for token in tokens]
