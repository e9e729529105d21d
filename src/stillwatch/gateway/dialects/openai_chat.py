# SPDX-License-Identifier: Apache-2.0
"""``POST /v1/chat/completions``."""

from typing import ClassVar

import msgspec

from stillwatch.errors import BadInput
from stillwatch.gateway.dialects.interface import DROP, LAST, PASS, Ask, Facts, Reader, Verdict
from stillwatch.gateway.dialects.openai_requests import StreamOptions, edited
from stillwatch.gateway.dialects.openai_usage import Usage
from stillwatch.gateway.dialects.reading import ABSENT, Count, Name, is_there, read_json, read_request, text_of
from stillwatch.gateway.dialects.splice import apply
from stillwatch.gateway.dialects.withholding import EACH, blanks, may_give_away
from stillwatch.gateway.sse import Event


class Message(msgspec.Struct, gc=False):
    """One message of the conversation."""

    role: str
    content: msgspec.Raw = ABSENT


class ChatRequest(msgspec.Struct, gc=False):
    """What is read of a request; everything else passes unread."""

    model: Name
    messages: list[Message]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = None
    max_tokens: Count | None = None
    max_completion_tokens: Count | None = None
    logprobs: bool | None = None
    reasoning_effort: str | None = None
    tools: list[msgspec.Raw] | None = None


class Delta(msgspec.Struct, gc=False):
    """What one choice gained, or a whole message."""

    content: str | None = None
    reasoning_content: msgspec.Raw = ABSENT
    reasoning: msgspec.Raw = ABSENT
    tool_calls: msgspec.Raw = ABSENT
    refusal: str | None = None


class Choice(msgspec.Struct, gc=False):
    """One choice of a chunk or of a whole answer."""

    index: int = 0
    delta: Delta | None = None
    message: Delta | None = None


class Answer(msgspec.Struct, gc=False):
    """One chunk, or a whole answer."""

    choices: list[Choice] = []
    usage: Usage | None = None
    error: msgspec.Raw = ABSENT


_REQUEST = msgspec.json.Decoder(ChatRequest)
_ANSWER = msgspec.json.Decoder(Answer)
_SYSTEM_ROLES = ("system", "developer")
_NOT_THE_USERS = frozenset({*_SYSTEM_ROLES, "assistant", "tool", "function"})
"""Any other role is the user's: some model servers take every name, and the record must show what was asked."""


class ChatCompletions:
    """See the module."""

    name: ClassVar[str] = "chat.completions"
    dialect: ClassVar[str] = "openai"
    target: ClassVar[str] = "/chat/completions"

    def read(self, body: bytes) -> Ask:
        """See ``Endpoint``."""
        request = read_request(_REQUEST, body)
        users = [message for message in request.messages if message.role not in _NOT_THE_USERS]
        system = [text_of(message.content) for message in request.messages if message.role in _SYSTEM_ROLES]
        options = request.stream_options
        return Ask(
            model=request.model,
            prompt=text_of(users[-1].content) if users else "",
            system="\n".join(system) if system else None,
            turn=len(users) - 1 if users else None,
            stream=bool(request.stream),
            wants_usage=options is not None and bool(options.include_usage),
            temperature=request.temperature,
            max_tokens=request.max_completion_tokens if request.max_tokens is None else request.max_tokens,
            logprobs=bool(request.logprobs),
            reasoning=None if request.reasoning_effort is None else request.reasoning_effort != "none",
            tools=len(request.tools or ()),
            text_bytes=sum(len(message.content) for message in request.messages),
        )

    def edit(self, body: bytes, ask: Ask, *, model: str | None, withhold: bool, ask_usage: bool) -> bytes:
        """See ``Endpoint``."""
        return edited(body, model=model, withhold=withhold, ask_usage=ask_usage and ask.stream and not ask.wants_usage)

    def reader(self, ask: Ask, *, withhold: bool) -> Reader:
        """See ``Endpoint``."""
        return ChatReader(wants_usage=ask.wants_usage, withhold=withhold)

    def settle(self, body: bytes, facts: Facts, *, withhold: bool) -> bytes:
        """See ``Endpoint``."""
        answer = read_json(_ANSWER, body)
        if answer.usage is not None:
            answer.usage.note(facts)
        for choice in answer.choices:
            if choice.message is not None:
                note(choice.message, facts, is_kept=choice.index == 0)
        return withheld(body, "message", facts) if withhold else body


class ChatReader:
    """Reads the chunks of one answer.

    Args:
        wants_usage: Whether the caller asked for the usage chunk; else it is taken out.
        withhold: Blank reasoning and log-probabilities.
    """

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
            # It counts as a piece, and is shown only where nothing is to be withheld from it.
            facts.count_piece("")
            return DROP if self._withhold else PASS
        for choice in chunk.choices:
            if choice.delta is not None:
                note(choice.delta, facts, is_kept=choice.index == 0)
        if chunk.usage is not None:
            chunk.usage.note(facts)
            if not chunk.choices and not self._wants_usage:
                return DROP
        if is_there(chunk.error):
            facts.has_failed = True
        if self._withhold:
            return rewritten(event.data, "delta", facts)
        return PASS


def note(said: Delta, facts: Facts, *, is_kept: bool) -> None:
    """Count what a choice says, and keep its text where it is the first choice's."""
    for text in (said.content, said.refusal):
        if text:
            (facts.add_text if is_kept else facts.count_piece)(text)
    for raw in (said.reasoning_content, said.reasoning, said.tool_calls):
        if is_there(raw):
            facts.count_piece(bytes(raw).decode(errors="replace"))
            return


def withheld(text: bytes, part: str, facts: Facts) -> bytes:
    """Blank reasoning and log-probabilities in the choices."""
    return apply(
        text,
        [
            *blanks(text, (), facts.withheld),
            *blanks(text, ("choices", EACH), facts.withheld),
            *blanks(text, ("choices", EACH, part), facts.withheld),
        ],
    )


def rewritten(data: bytes, part: str, facts: Facts) -> Verdict:
    """A chunk without reasoning and log-probabilities, or no chunk where that cannot be made sure."""
    if not may_give_away(data):
        return PASS
    try:
        text = withheld(data, part, facts)
    except BadInput:
        return DROP
    return PASS if text == data else Verdict(replacement=text)
