# SPDX-License-Identifier: Apache-2.0
"""``POST /v1/messages`` and ``POST /v1/messages/count_tokens``.

Where reasoning is withheld its blocks are taken out, and later blocks move up: clients address blocks by index.
"""

from typing import ClassVar

import msgspec

from stillwatch.errors import BadInput
from stillwatch.gateway.dialects.interface import DROP, LAST, PASS, Ask, Facts, Reader, Verdict
from stillwatch.gateway.dialects.openai_requests import rename
from stillwatch.gateway.dialects.reading import ABSENT, Count, Name, is_there, read_json, read_request, text_of
from stillwatch.gateway.dialects.splice import apply, items, members, removals, replacement
from stillwatch.gateway.dialects.withholding import Tagged
from stillwatch.gateway.sse import Event


class Message(msgspec.Struct, gc=False):
    """One message of the conversation."""

    role: str
    content: msgspec.Raw = ABSENT


class MessagesRequest(msgspec.Struct, gc=False):
    """What is read of a request; everything else passes unread."""

    model: Name
    messages: list[Message]
    system: msgspec.Raw = ABSENT
    max_tokens: Count | None = None
    stream: bool | None = None
    temperature: float | None = None
    thinking: Tagged | None = None
    tools: list[msgspec.Raw] | None = None


class Usage(msgspec.Struct, gc=False):
    """The ``usage`` object. Its counts are totals so far."""

    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None


class Block(msgspec.Struct, gc=False):
    """One block of the answer, or what one gained."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    input: msgspec.Raw = ABSENT


class Answer(msgspec.Struct, gc=False):
    """A whole answer, or the token count that ``count_tokens`` answers."""

    content: list[Block] = []
    usage: Usage | None = None
    input_tokens: Count | None = None


class StreamEvent(msgspec.Struct, gc=False):
    """What is read of a streamed event."""

    type: str = ""
    index: int = 0
    message: Answer | None = None
    content_block: Block | None = None
    delta: Block | None = None
    usage: Usage | None = None


_REQUEST = msgspec.json.Decoder(MessagesRequest)
_ANSWER = msgspec.json.Decoder(Answer)
_EVENT = msgspec.json.Decoder(StreamEvent)
_TAGGED = msgspec.json.Decoder(Tagged)
_REASONING = ("thinking", "redacted_thinking")


class Messages:
    """See the module.

    Args:
        name: As the exchange log calls it.
        target: Path below the upstream's base URL.
    """

    dialect: ClassVar[str] = "anthropic"

    def __init__(self, *, name: str = "messages", target: str = "/messages") -> None:
        self.name = name
        self.target = target

    def read(self, body: bytes) -> Ask:
        """See ``Endpoint``."""
        request = read_request(_REQUEST, body)
        # A message that only returns a tool's result is the user's in name alone.
        said = [text for message in request.messages if message.role == "user" and (text := text_of(message.content))]
        system = text_of(request.system)
        return Ask(
            model=request.model,
            prompt=said[-1] if said else "",
            system=system or None,
            turn=max(0, len(said) - 1),
            stream=bool(request.stream),
            temperature=request.temperature,
            max_tokens=request.max_tokens,
            reasoning=None if request.thinking is None else request.thinking.type != "disabled",
            tools=len(request.tools or ()),
            text_bytes=len(system) + sum(len(message.content) for message in request.messages),
        )

    def edit(self, body: bytes, ask: Ask, *, model: str | None, withhold: bool, ask_usage: bool) -> bytes:
        """See ``Endpoint``. These streams carry their usage unasked."""
        del ask, ask_usage
        if model is None and not withhold:
            return body
        found = members(body)
        edits = [] if model is None else [rename(found, model)]
        if withhold:
            edits += removals(found, lambda member: member.name == "thinking")
        return apply(body, edits)

    def reader(self, ask: Ask, *, withhold: bool) -> Reader:
        """See ``Endpoint``."""
        del ask
        return MessagesReader(withhold=withhold)

    def settle(self, body: bytes, facts: Facts, *, withhold: bool) -> bytes:
        """See ``Endpoint``."""
        answer = read_json(_ANSWER, body)
        _note_usage(answer.usage, facts)
        if answer.input_tokens is not None:
            facts.input_tokens = answer.input_tokens
            facts.output_tokens = facts.output_tokens or 0
        for block in answer.content:
            _note_block(block, facts)
        if not withhold:
            return body
        edits = []
        for member in members(body):
            if member.name == "content" and body[member.value] == ord("["):
                blocks = items(body, member.value, member.end)
                edits += removals(
                    blocks, lambda block: _TAGGED.decode(body[block.value : block.end]).type in _REASONING
                )
        if edits:
            facts.withheld.add("reasoning")
        return apply(body, edits)


class MessagesReader:
    """Reads the events of one answer.

    Args:
        withhold: Take out reasoning blocks.
    """

    __slots__ = ("_withheld", "_withhold")

    def __init__(self, *, withhold: bool) -> None:
        self._withhold = withhold
        self._withheld: set[int] = set()

    def see(self, event: Event, facts: Facts) -> Verdict:
        """See ``Reader``."""
        try:
            seen = _EVENT.decode(event.data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            facts.count_piece("")
            return DROP if self._withhold else PASS
        kind = seen.type or event.name.decode(errors="replace")
        if kind == "message_stop":
            return LAST
        if seen.message is not None:
            _note_usage(seen.message.usage, facts)
        _note_usage(seen.usage, facts)
        if kind == "content_block_delta" and seen.delta is not None:
            _note_block(seen.delta, facts)
        if kind == "error":
            facts.has_failed = True
        if self._withhold and kind.startswith("content_block"):
            return self._renumbered(event.data, seen, facts)
        return PASS

    def _renumbered(self, data: bytes, seen: StreamEvent, facts: Facts) -> Verdict:
        """Drop a reasoning block's events, and close the gaps it leaves in the numbering of the others."""
        if seen.content_block is not None and seen.content_block.type in _REASONING:
            self._withheld.add(seen.index)
            facts.withheld.add("reasoning")
        if seen.index in self._withheld:
            return DROP
        gaps = sum(1 for index in self._withheld if index < seen.index)
        if not gaps:
            return PASS
        try:
            number = next(member for member in members(data) if member.name == "index")
        except (BadInput, StopIteration):
            return DROP
        return Verdict(replacement=apply(data, [replacement(number, str(seen.index - gaps).encode())]))


def _note_usage(usage: Usage | None, facts: Facts) -> None:
    if usage is None:
        return
    if usage.input_tokens is not None:
        # What is read from or written to the cache is not in input_tokens, but the model reads it all the same.
        cached = usage.cache_read_input_tokens or 0
        facts.input_tokens = usage.input_tokens + cached + (usage.cache_creation_input_tokens or 0)
        facts.cached_tokens = usage.cache_read_input_tokens
    if usage.output_tokens is not None:
        facts.output_tokens = usage.output_tokens


def _note_block(block: Block, facts: Facts) -> None:
    if block.text:
        facts.add_text(block.text)
    for text in (block.thinking, block.partial_json):
        if text:
            facts.count_piece(text)
    if is_there(block.input) and block.type == "tool_use":
        facts.count_piece(bytes(block.input).decode(errors="replace"))
