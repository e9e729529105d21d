# SPDX-License-Identifier: Apache-2.0
"""The Anthropic dialect of the tests' model server: messages and their token counts."""

from collections.abc import Iterator
from typing import Any

import msgspec

from fakes.model_server_openai import fragments
from fakes.model_server_request import SIGNATURE, THOUGHTS, Request, deltas, words

_DEEPEST = 8


def error(status: int) -> dict[str, Any]:
    """The body of an error."""
    kinds = {
        400: "invalid_request_error",
        401: "authentication_error",
        429: "rate_limit_error",
        529: "overloaded_error",
    }
    told = {"type": kinds.get(status, "api_error"), "message": f"The model server answers {status}."}
    return {"type": "error", "error": told, "request_id": "req_upstream"}


def message(request: Request) -> dict[str, Any]:
    """A whole message."""
    content: list[dict[str, Any]] = []
    if _thinks(request):
        content.append({"type": "thinking", "thinking": " ".join(THOUGHTS), "signature": SIGNATURE})
    if request.tool is None:
        content.append({"type": "text", "text": " ".join(request.answer)})
    else:
        given = msgspec.json.decode(request.tool_arguments)
        content.append({"type": "tool_use", "id": "toolu_1", "name": request.tool, "input": given})
    return _message(request) | {
        "content": content,
        "stop_reason": _stop_reason(request),
        "usage": input_usage(request) | {"output_tokens": output_tokens(request)},
    }


def message_stream(request: Request) -> Iterator[bytes]:
    """The events of a streamed message, ``message_start`` to ``message_stop``, with a ping."""
    started = _message(request) | {"content": [], "usage": input_usage(request) | {"output_tokens": 1}}
    yield _event({"type": "message_start", "message": started})
    yield _event({"type": "ping"})
    index = 0
    if _thinks(request):
        yield _start(index, {"type": "thinking", "thinking": "", "signature": ""})
        for piece in deltas(THOUGHTS):
            yield _delta(index, {"type": "thinking_delta", "thinking": piece})
        yield _delta(index, {"type": "signature_delta", "signature": SIGNATURE})
        yield _stop(index)
        index += 1
    if request.tool is None:
        yield _start(index, {"type": "text", "text": ""})
        for piece in deltas(request.answer):
            yield _delta(index, {"type": "text_delta", "text": piece})
    else:
        yield _start(index, {"type": "tool_use", "id": "toolu_1", "name": request.tool, "input": {}})
        for fragment in fragments(request.tool_arguments):
            yield _delta(index, {"type": "input_json_delta", "partial_json": fragment})
    yield _stop(index)
    yield _event(
        {
            "type": "message_delta",
            "delta": {"stop_reason": _stop_reason(request), "stop_sequence": None},
            "usage": {"output_tokens": output_tokens(request)},
        }
    )
    yield _event({"type": "message_stop"})


def token_count(request: Request) -> dict[str, Any]:
    """What ``count_tokens`` answers."""
    return {"input_tokens": request.input_words}


def input_usage(request: Request) -> dict[str, int]:
    """Input tokens. Marked blocks are written to the cache, or read from it where they hold the word ``warm``."""
    written = read = 0
    for block in _marked([request.body.get("system"), request.body.get("messages")]):
        if "warm" in str(block.get("text")):
            read += words(block)
        else:
            written += words(block)
    return {
        "input_tokens": request.input_words - written - read,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
    }


def output_tokens(request: Request) -> int:
    """Words of the answer and of the thoughts before it."""
    said = len(request.answer) if request.tool is None else words(request.tool_arguments)
    return said + (len(THOUGHTS) if _thinks(request) else 0)


def _marked(value: object, depth: int = _DEEPEST) -> Iterator[dict[str, Any]]:
    """Every block that asks to be cached."""
    if depth == 0:
        return
    if isinstance(value, list):
        for item in value:
            yield from _marked(item, depth - 1)
    elif isinstance(value, dict):
        if "cache_control" in value:
            yield value
        yield from _marked(value.get("content"), depth - 1)


def _message(request: Request) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "stop_reason": None,
        "stop_sequence": None,
    }


def _stop_reason(request: Request) -> str:
    return "end_turn" if request.tool is None else "tool_use"


def _thinks(request: Request) -> bool:
    thinking = request.body.get("thinking")
    return (isinstance(thinking, dict) and thinking.get("type") in ("enabled", "adaptive")) or request.is_unasked


def _event(data: dict[str, Any]) -> bytes:
    return b"event: " + str(data["type"]).encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"


def _start(index: int, block: dict[str, Any]) -> bytes:
    return _event({"type": "content_block_start", "index": index, "content_block": block})


def _delta(index: int, delta: dict[str, Any]) -> bytes:
    return _event({"type": "content_block_delta", "index": index, "delta": delta})


def _stop(index: int) -> bytes:
    return _event({"type": "content_block_stop", "index": index})
