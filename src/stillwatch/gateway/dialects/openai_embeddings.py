# SPDX-License-Identifier: Apache-2.0
"""``POST /v1/embeddings``."""

from typing import ClassVar

import msgspec

from stillwatch.gateway.dialects.interface import Ask, Facts, Reader
from stillwatch.gateway.dialects.openai_chat import ChatReader
from stillwatch.gateway.dialects.openai_completions import TextOrTokens, texts
from stillwatch.gateway.dialects.openai_requests import edited
from stillwatch.gateway.dialects.openai_usage import Usage
from stillwatch.gateway.dialects.reading import Name, read_json, read_request


class EmbeddingRequest(msgspec.Struct, gc=False):
    """What is read of a request; everything else passes unread."""

    model: Name
    input: TextOrTokens = None


class Answer(msgspec.Struct, gc=False):
    """What is read of an answer."""

    usage: Usage | None = None


_REQUEST = msgspec.json.Decoder(EmbeddingRequest)
_ANSWER = msgspec.json.Decoder(Answer)


class Embeddings:
    """See the module."""

    name: ClassVar[str] = "embeddings"
    dialect: ClassVar[str] = "openai"
    target: ClassVar[str] = "/embeddings"

    def read(self, body: bytes) -> Ask:
        """See ``Endpoint``."""
        request = read_request(_REQUEST, body)
        prompt = texts(request.input)
        return Ask(model=request.model, prompt=prompt, text_bytes=len(prompt))

    def edit(self, body: bytes, ask: Ask, *, model: str | None, withhold: bool, ask_usage: bool) -> bytes:
        """See ``Endpoint``. There is nothing to withhold, and no stream to ask."""
        del ask, withhold, ask_usage
        return edited(body, model=model, withhold=False, ask_usage=False)

    def reader(self, ask: Ask, *, withhold: bool) -> Reader:
        """See ``Endpoint``. No server streams embeddings; one that does is read like chat, and lacks its last event."""
        return ChatReader(wants_usage=ask.wants_usage, withhold=withhold)

    def settle(self, body: bytes, facts: Facts, *, withhold: bool) -> bytes:
        """See ``Endpoint``."""
        del withhold
        answer = read_json(_ANSWER, body)
        if answer.usage is not None:
            answer.usage.note(facts)
            facts.output_tokens = facts.output_tokens or 0
        return body
