# SPDX-License-Identifier: Apache-2.0
"""What a caller asks of the teacher, read from the OpenAI dialect."""

from typing import Any, TypeVar

import msgspec

from stillwatch.arena.teacher.speaking import Wishes
from stillwatch.errors import BadInput

T = TypeVar("T", bound=msgspec.Struct)

DEFAULT_TOKENS = 32
"""How long an answer may be where the caller does not say."""
MOST_TOKENS = 256
"""How long an answer may be whatever the caller says."""


class Part(msgspec.Struct, frozen=True):
    """A piece of a message's content."""

    type: str = "text"
    text: str = ""


class Message(msgspec.Struct, frozen=True):
    """One message of a conversation."""

    role: str
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """Its text, the parts joined."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.text)
        return self.content or ""


class StreamOptions(msgspec.Struct, frozen=True):
    """What to send besides the answer's pieces."""

    include_usage: bool = False


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``POST /v1/chat/completions``; unknown fields are ignored, as OpenAI-compatible servers do."""

    model: str
    messages: list[Message]
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: str | list[str] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    n: int | None = None
    seed: int | None = None
    reasoning_effort: str | None = None
    reasoning: Any = None
    include_reasoning: bool | None = None

    @property
    def question(self) -> str:
        """What the teacher answers: the standing instructions and the last message."""
        instructions = [m.text for m in self.messages if m.role in ("system", "developer")]
        return "\n".join([*instructions, self.messages[-1].text])

    @property
    def wishes(self) -> Wishes:
        """How it is to be answered."""
        asked = bool(self.include_reasoning or self.reasoning) or self.reasoning_effort not in (None, "none", "minimal")
        return _wishes(
            self,
            max_tokens=self.max_completion_tokens or self.max_tokens,
            reasoning=asked,
            top_logprobs=(self.top_logprobs or 0) if self.logprobs else None,
        )


class CompletionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``POST /v1/completions``."""

    model: str
    prompt: str | list[str] = ""
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: str | list[str] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    logprobs: int | None = None
    n: int | None = None
    seed: int | None = None

    @property
    def question(self) -> str:
        """The prompt; several are joined."""
        return self.prompt if isinstance(self.prompt, str) else "\n".join(self.prompt)

    @property
    def wishes(self) -> Wishes:
        """How it is to be completed."""
        return _wishes(self, max_tokens=self.max_tokens, reasoning=False, top_logprobs=self.logprobs)


class EmbeddingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``POST /v1/embeddings``."""

    model: str
    input: str | list[str | int | list[int]]
    encoding_format: str = "float"


def chat_request(body: bytes) -> ChatRequest:
    """Read a chat request.

    Raises:
        BadInput: It is not JSON, lacks a field, or asks for something out of range.
    """
    request = _decoded(body, ChatRequest)
    if not request.messages:
        raise BadInput("'messages' is empty.", hint="Send at least one message.")
    _check(request)
    if request.top_logprobs is not None and not 0 <= request.top_logprobs <= 20:
        raise BadInput("'top_logprobs' must be between 0 and 20.")
    return request


def completion_request(body: bytes) -> CompletionRequest:
    """Read a completion request; see ``chat_request``."""
    request = _decoded(body, CompletionRequest)
    _check(request)
    return request


def embedding_request(body: bytes) -> EmbeddingRequest:
    """Read an embedding request; see ``chat_request``."""
    return _decoded(body, EmbeddingRequest)


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"The body cannot be read: {error}.") from error


def _check(request: ChatRequest | CompletionRequest) -> None:
    if request.temperature is not None and not 0.0 <= request.temperature <= 2.0:
        raise BadInput("'temperature' must be between 0 and 2.")
    if request.top_p is not None and not 0.0 < request.top_p <= 1.0:
        raise BadInput("'top_p' must be above 0 and at most 1.")
    if request.n is not None and not 1 <= request.n <= 8:
        raise BadInput("'n' must be between 1 and 8.")


def _wishes(
    request: ChatRequest | CompletionRequest, *, max_tokens: int | None, reasoning: bool, top_logprobs: int | None
) -> Wishes:
    return Wishes(
        max_tokens=max(1, min(max_tokens or DEFAULT_TOKENS, MOST_TOKENS)),
        temperature=1.0 if request.temperature is None else request.temperature,
        top_p=1.0 if request.top_p is None else request.top_p,
        reasoning=reasoning,
        top_logprobs=top_logprobs,
        seed=request.seed,
    )
