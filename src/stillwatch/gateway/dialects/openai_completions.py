# SPDX-License-Identifier: Apache-2.0
"""``POST /v1/completions``: plain text continued."""

from typing import ClassVar

import msgspec

from stillwatch.gateway.dialects.interface import DROP, LAST, PASS, Ask, Facts, Reader, Verdict
from stillwatch.gateway.dialects.openai_chat import rewritten, withheld
from stillwatch.gateway.dialects.openai_requests import StreamOptions, edited
from stillwatch.gateway.dialects.openai_usage import Usage
from stillwatch.gateway.dialects.reading import ABSENT, Count, Name, is_there, read_json, read_request
from stillwatch.gateway.sse import Event

TextOrTokens = str | list[str | int | list[int]] | None
"""Text, texts, or tokens by number: the last two are not text that the record could keep."""


class CompletionRequest(msgspec.Struct, gc=False):
    """What is read of a request; everything else passes unread."""

    model: Name
    prompt: TextOrTokens = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = None
    max_tokens: Count | None = None
    logprobs: Count | bool | None = None


class Choice(msgspec.Struct, gc=False):
    """One choice of a chunk or of a whole answer."""

    index: int = 0
    text: str | None = None


class Answer(msgspec.Struct, gc=False):
    """One chunk, or a whole answer."""

    choices: list[Choice] = []
    usage: Usage | None = None
    error: msgspec.Raw = ABSENT


_REQUEST = msgspec.json.Decoder(CompletionRequest)
_ANSWER = msgspec.json.Decoder(Answer)


class Completions:
    """See the module."""

    name: ClassVar[str] = "completions"
    dialect: ClassVar[str] = "openai"
    target: ClassVar[str] = "/completions"

    def read(self, body: bytes) -> Ask:
        """See ``Endpoint``."""
        request = read_request(_REQUEST, body)
        options = request.stream_options
        prompt = texts(request.prompt)
        return Ask(
            model=request.model,
            prompt=prompt,
            stream=bool(request.stream),
            wants_usage=options is not None and bool(options.include_usage),
            temperature=request.temperature,
            max_tokens=request.max_tokens,
            logprobs=request.logprobs is not None and request.logprobs is not False,
            text_bytes=len(prompt),
        )

    def edit(self, body: bytes, ask: Ask, *, model: str | None, withhold: bool, ask_usage: bool) -> bytes:
        """See ``Endpoint``."""
        return edited(body, model=model, withhold=withhold, ask_usage=ask_usage and ask.stream and not ask.wants_usage)

    def reader(self, ask: Ask, *, withhold: bool) -> Reader:
        """See ``Endpoint``."""
        return CompletionReader(wants_usage=ask.wants_usage, withhold=withhold)

    def settle(self, body: bytes, facts: Facts, *, withhold: bool) -> bytes:
        """See ``Endpoint``."""
        answer = read_json(_ANSWER, body)
        if answer.usage is not None:
            answer.usage.note(facts)
        for choice in answer.choices:
            if choice.text:
                (facts.add_text if choice.index == 0 else facts.count_piece)(choice.text)
        return withheld(body, "message", facts) if withhold else body


class CompletionReader:
    """Reads the chunks of one answer; see ``ChatReader``."""

    __slots__ = ("_wants_usage", "_withhold")

    def __init__(self, *, wants_usage: bool, withhold: bool) -> None:
        self._wants_usage = wants_usage
        self._withhold = withhold

    def see(self, event: Event, facts: Facts) -> Verdict:
        """See ``Reader``."""
        if event.data == b"[DONE]":
            return LAST
        try:
            chunk = _ANSWER.decode(event.data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            facts.count_piece("")
            return DROP if self._withhold else PASS
        for choice in chunk.choices:
            if choice.text:
                (facts.add_text if choice.index == 0 else facts.count_piece)(choice.text)
        if chunk.usage is not None:
            chunk.usage.note(facts)
            if not chunk.choices and not self._wants_usage:
                return DROP
        if is_there(chunk.error):
            facts.has_failed = True
        return rewritten(event.data, "delta", facts) if self._withhold else PASS


def texts(value: TextOrTokens) -> str:
    """All text of a prompt or input, joined by a line end; tokens given by number have none."""
    if isinstance(value, str):
        return value
    return "\n".join(item for item in value or () if isinstance(item, str))
