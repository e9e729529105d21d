# SPDX-License-Identifier: Apache-2.0
"""The OpenAI dialect of the tests' model server but for Responses: chat and text completions, embeddings, models."""

import base64
import hashlib
import struct
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from fakes.model_server_request import THOUGHTS, Request, deltas, words

LOGPROB = -0.125
CREATED = 1_780_000_000
MODELS = ("small-1", "large-1")


def event(data: Mapping[str, Any]) -> bytes:
    """One event of a stream."""
    return b"data: " + msgspec.json.encode(data) + b"\n\n"


def error(status: int) -> dict[str, Any]:
    """The body of an error."""
    kinds = {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limit_error"}
    return {
        "error": {
            "message": f"The model server answers {status}.",
            "type": kinds.get(status, "server_error"),
            "param": None,
            "code": f"upstream_{status}",
        }
    }


def chat(request: Request) -> dict[str, Any]:
    """A whole chat completion."""
    message: dict[str, Any] = {"role": "assistant", "content": " ".join(request.answer), "refusal": None}
    if request.tool is not None:
        call = {"name": request.tool, "arguments": request.tool_arguments}
        message |= {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": call}]}
    if _reasons(request):
        message["reasoning_content"] = " ".join(THOUGHTS)
    choice = {
        "index": 0,
        "message": message,
        "logprobs": {"content": [_logprob(word) for word in deltas(request.answer)]} if _logprobs(request) else None,
        "finish_reason": "stop" if request.tool is None else "tool_calls",
    }
    return _envelope(request, "chat.completion") | {"choices": [choice], "usage": chat_usage(request)}


def chat_stream(request: Request) -> Iterator[bytes]:
    """The events of a streamed chat completion."""
    envelope = _envelope(request, "chat.completion.chunk")

    def chunk(delta: dict[str, Any], finish: str | None = None, logprobs: object = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        return event(envelope | {"choices": [choice]})

    yield chunk({"role": "assistant", "content": ""})
    if _reasons(request):
        for piece in deltas(THOUGHTS):
            yield chunk({"reasoning_content": piece})
    if request.tool is None:
        for piece in deltas(request.answer):
            yield chunk({"content": piece}, logprobs={"content": [_logprob(piece)]} if _logprobs(request) else None)
    else:
        first = {"index": 0, "id": "call_1", "type": "function", "function": {"name": request.tool, "arguments": ""}}
        yield chunk({"tool_calls": [first]})
        for fragment in fragments(request.tool_arguments):
            yield chunk({"tool_calls": [{"index": 0, "function": {"arguments": fragment}}]})
    yield chunk({}, "stop" if request.tool is None else "tool_calls")
    if _wants_usage(request):
        yield event(envelope | {"choices": [], "usage": chat_usage(request)})
    yield b"data: [DONE]\n\n"


def chat_usage(request: Request) -> dict[str, Any]:
    """Tokens of a chat or text completion; half the prompt was in the cache where a cache key is given."""
    thoughts = len(THOUGHTS) if _reasons(request) else 0
    said = len(request.answer) if request.tool is None else words(request.tool_arguments)
    output = said + thoughts
    return {
        "prompt_tokens": request.input_words,
        "completion_tokens": output,
        "total_tokens": request.input_words + output,
        "prompt_tokens_details": {
            "cached_tokens": request.input_words // 2 if "prompt_cache_key" in request.body else 0
        },
        "completion_tokens_details": {"reasoning_tokens": thoughts},
    }


def completion(request: Request) -> dict[str, Any]:
    """A whole text completion."""
    choice = {"index": 0, "text": " ".join(request.answer), "logprobs": _old_logprobs(request), "finish_reason": "stop"}
    return _envelope(request, "text_completion") | {"choices": [choice], "usage": chat_usage(request)}


def completion_stream(request: Request) -> Iterator[bytes]:
    """The events of a streamed text completion."""
    envelope = _envelope(request, "text_completion")
    is_logged = _old_logprobs(request) is not None
    for piece in deltas(request.answer):
        logprobs = {"tokens": [piece], "token_logprobs": [LOGPROB]} if is_logged else None
        choice = {"index": 0, "text": piece, "logprobs": logprobs, "finish_reason": None}
        yield event(envelope | {"choices": [choice]})
    yield event(envelope | {"choices": [{"index": 0, "text": "", "logprobs": None, "finish_reason": "stop"}]})
    if _wants_usage(request):
        yield event(envelope | {"choices": [], "usage": chat_usage(request)})
    yield b"data: [DONE]\n\n"


def embeddings(request: Request) -> dict[str, Any]:
    """A vector for each input, made of its digest."""
    given = request.body.get("input")
    inputs = given if isinstance(given, list) else [given]
    is_packed = request.body.get("encoding_format") == "base64"
    data = []
    for index, item in enumerate(inputs):
        vector = embedding(item if isinstance(item, str) else repr(item))
        packed = base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
        data.append({"object": "embedding", "index": index, "embedding": packed if is_packed else vector})
    return {
        "object": "list",
        "data": data,
        "model": request.model,
        "usage": {"prompt_tokens": request.input_words, "total_tokens": request.input_words},
    }


def embedding(of: str) -> list[float]:
    """Eight numbers in [0, 1), exact in four bytes."""
    return [byte / 256 for byte in hashlib.sha256(of.encode(errors="replace")).digest()[:8]]


def models() -> dict[str, Any]:
    """The list of models."""
    data = [{"id": name, "object": "model", "created": CREATED, "owned_by": "model-server"} for name in MODELS]
    return {"object": "list", "data": data}


def fragments(whole: str, size: int = 5) -> list[str]:
    """A text cut into pieces of ``size`` characters."""
    return [whole[at : at + size] for at in range(0, len(whole), size)]


def _envelope(request: Request, kind: str) -> dict[str, Any]:
    envelope = {"id": "chatcmpl-1", "object": kind, "created": CREATED, "model": request.model}
    return envelope | {"system_fingerprint": "fp_1", "service_tier": "default"}


def _reasons(request: Request) -> bool:
    is_asked = request.body.get("reasoning_effort") not in (None, "none") or bool(request.body.get("include_reasoning"))
    return is_asked or request.is_unasked


def _logprobs(request: Request) -> bool:
    return (request.body.get("logprobs") is True or request.is_unasked) and request.tool is None


def _logprob(token: str) -> dict[str, Any]:
    return {"token": token, "logprob": LOGPROB, "bytes": list(token.encode()), "top_logprobs": []}


def _old_logprobs(request: Request) -> dict[str, Any] | None:
    if request.body.get("logprobs") in (None, False) and not request.is_unasked:
        return None
    tokens = deltas(request.answer)
    return {"tokens": tokens, "token_logprobs": [LOGPROB] * len(tokens), "top_logprobs": None, "text_offset": []}


def _wants_usage(request: Request) -> bool:
    options = request.body.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True
