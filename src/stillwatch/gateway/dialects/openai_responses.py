# SPDX-License-Identifier: Apache-2.0
"""``POST /v1/responses``.

Where reasoning is withheld its items stay, emptied, because clients address an answer's parts by their place.
"""

from typing import ClassVar

import msgspec

from stillwatch.errors import BadInput
from stillwatch.gateway.dialects.interface import DROP, LAST, PASS, Ask, Facts, Reader, Verdict
from stillwatch.gateway.dialects.openai_requests import rename
from stillwatch.gateway.dialects.reading import ABSENT, Count, Name, is_there, read_json, read_request, text_of
from stillwatch.gateway.dialects.splice import Edit, Member, apply, items, members, removals
from stillwatch.gateway.dialects.withholding import EACH, Tagged, blanks, empty, may_give_away
from stillwatch.gateway.sse import Event


class Item(msgspec.Struct, gc=False):
    """One item of the input: a message, a tool's output, earlier reasoning."""

    role: str | None = None
    content: msgspec.Raw = ABSENT


class Reasoning(msgspec.Struct, gc=False):
    """The ``reasoning`` object of a request."""

    effort: str | None = None
    summary: str | None = None


class ConversationId(msgspec.Struct, gc=False):
    """A conversation given as an object."""

    id: str


class ResponsesRequest(msgspec.Struct, gc=False):
    """What is read of a request; everything else passes unread."""

    model: Name
    input: str | list[Item] | None = None
    instructions: msgspec.Raw = ABSENT
    stream: bool | None = None
    temperature: float | None = None
    max_output_tokens: Count | None = None
    top_logprobs: Count | None = None
    include: list[str] | None = None
    reasoning: Reasoning | None = None
    tools: list[msgspec.Raw] | None = None
    previous_response_id: str | None = None
    conversation: str | ConversationId | None = None


class InputDetails(msgspec.Struct, gc=False):
    """What part of the input came from a cache."""

    cached_tokens: Count | None = None


class OutputDetails(msgspec.Struct, gc=False):
    """What part of the output is reasoning."""

    reasoning_tokens: Count | None = None


class Usage(msgspec.Struct, gc=False):
    """The ``usage`` object."""

    input_tokens: Count | None = None
    output_tokens: Count | None = None
    input_tokens_details: InputDetails | None = None
    output_tokens_details: OutputDetails | None = None

    def note(self, facts: Facts) -> None:
        """Take the counts over."""
        facts.input_tokens = self.input_tokens
        facts.output_tokens = self.output_tokens
        if self.input_tokens_details is not None:
            facts.cached_tokens = self.input_tokens_details.cached_tokens
        if self.output_tokens_details is not None:
            facts.reasoning_tokens = self.output_tokens_details.reasoning_tokens


class OutputItem(msgspec.Struct, gc=False):
    """One item of the output."""

    type: str = ""
    content: msgspec.Raw = ABSENT


class Answer(msgspec.Struct, gc=False):
    """A whole answer."""

    output: list[OutputItem] = []
    usage: Usage | None = None


class StreamEvent(msgspec.Struct, gc=False):
    """What is read of a streamed event."""

    type: str = ""
    delta: msgspec.Raw = ABSENT
    part: Tagged | None = None
    response: Answer | None = None


_REQUEST = msgspec.json.Decoder(ResponsesRequest)
_ANSWER = msgspec.json.Decoder(Answer)
_EVENT = msgspec.json.Decoder(StreamEvent)
_TEXT = msgspec.json.Decoder(str)
_TAGGED = msgspec.json.Decoder(Tagged)
_LAST = frozenset({"response.completed", "response.failed", "response.incomplete"})
_GIVES_AWAY = ("reasoning.encrypted_content", "message.output_text.logprobs")


class Responses:
    """See the module."""

    name: ClassVar[str] = "responses"
    dialect: ClassVar[str] = "openai"
    target: ClassVar[str] = "/responses"

    def read(self, body: bytes) -> Ask:
        """See ``Endpoint``."""
        request = read_request(_REQUEST, body)
        given = request.input
        conversation = request.conversation
        if isinstance(given, str) or given is None:
            prompt, turn, size = given or "", 0, len(given or "")
        else:
            users = [item for item in given if item.role == "user"]
            prompt = text_of(users[-1].content) if users else ""
            turn = max(0, len(users) - 1)
            size = sum(len(item.content) for item in given)
        is_continued = conversation is not None or request.previous_response_id is not None
        include = request.include or ()
        reasoning = request.reasoning
        return Ask(
            model=request.model,
            prompt=prompt,
            system=text_of(request.instructions) or None,
            # What came before is on the model server, out of sight.
            turn=None if is_continued else turn,
            conversation_id=conversation.id if isinstance(conversation, ConversationId) else conversation,
            stream=bool(request.stream),
            temperature=request.temperature,
            max_tokens=request.max_output_tokens,
            logprobs=bool(request.top_logprobs) or "message.output_text.logprobs" in include,
            reasoning=None if reasoning is None else reasoning.effort != "none",
            tools=len(request.tools or ()),
            text_bytes=size,
        )

    def edit(self, body: bytes, ask: Ask, *, model: str | None, withhold: bool, ask_usage: bool) -> bytes:
        """See ``Endpoint``. These streams carry their usage unasked."""
        del ask, ask_usage
        if model is None and not withhold:
            return body
        found = members(body)
        edits = [] if model is None else [rename(found, model)]
        if withhold:
            edits += removals(found, lambda member: member.name.endswith("logprobs"))
            edits += _request_edits(body, found)
        return apply(body, edits)

    def reader(self, ask: Ask, *, withhold: bool) -> Reader:
        """See ``Endpoint``."""
        del ask
        return ResponsesReader(withhold=withhold)

    def settle(self, body: bytes, facts: Facts, *, withhold: bool) -> bytes:
        """See ``Endpoint``."""
        _note(read_json(_ANSWER, body), facts, is_text_new=True)
        if not withhold:
            return body
        return apply(body, _answer_edits(body, facts, 0, None))


