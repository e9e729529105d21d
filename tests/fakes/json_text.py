# SPDX-License-Identifier: Apache-2.0
"""JSON texts as strangers write them: any layout, any escape, any value, and broken in one place."""

import json
from typing import Any

from hypothesis import strategies as st

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**40, -(10**400), 0.1, -0.0, 1e308, float("inf"), float("-inf"), float("nan")])
    | st.text(max_size=8)
    | st.sampled_from(["\ud800", "user", "logprobs", "model"])
)
NAMES = st.sampled_from(["model", "messages", "content", "text", "logprobs", "reasoning", "thinking", "a"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
LAYOUTS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {"indent": 1}, {"separators": (",", ":")}, {"separators": (" ,\t", "\r\n: ")}]
)


def written(value: object, layout: dict[str, Any], *, is_ascii: bool) -> bytes:
    """JSON text in one layout, with or without escapes for what is not ASCII."""
    return json.dumps(value, ensure_ascii=is_ascii, **layout).encode("utf-8", "surrogatepass")


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a JSON value with every key into it."""
    if isinstance(value, dict):
        return [(value, key) for key in value] + [each for inner in value.values() for each in places(inner)]
    if isinstance(value, list):
        return [(value, at) for at in range(len(value))] + [each for inner in value for each in places(inner)]
    return []


@st.composite
def mutated(draw: st.DrawFn, original: object) -> bytes:
    """JSON text of a value with one thing in it changed, then cut, doubled or overwritten somewhere, or neither."""
    value: Any = json.loads(json.dumps(original))
    where, key = draw(st.sampled_from(places(value)))
    if draw(st.booleans()):
        where[key] = draw(VALUES)
    text = written(value, draw(LAYOUTS), is_ascii=draw(st.booleans()))
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 8)))
    cut = draw(st.sampled_from([None, text[start:end] * 2, b""]) | st.binary(max_size=4))
    return text if cut is None else text[:start] + cut + text[end:]
