# SPDX-License-Identifier: Apache-2.0
"""Text completions: what is read, what is counted, what is withheld."""

import json

import pytest

from stillwatch.errors import BadInput
from stillwatch.gateway.dialects.interface import DROP, LAST, PASS, Facts
from stillwatch.gateway.dialects.openai_completions import Completions, texts
from stillwatch.gateway.sse import Event

COMPLETIONS = Completions()


def test_the_prompt_is_text_or_texts() -> None:
    assert COMPLETIONS.read(b'{"model":"m","prompt":"a"}').prompt == "a"
    assert COMPLETIONS.read(b'{"model":"m","prompt":["a","b"]}').prompt == "a\nb"
    assert COMPLETIONS.read(b'{"model":"m","prompt":[1,2]}').prompt == ""
    assert COMPLETIONS.read(b'{"model":"m","prompt":[[1],[2]]}').prompt == ""
    assert texts(None) == ""


@pytest.mark.parametrize(("value", "asked"), [("null", False), ("0", True), ("5", True), ("false", False)])
def test_log_probabilities_are_asked_for_by_number(*, value: str, asked: bool) -> None:
    assert COMPLETIONS.read(f'{{"model":"m","logprobs":{value}}}'.encode()).logprobs is asked


def test_a_wrong_prompt_is_refused() -> None:
    with pytest.raises(BadInput):
        COMPLETIONS.read(b'{"model":"m","prompt":{}}')


def test_a_stream_is_counted_and_its_unasked_usage_taken_out() -> None:
    body = b'{"model":"m","prompt":"a","stream":true}'
    ask = COMPLETIONS.read(body)
    assert b"include_usage" in COMPLETIONS.edit(body, ask, model=None, withhold=False, ask_usage=True)
    reader, facts = COMPLETIONS.reader(ask, withhold=False), Facts(text_room=10)
    assert reader.see(Event(b"", b'{"choices":[{"index":0,"text":"so"}]}'), facts) is PASS
    assert reader.see(Event(b"", b'{"choices":[],"usage":{"completion_tokens":1}}'), facts) is DROP
    assert reader.see(Event(b"", b"[DONE]"), facts) is LAST
    assert (facts.text, facts.output_tokens) == (["so"], 1)


def test_log_probabilities_are_withheld() -> None:
    body = b'{"model":"m","prompt":"a","stream":true}'
    reader = COMPLETIONS.reader(COMPLETIONS.read(body), withhold=True)
    data = b'{"choices":[{"text":"so","logprobs":{"tokens":["so"]}}]}'
    verdict = reader.see(Event(b"", data), Facts())
    assert verdict.replacement == b'{"choices":[{"text":"so","logprobs":null}]}'
    assert reader.see(Event(b"", b"garbage"), Facts()) is DROP
    whole = json.loads(COMPLETIONS.settle(data, Facts(), withhold=True))
    assert whole == {"choices": [{"text": "so", "logprobs": None}]}