class ResponsesReader:
    """Reads the events of one answer.

    Args:
        withhold: Blank reasoning and log-probabilities.
    """

    __slots__ = ("_withhold",)

    def __init__(self, *, withhold: bool) -> None:
        self._withhold = withhold

    def see(self, event: Event, facts: Facts) -> Verdict:
        """See ``Reader``."""
        try:
            seen = _EVENT.decode(event.data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            facts.count_piece("")
            return DROP if self._withhold and event.data != b"[DONE]" else PASS
        kind = seen.type or event.name.decode(errors="replace")
        if is_there(seen.delta):
            _note_delta(kind, seen.delta, facts)
        if seen.response is not None:
            _note(seen.response, facts, is_text_new=False)
        if kind in ("error", "response.failed"):
            facts.has_failed = True
        if not self._withhold:
            return LAST if kind in _LAST else PASS
        # Reasoning in the open comes as content parts too, which only their own type tells from the answer's.
        is_reasoning_part = seen.part is not None and seen.part.type.startswith("reasoning")
        if is_reasoning_part or kind.startswith("response.reasoning"):
            facts.withheld.add("reasoning")
            return DROP
        if b'"reasoning"' not in event.data and not may_give_away(event.data):
            return LAST if kind in _LAST else PASS
        try:
            text = apply(event.data, _event_edits(event.data, facts))
        except BadInput:
            return DROP
        return Verdict(is_terminal=kind in _LAST, replacement=None if text == event.data else text)


def _note(answer: Answer, facts: Facts, *, is_text_new: bool) -> None:
    if answer.usage is not None:
        answer.usage.note(facts)
    if is_text_new:
        for item in answer.output:
            text = text_of(item.content)
            if text:
                (facts.add_text if item.type == "message" else facts.count_piece)(text)


def _note_delta(kind: str, delta: msgspec.Raw, facts: Facts) -> None:
    try:
        text = _TEXT.decode(delta)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        facts.count_piece("")
        return
    is_text = kind in ("response.output_text.delta", "response.refusal.delta")
    (facts.add_text if is_text else facts.count_piece)(text)


def _request_edits(body: bytes, found: list[Member]) -> list[Edit]:
    """Take out of ``include`` and ``reasoning`` what asks for reasoning or log-probabilities to be shown."""
    edits: list[Edit] = []
    for member in found:
        if member.name == "include" and body[member.value] == ord("["):
            listed = items(body, member.value, member.end)
            edits += removals(listed, lambda item: _TEXT.decode(body[item.value : item.end]) in _GIVES_AWAY)
        elif member.name == "reasoning" and body[member.value] == ord("{"):
            inner = members(body, member.value, member.end)
            edits += removals(inner, lambda item: item.name in ("summary", "generate_summary"))
    return edits


def _event_edits(data: bytes, facts: Facts) -> list[Edit]:
    """Blank what an event gives away: of itself, of a part or item that it carries, of the whole answer."""
    edits: list[Edit] = []
    for member in members(data):
        is_object = data[member.value] == ord("{")
        if member.name == "response" and is_object:
            edits += _answer_edits(data, facts, member.value, member.end)
        elif member.name == "item" and is_object:
            edits += _item_edits(data, facts, member.value, member.end)
        elif member.name == "part" and is_object:
            edits += blanks(data, (), facts.withheld, start=member.value, end=member.end)
    return [*edits, *blanks(data, (), facts.withheld)]


def _answer_edits(text: bytes, facts: Facts, start: int, end: int | None) -> list[Edit]:
    edits: list[Edit] = []
    for member in members(text, start, end):
        if member.name == "output" and text[member.value] == ord("["):
            for item in items(text, member.value, member.end):
                edits += _item_edits(text, facts, item.value, item.end)
    return edits


def _item_edits(text: bytes, facts: Facts, start: int, end: int) -> list[Edit]:
    try:
        is_reasoning = _TAGGED.decode(text[start:end]).type == "reasoning"
    except msgspec.MsgspecError:
        return []
    if not is_reasoning:
        return blanks(text, ("content", EACH), facts.withheld, start=start, end=end)
    given = [
        member for member in members(text, start, end) if member.name in ("summary", "content", "encrypted_content")
    ]
    edits = [edit for member in given if (edit := empty(text, member)) is not None]
    if edits:
        facts.withheld.add("reasoning")
    return edits
