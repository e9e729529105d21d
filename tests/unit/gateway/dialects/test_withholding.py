# SPDX-License-Identifier: Apache-2.0
"""What gives something away is blanked where it stands."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.json_text import LAYOUTS, written
from stillwatch.gateway.dialects.splice import apply
from stillwatch.gateway.dialects.withholding import EACH, blanks, may_give_away, what_is_withheld


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("logprobs", "logprobs"),
        ("prompt_logprobs", "logprobs"),
        ("reasoning", "reasoning"),
        ("reasoning_content", "reasoning"),
        ("reasoning_details", "reasoning"),
        ("thinking_blocks", "reasoning"),
        ("content", None),
        ("usage", None),
    ],
)
def test_fields_are_known_by_their_names(name: str, what: str | None) -> None:
    assert what_is_withheld(name) == what


def test_values_are_blanked_and_everything_else_keeps_its_bytes() -> None:
    text = b'{ "choices" : [ {"logprobs":{"content":[1, 2]},"message":{"reasoning":"why", "content" : "so"}} ] }'
    withheld: set[str] = set()
    edits = [
        *blanks(text, ("choices", EACH), withheld),
        *blanks(text, ("choices", EACH, "message"), withheld),
    ]
    assert apply(text, edits) == (
        b'{ "choices" : [ {"logprobs":null,"message":{"reasoning":null, "content" : "so"}} ] }'
    )
    assert withheld == {"logprobs", "reasoning"}


def test_an_array_becomes_an_empty_one_because_clients_walk_it() -> None:
    text = b'{"logprobs":[1],"n":0}'
    assert apply(text, blanks(text, (), set())) == b'{"logprobs":[],"n":0}'


@pytest.mark.parametrize("text", [b"{}", b"[]", b'{"choices":null}', b'{"choices":{}}', b'{"choices":[1,null]}'])
def test_a_path_that_leads_nowhere_blanks_nothing(text: bytes) -> None:
    assert blanks(text, ("choices", EACH, "message"), set()) == []


def test_what_is_empty_already_was_not_withheld() -> None:
    withheld: set[str] = set()
    assert blanks(b'{"logprobs":null,"reasoning":"","thinking":[]}', (), withheld) == []
    assert not withheld


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (json.dumps({"logprobs": None, "content": "x"}), False),
        (json.dumps({"logprobs": {"content": []}}), True),
        (json.dumps({"delta": {"reasoning_content": "so"}}), True),
        (json.dumps({"content": 'say "logprobs": 1'}), False),
        ('{"reason\\u0069ng": "x"}', True),
        ('{"logprobs" :\n[0]}', True),
    ],
)
def test_the_cheap_look_sees_what_could_be_there(*, text: str, expected: bool) -> None:
    assert may_give_away(text.encode()) is expected


NAMES = st.sampled_from(["logprobs", "top_logprobs", "reasoning", "reasoning_content", "thinking", "content", "a b"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from(["reasoning", '"logprobs": 1']),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)


@given(choices=st.lists(st.dictionaries(NAMES, VALUES, max_size=4), max_size=3), layout=LAYOUTS, is_ascii=st.booleans())
def test_blanking_touches_nothing_but_what_gives_away(
    *, choices: list[dict[str, object]], layout: dict[str, Any], is_ascii: bool
) -> None:
    text = written({"id": "reasoning", "choices": choices}, layout, is_ascii=is_ascii)
    noted: set[str] = set()
    edits = blanks(text, ("choices", EACH), noted)
    after = json.loads(apply(text, edits))
    assert may_give_away(text) or not edits
    assert len(after["choices"]) == len(choices)
    for choice, left in zip(choices, after["choices"], strict=True):
        assert list(left) == list(choice)
        for name, value in choice.items():
            assert left[name] == (value if what_is_withheld(name) is None else left[name])
            assert what_is_withheld(name) is None or not left[name]
    withheld = {what_is_withheld(name) for choice in choices for name, value in choice.items() if _is_something(value)}
    assert noted == withheld - {None}
    assert apply(apply(text, edits), blanks(apply(text, edits), ("choices", EACH), set())) == apply(text, edits)


def _is_something(value: object) -> bool:
    return value is not None and value not in ("", [])
