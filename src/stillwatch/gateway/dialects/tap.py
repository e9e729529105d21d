# SPDX-License-Identifier: Apache-2.0
"""Watches one streamed answer go by: counts it, edits it where policy asks, and holds back its last event."""

from stillwatch.gateway.dialects.interface import Facts, Reader
from stillwatch.gateway.sse import Framer, parse, write


class Tap:
    """What stands between the model server's stream and the caller's.

    Whole events go on in the bytes they came in; only an event that has not ended waits. The event that ends the answer
    is not given out but kept in ``held``, for when the exchange is durable.

    Args:
        reader: The dialect's eye.
        facts: What it notes.
    """

    __slots__ = ("_framer", "_reader", "facts", "has_ended", "held")

    def __init__(self, reader: Reader, facts: Facts) -> None:
        self._reader = reader
        self._framer = Framer()
        self.facts = facts
        self.held = b""
        self.has_ended = False
        """Whether the stream's own last event has been seen."""

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes and give those that may go on to the caller now.

        Raises:
            UpstreamError: An event grew beyond all bounds.
        """
        blocks = self._framer.feed(chunk)
        if len(blocks) == 1:
            return self._pass(blocks[0])
        return b"".join([self._pass(block) for block in blocks])

    def _pass(self, block: bytes) -> bytes:
        if self.has_ended:
            # Nothing that could matter comes after the last event, but it stays behind it.
            self.held += block
            return b""
        event = parse(block)
        if event is None:
            return block
        verdict = self._reader.see(event, self.facts)
        if not verdict.is_forwarded:
            return b""
        out = block if verdict.replacement is None else write(event.name, verdict.replacement)
        if verdict.is_terminal:
            self.has_ended = True
            self.held = out
            return b""
        return out
