# SPDX-License-Identifier: Apache-2.0
"""Policy's edits to chat and text completions."""

import json

import pytest

from stillwatch.errors import BadInput
from stillwatch.gateway.dialects.openai_requests import edited


def test_without_edits_the_very_same_bytes_go_on() -> None:
    body = b'{ "model":"a" , "x":1.0e0}'
    assert edited(body, model=None, withhold=False, ask_usage=False) is body


def test_the_model_is_renamed_and_nothing_else() -> None:
    body = b'{"messages":[{"content":"\\u0041 \\"model\\":\\"a\\""}] ,\n "model" : "a", "unknown":[1.50]}'
    after = edited(body, model='b"c', withhold=False, ask_usage=False)
    assert after == body.replace(b'"model" : "a"', b'"model" : "b\\"c"')


def test_what_asks_for_log_probabilities_or_reasoning_is_taken_out() -> None:
    body = b'{"model":"a","logprobs":true,"top_logprobs":5,"include_reasoning":true,"reasoning_effort":"high"}'
    assert json.loads(edited(body, model=None, withhold=True, ask_usage=False)) == {
        "model": "a",
        "reasoning_effort": "high",
    }


@pytest.mark.parametrize(
    ("options", "after"),
    [
        ("", '"stream_options":{"include_usage":true}'),
        ('"stream_options":null', '"stream_options":{"include_usage":true}'),
        ('"stream_options":{}', '"stream_options":{"include_usage":true}'),
        ('"stream_options":{"include_usage":false}', '"stream_options":{"include_usage":true}'),
        ('"stream_options":{"other":1}', '"stream_options":{"other":1,"include_usage":true}'),
    ],
)
def test_a_stream_is_asked_for_its_usage(options: str, after: str) -> None:
    body = '{"model":"a"' + (f",{options}" if options else "") + "}"
    expected = '{"model":"a",' + after + "}"
    assert edited(body.encode(), model=None, withhold=False, ask_usage=True) == expected.encode()


def test_all_edits_go_together() -> None:
    body = b'{"logprobs":true,"model":"a","top_logprobs":1}'
    after = edited(body, model="b", withhold=True, ask_usage=True)
    assert after == b'{"model":"b","stream_options":{"include_usage":true}}'


def test_stream_options_that_say_two_things_are_refused() -> None:
    body = b'{"model":"a","stream_options":{"include_usage":true,"include_usage":false}}'
    with pytest.raises(BadInput):
        edited(body, model=None, withhold=False, ask_usage=True)
