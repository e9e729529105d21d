# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.arena.teacher.requests import MOST_TOKENS, chat_request, completion_request, embedding_request
from stillwatch.errors import BadInput


def test_instructions_and_last_message_are_the_question() -> None:
    request = chat_request(
        b'{"model":"m","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Old"},'
        b'{"role":"assistant","content":"x"},{"role":"user","content":[{"type":"text","text":"New"}]}]}'
    )
    assert request.question == "Be kind.\nNew"


def test_wishes_are_read_from_the_body() -> None:
    request = chat_request(
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":9999,"temperature":0,'
        b'"reasoning_effort":"high","logprobs":true,"top_logprobs":2,"seed":4,"unknown":1}'
    )
    wishes = request.wishes
    assert (wishes.max_tokens, wishes.temperature, wishes.reasoning) == (MOST_TOKENS, 0.0, True)
    assert (wishes.top_logprobs, wishes.seed) == (2, 4)


@pytest.mark.parametrize("effort", ["none", "minimal"])
def test_least_effort_is_no_reasoning(effort: str) -> None:
    body = f'{{"model":"m","messages":[{{"role":"user","content":"x"}}],"reasoning_effort":"{effort}"}}'
    assert not chat_request(body.encode()).wishes.reasoning


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"model":"m"}',
        b'{"model":"m","messages":[]}',
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":3}',
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"top_p":0}',
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"n":9}',
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"top_logprobs":21}',
        b'{"model":1,"messages":[]}',
        b"\xff",
    ],
)
def test_body_that_makes_no_sense_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput):
        chat_request(body)


def test_older_form_takes_one_prompt_or_several() -> None:
    assert completion_request(b'{"model":"m","prompt":"a"}').question == "a"
    assert completion_request(b'{"model":"m","prompt":["a","b"]}').question == "a\nb"


def test_embedding_input_may_be_text_or_tokens() -> None:
    assert embedding_request(b'{"model":"m","input":[1,2]}').input == [1, 2]
    with pytest.raises(BadInput):
        embedding_request(b'{"model":"m","input":{"a":1}}')
