# SPDX-License-Identifier: Apache-2.0
"""What gives something away is blanked where it stands."""

import json

import pytest

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
