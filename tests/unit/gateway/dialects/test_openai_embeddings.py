# SPDX-License-Identifier: Apache-2.0
"""Embeddings: the input is the prompt, and nothing comes out that could be counted as tokens."""

from stillwatch.gateway.dialects.interface import LAST, Facts
from stillwatch.gateway.dialects.openai_embeddings import Embeddings
from stillwatch.gateway.sse import Event

EMBEDDINGS = Embeddings()


def test_the_input_is_the_prompt() -> None:
    assert EMBEDDINGS.read(b'{"model":"m","input":["a","b"]}').prompt == "a\nb"


def test_usage_is_read_and_the_answer_keeps_its_bytes() -> None:
    body = b'{"data":[{"embedding":[0.1]}],"usage":{"prompt_tokens":5,"total_tokens":5}}'
    facts = Facts()
    assert EMBEDDINGS.settle(body, facts, withhold=True) is body
    assert (facts.input_tokens, facts.output_tokens) == (5, 0)


def test_only_the_model_is_ever_edited() -> None:
    body = b'{"input":"a","model":"m"}'
    ask = EMBEDDINGS.read(body)
    assert EMBEDDINGS.edit(body, ask, model=None, withhold=True, ask_usage=True) is body
    assert EMBEDDINGS.edit(body, ask, model="n", withhold=True, ask_usage=True) == b'{"input":"a","model":"n"}'


def test_a_stream_nobody_defined_is_read_like_chat() -> None:
    reader = EMBEDDINGS.reader(EMBEDDINGS.read(b'{"model":"m","input":"a"}'), withhold=False)
    assert reader.see(Event(b"", b"[DONE]"), Facts()) is LAST
