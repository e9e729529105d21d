# SPDX-License-Identifier: Apache-2.0
"""What every endpoint of every dialect does, and the records that pass between it and the exchange."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from stillwatch.gateway.sse import Event


class Ask(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was read of a request. ``None`` means that it does not say."""

    model: str
    prompt: str = ""
    """Text of the last user message."""
    system: str | None = None
    turn: int | None = None
    """User messages before the last one."""
    conversation_id: str | None = None
    stream: bool = False
    wants_usage: bool = True
    """False where the caller streams and did not ask for the usage that the gateway asks for."""
    temperature: float | None = None
    max_tokens: int | None = None
    logprobs: bool = False
    reasoning: bool | None = None
    tools: int = 0
    text_bytes: int = 0
    """Size of all that the model reads, as a base for an estimate of tokens."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of the gateway's own. A value, not an error."""

    status: int
    code: str
    """Machine-readable reason, for the record, the metric and the ``x-stillwatch-refusal`` header."""
    message: str
    param: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    upstream: bool = False
    """Whether the model server is at fault, and not the caller."""
    noted: str | None = None
    """What the record and the metric say in the place of ``code``, where the caller must not learn it."""


class Facts(msgspec.Struct, kw_only=True):
    """What an answer shows of itself. Grows while the answer passes."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    pieces: int = 0
    """Events that carried output, each about one token."""
    piece_bytes: int = 0
    """Size of the output in those events."""
    text: list[str] = msgspec.field(default_factory=list)
    text_room: int = 0
    """How many more characters of the answer's text are kept."""
    has_failed: bool = False
    """The model server ended the answer with an error of its own."""
    withheld: set[str] = msgspec.field(default_factory=set)
    """What was taken out: ``reasoning``, ``logprobs``."""

    def count_piece(self, text: str) -> None:
        """Count output that is not kept: reasoning, or a tool call's arguments."""
        self.pieces += 1
        self.piece_bytes += len(text)

    def add_text(self, text: str) -> None:
        """Count output and keep what there is room for."""
        self.pieces += 1
        self.piece_bytes += len(text)
        if self.text_room > 0:
            self.text.append(text if len(text) <= self.text_room else text[: self.text_room])
            self.text_room -= len(text)

    def estimated_output_tokens(self) -> int:
        """Tokens counted from the events: one each, or one for four characters where events are longer than tokens."""
        if self.piece_bytes > LONGEST_TOKEN * self.pieces:
            return self.piece_bytes // CHARACTERS_A_TOKEN
        return self.pieces


LONGEST_TOKEN = 16
"""Mean characters an event beyond which it must hold several tokens."""
CHARACTERS_A_TOKEN = 4
"""Common rule of thumb for English; the record says that such a count is an estimate."""


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What becomes of one event."""

    is_forwarded: bool = True
    is_terminal: bool = False
    """The stream's last event: it is held back until the exchange is durable."""
    replacement: bytes | None = None
    """Data to send in the place of the event's own."""


PASS = Verdict()
DROP = Verdict(is_forwarded=False)
LAST = Verdict(is_terminal=True)


class Reader(Protocol):
    """Reads one streamed answer, event by event. It holds that stream's state."""

    def see(self, event: Event, facts: Facts) -> Verdict:
        """Note what the event shows and say what becomes of it."""
        ...


class Surface(Protocol):
    """What a path leads to."""

    @property
    def name(self) -> str:
        """As the exchange log calls it, such as ``chat.completions``."""
        ...

    @property
    def dialect(self) -> str:
        """``openai`` or ``anthropic``."""
        ...


class Endpoint(Surface, Protocol):
    """One kind of request of one dialect. Stateless."""

    @property
    def target(self) -> str:
        """Path below the upstream's base URL."""
        ...

    def read(self, body: bytes) -> Ask:
        """Read what policy and the record need.

        Raises:
            BadInput: The body is not what this endpoint takes.
        """
        ...

    def edit(self, body: bytes, ask: Ask, *, model: str | None, withhold: bool, ask_usage: bool) -> bytes:
        """Make policy's edits and leave every other byte.

        Args:
            body: The request as it came; ``read`` has accepted it.
            ask: What ``read`` gave.
            model: The upstream's name for the model, where it differs.
            withhold: Take out what asks for reasoning or log-probabilities.
            ask_usage: Ask a stream for its token usage.
        """
        ...

    def reader(self, ask: Ask, *, withhold: bool) -> Reader:
        """Begin reading one streamed answer."""
        ...

    def settle(self, body: bytes, facts: Facts, *, withhold: bool) -> bytes:
        """Read a whole answer into ``facts`` and give what the caller receives.

        Raises:
            BadInput: It is not the JSON that this endpoint answers.
        """
        ...


class Dialect(Protocol):
    """How one dialect says no."""

    def refusal(self, refusal: Refusal, exchange_id: str) -> bytes:
        """The body of an error answer."""
        ...

    def stream_error(self, endpoint: str, *, code: str, message: str, exchange_id: str) -> bytes:
        """The event that ends a stream which broke."""
        ...

    def model_list(self, names: Sequence[str]) -> bytes:
        """The models a caller may use."""
        ...

    def model(self, name: str) -> bytes:
        """One of them."""
        ...
