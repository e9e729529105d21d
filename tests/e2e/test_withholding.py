# SPDX-License-Identifier: Apache-2.0
"""An account on the rung WITHHOLD gets its answers without reasoning and log-probabilities, and still gets answers.

The model server is told to reason unasked, so that both ends are seen to be guarded: what the request asks for, and
what the answer gives all the same.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.product import CLAUDE, SMALL, Customer, Product
from e2e.wire import ask
from fakes.model_server_process import ModelServerProcess
from stillwatch.records.exchange import Outcome
from stillwatch.records.standing import Rung

CHAT, RESPONSES, COMPLETIONS, MESSAGES = "/v1/chat/completions", "/v1/responses", "/v1/completions", "/v1/messages"
PROMPT = "say:3 fault:unasked"
GIVEN_AWAY = (b"thought", b"-0.125", b"ZW5jcnlwdGVkIHRob3VnaHRz", b"c2lnbmF0dXJlIG9mIHRoZSB0aG91Z2h0cw")
"""Reasoning, a log-probability, encrypted reasoning, a signature of reasoning."""


@pytest.fixture(scope="module")
def withheld(product: Product) -> Customer:
    customer = product.customer()
    product.put_on(Rung.WITHHOLD, customer.account_id)
    return customer


def _bodies() -> Iterator[Any]:
    messages = [{"role": "user", "content": PROMPT}]
    chat = {"model": SMALL, "messages": messages, "logprobs": True, "top_logprobs": 5, "reasoning_effort": "high"}
    texts = {"model": SMALL, "prompt": PROMPT, "logprobs": 5}
    include = ["reasoning.encrypted_content", "message.output_text.logprobs", "file_search_call.results"]
    response = {"model": SMALL, "input": PROMPT, "reasoning": {"effort": "high", "summary": "auto"}, "include": include}
    thinking = {"type": "enabled", "budget_tokens": 1_024}
    message = {"model": CLAUDE, "max_tokens": 99, "messages": messages, "thinking": thinking}
    for path, body in ((CHAT, chat), (COMPLETIONS, texts), (RESPONSES, response), (MESSAGES, message)):
        for stream in (False, True):
            yield pytest.param(path, body | {"stream": stream}, id=f"{path[4:]}-{'stream' if stream else 'whole'}")


@pytest.mark.parametrize(("path", "body"), list(_bodies()))
def test_nothing_of_the_reasoning_reaches_the_caller(
    withheld: Customer, customer: Customer, product: Product, path: str, body: dict[str, Any]
) -> None:
    data = json.dumps(body).encode()
    answer, other = ask(withheld, path, data), ask(customer, path, data)
    assert answer.status == other.status == 200
    assert any(secret in other.body for secret in GIVEN_AWAY)
    for secret in GIVEN_AWAY:
        assert secret not in answer.body
    for word in (b"word0", b"word1", b"word2"):
        assert word in answer.body
    assert "reasoning" in answer.headers["x-stillwatch-withheld"]
    assert "x-stillwatch-withheld" not in other.headers
    row = product.row(answer.exchange_id)
    assert (row.rung, row.outcome, row.status) == (Rung.WITHHOLD, Outcome.COMPLETED, 200)
    assert row.response == "word0 word1 word2"
    # What the caller asked for is on record as asked for, and what was made is counted in full.
    assert row.output_tokens == product.row(other.exchange_id).output_tokens


@pytest.mark.parametrize(("path", "body"), list(_bodies()))
def test_the_model_server_is_not_asked_for_it(
    withheld: Customer, model_server: ModelServerProcess, path: str, body: dict[str, Any]
) -> None:
    answer = ask(withheld, path, json.dumps(body).encode())
    seen = json.loads(model_server.request(answer.exchange_id).body)
    assert not {"logprobs", "top_logprobs", "thinking"} & set(seen)
    assert "summary" not in seen.get("reasoning", {})
    assert not {"reasoning.encrypted_content", "message.output_text.logprobs"} & set(seen.get("include", ()))
    if path == RESPONSES:
        assert seen["include"] == ["file_search_call.results"]


def test_official_clients_read_what_is_left(withheld: Customer) -> None:
    user: list[Any] = [{"role": "user", "content": PROMPT}]
    with withheld.openai() as client:
        whole = client.chat.completions.create(model=SMALL, messages=user, reasoning_effort="high", logprobs=True)
        assert whole.choices[0].message.content == "word0 word1 word2"
        assert whole.choices[0].logprobs is None
        with client.chat.completions.create(model=SMALL, messages=user, stream=True) as stream:
            said = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
        assert said == "word0 word1 word2"
        with client.responses.stream(model=SMALL, input=PROMPT, reasoning={"effort": "low"}) as events:
            for _ in events:
                pass
            assert events.get_final_response().output_text == "word0 word1 word2"
    with withheld.anthropic() as client:
        message = client.messages.create(
            model=CLAUDE, max_tokens=2_000, messages=user, thinking={"type": "enabled", "budget_tokens": 1_024}
        )
        assert [block.type for block in message.content] == ["text"]
        with client.messages.stream(model=CLAUDE, max_tokens=2_000, messages=user) as held:
            final = held.get_final_message()
        assert [block.type for block in final.content] == ["text"]
        assert [block.text for block in final.content if block.type == "text"] == ["word0 word1 word2"]


def test_undoing_the_decision_gives_it_all_back(product: Product) -> None:
    customer = product.customer()
    decision = product.put_on(Rung.WITHHOLD, customer.account_id)
    data = json.dumps({"model": CLAUDE, "max_tokens": 99, "messages": [{"role": "user", "content": PROMPT}]}).encode()
    assert b"thought0" not in ask(customer, MESSAGES, data).body
    product.command("case", "undo", decision, "--reason", "A mistake", "--by", "Tester")
    product.settle()
    assert b"thought0" in ask(customer, MESSAGES, data).body
