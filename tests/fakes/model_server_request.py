# SPDX-License-Identifier: Apache-2.0
"""What the model server of the tests reads of a request, and the rules that tests can work out its answers by.

- A token is a word: what ``str.split`` separates.
- The answer is ``word0 word1 …``: 12 words, or as many as ``say:N`` in the last user message asks for, or fewer where
  the request's limit on tokens is lower.
- Where reasoning is asked for there are five words of it, ``thought0 …``, before the answer.
- Where tools are offered the first one is called with ``{"query": <the last user message's first three words>}``, and
  there is no text.
- ``fault:NAME[:NUMBER]`` in the model's name or the last user message brings a fault on; ``model_server`` lists them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DEFAULT_WORDS = 12
THOUGHTS = tuple(f"thought{number}" for number in range(5))
SIGNATURE = "c2lnbmF0dXJlIG9mIHRoZSB0aG91Z2h0cw=="
ENCRYPTED = "ZW5jcnlwdGVkIHRob3VnaHRz"

_FAULT = re.compile(r"fault:([a-z-]+)(?::([0-9.]+))?")
_SAY = re.compile(r"say:(\d{1,6})")
_DEEPEST = 8
"""Content is read to this depth; what lies below has no text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request's body, read leniently: a wrong type counts as absent."""

    body: Mapping[str, Any]
    model: str
    prompt: str
    input_words: int
    stream: bool
    answer: tuple[str, ...]
    faults: Mapping[str, str]
    tool: str | None
    """Name of the tool to call."""

    def number(self, fault: str, default: float) -> float:
        """A fault's number."""
        try:
            return float(self.faults.get(fault) or default)
        except ValueError:
            return default

    @property
    def is_unasked(self) -> bool:
        """Whether reasoning and log-probabilities are given to whoever did not ask."""
        return "unasked" in self.faults

    @property
    def tool_arguments(self) -> str:
        """The arguments of the tool's call, as JSON text."""
        said = " ".join(self.prompt.split()[:3]).replace("\\", "").replace('"', "")
        return f'{{"query": "{said}"}}'


def read(body: Mapping[str, Any]) -> Request:
    """Read a request of any endpoint."""
    said = _users(body)
    prompt = said[-1] if said else ""
    model = text(body.get("model"), "unnamed")
    asked = _SAY.search(prompt)
    wanted = int(asked[1]) if asked else DEFAULT_WORDS
    limits = [count(body.get(name)) for name in ("max_tokens", "max_completion_tokens", "max_output_tokens")]
    limit = min([wanted, *(value for value in limits if value is not None)])
    tools = body.get("tools")
    first = tools[0] if isinstance(tools, list) and tools and isinstance(tools[0], dict) else None
    is_forbidden = body.get("tool_choice") in ("none", {"type": "none"})
    return Request(
        body=body,
        model=model,
        prompt=prompt,
        input_words=sum(words(body.get(name)) for name in ("system", "instructions", "messages", "input", "prompt")),
        stream=body.get("stream") is True,
        answer=tuple(f"word{number}" for number in range(limit)),
        faults=dict(_FAULT.findall(f"{model} {prompt}")),
        tool=None if first is None or is_forbidden else _tool_name(first),
    )


def words(value: object) -> int:
    """Tokens of content of any shape."""
    return sum(len(each.split()) for each in texts(value))


def texts(value: object, depth: int = _DEEPEST) -> list[str]:
    """Every text in content of any shape, in order."""
    if isinstance(value, str):
        return [value]
    if depth == 0:
        return []
    if isinstance(value, list):
        return [found for item in value for found in texts(item, depth - 1)]
    if isinstance(value, dict):
        return [found for name in ("text", "content", "thinking") for found in texts(value.get(name), depth - 1)]
    return []


def deltas(said: Sequence[str]) -> list[str]:
    """The pieces a text is streamed in: each word with the blank before it."""
    return [word if position == 0 else f" {word}" for position, word in enumerate(said)]


def text(value: object, default: str) -> str:
    """A string, or the default."""
    return value if isinstance(value, str) else default


def count(value: object) -> int | None:
    """A whole number from nought to a million, or None."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000
    return value if is_count and isinstance(value, int) else None


def _users(body: Mapping[str, Any]) -> list[str]:
    """What the user said, turn by turn, whatever the endpoint calls it."""
    for name in ("messages", "input", "prompt"):
        value = body.get(name)
        if isinstance(value, str):
            return [value]
        if isinstance(value, list):
            turns = [item for item in value if isinstance(item, dict) and item.get("role") == "user"]
            said = [" ".join(texts(item.get("content"))) for item in turns]
            return [each for each in said if each] or [item for item in value if isinstance(item, str)]
    return []


def _tool_name(tool: Mapping[str, Any]) -> str:
    inner = tool.get("function")
    return text(inner.get("name") if isinstance(inner, dict) else tool.get("name"), "unnamed")
