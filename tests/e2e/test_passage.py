# SPDX-License-Identifier: Apache-2.0
"""Bytes pass as they are, both ways, and no credential goes where it does not belong."""

import hashlib
import json
import time
from collections.abc import Iterator

import duckdb
import pytest

from e2e.product import CLAUDE, LARGE, LARGE_UPSTREAM, OTHER_CLIENT, SMALL, Customer, Product, files_below
from e2e.wire import ask, ask_directly
from fakes.model_server import ANTHROPIC_KEY, OPENAI_KEY
from fakes.model_server_process import ModelServerProcess
from stillwatch.records.exchange import Outcome
from stillwatch.records.grant import TextPolicy

CHAT, RESPONSES, COMPLETIONS = "/v1/chat/completions", "/v1/responses", "/v1/completions"
EMBEDDINGS, MESSAGES, COUNT = "/v1/embeddings", "/v1/messages", "/v1/messages/count_tokens"

ODD_CHAT = (
    b'\n{ "messages" : [{"content":"caf\\u00e9 \xc3\xa9\xf0\x9f\x92\xa7 \\ud83d\\ude00 say:3", "role" : "user"}] ,\r\n'
    b'\t"model":"small-1", "seed" : 12345678901234567890, "temperature":1e0, "x" : {"deep":[[[[{"a":1.0}]]]]},'
    b'"empty":{}, "logit_bias":{"50256":-100} }\n'
)


@pytest.mark.parametrize("model", [SMALL, OTHER_CLIENT])
def test_a_requests_every_byte_reaches_the_model_server(
    customer: Customer, model_server: ModelServerProcess, model: str
) -> None:
    body = ODD_CHAT.replace(b"small-1", model.encode())
    answer = ask(customer, CHAT, body)
    assert answer.status == 200
    assert model_server.request(answer.exchange_id).body == body


def test_of_a_request_for_a_renamed_model_only_the_name_changes(
    customer: Customer, model_server: ModelServerProcess, product: Product
) -> None:
    body = ODD_CHAT.replace(b"small-1", LARGE.encode())
    answer = ask(customer, CHAT, body)
    assert model_server.request(answer.exchange_id).body == body.replace(LARGE.encode(), LARGE_UPSTREAM.encode())
    row = product.row(answer.exchange_id)
    assert (row.model, row.prompt) == (LARGE, "café é💧 😀 say:3")


def _bodies() -> Iterator[tuple[str, dict[str, object]]]:
    chat = [{"role": "user", "content": "two words"}]
    tool = {"name": "f", "input_schema": {"type": "object"}}
    function = {"type": "function", "function": {"name": "f"}}
    usage = {"stream_options": {"include_usage": True}}
    think = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    for stream in (False, True):
        options = {"stream": True, **usage} if stream else {}
        yield CHAT, {"model": SMALL, "messages": chat, "logprobs": True, "reasoning_effort": "low", **options}
        yield CHAT, {"model": SMALL, "messages": chat, "tools": [function], **options}
        yield COMPLETIONS, {"model": SMALL, "prompt": "two words", "logprobs": 1, **options}
        yield RESPONSES, {"model": SMALL, "input": "two words", "reasoning": {"effort": "low"}, "stream": stream}
        yield RESPONSES, {"model": SMALL, "input": "x", "tools": [{"type": "function", "name": "f"}], "stream": stream}
        yield MESSAGES, {"model": CLAUDE, "max_tokens": 99, "messages": chat, **think, "stream": stream}
        yield MESSAGES, {"model": CLAUDE, "max_tokens": 99, "messages": chat, "tools": [tool], "stream": stream}
    yield EMBEDDINGS, {"model": SMALL, "input": ["a", "b"]}
    yield COUNT, {"model": CLAUDE, "messages": chat}


@pytest.mark.parametrize(("path", "body"), list(_bodies()))
def test_an_answers_every_byte_reaches_the_caller(
    customer: Customer, model_server: ModelServerProcess, path: str, body: dict[str, object]
) -> None:
    data = json.dumps(body).encode()
    through, direct = ask(customer, path, data), ask_directly(model_server.url, path, data)
    assert (through.status, through.body) == (direct.status, direct.body)
    assert through.headers["content-type"] == direct.headers["content-type"]
    if body.get("stream"):
        assert through.headers["cache-control"] == "no-cache"
        assert (b"event: ping" in through.body) == (path == MESSAGES)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_stream_that_comes_in_bits_passes_whole(
    customer: Customer, model_server: ModelServerProcess, product: Product, size: int
) -> None:
    body = {"model": CLAUDE, "max_tokens": 99, "stream": True}
    data = json.dumps(body | {"messages": [{"role": "user", "content": f"say:20 fault:split:{size}"}]}).encode()
    through, direct = ask(customer, MESSAGES, data), ask_directly(model_server.url, MESSAGES, data)
    assert through.body == direct.body
    assert product.row(through.exchange_id).output_tokens == 20


@pytest.mark.parametrize(
    ("policy", "kept_prompt", "kept_response"),
    [
        (TextPolicy.KEEP, "quetzal secret say:2", "word0 word1"),
        (TextPolicy.HASH, f"sha256:{hashlib.sha256(b'quetzal-hash secret say:2').hexdigest()}", None),
        (TextPolicy.DROP, "", None),
    ],
)
def test_text_is_kept_hashed_or_dropped_as_the_organisation_has_it(
    product: Product, policy: TextPolicy, kept_prompt: str, kept_response: str | None
) -> None:
    customer = product.customer(text_policy=policy)
    secret = "quetzal" if policy is TextPolicy.KEEP else f"quetzal-{policy}"
    for path, model in ((CHAT, SMALL), (MESSAGES, CLAUDE)):
        body = {"model": model, "max_tokens": 99, "messages": [{"role": "user", "content": f"{secret} secret say:2"}]}
        row = product.row(ask(customer, path, json.dumps(body).encode()).exchange_id)
        assert (row.outcome, row.output_tokens, row.response) == (Outcome.COMPLETED, 2, kept_response)
        assert row.prompt == kept_prompt
    if policy is not TextPolicy.KEEP:
        assert not [path for path, data in files_below(product.folder) if secret.encode() in data]
        assert not [row for row in product.rows() if secret in row.prompt]


def test_no_key_reaches_the_model_server_a_log_or_a_file(
    product: Product, customer: Customer, model_server: ModelServerProcess
) -> None:
    for path, model, header in ((CHAT, SMALL, "authorization"), (MESSAGES, CLAUDE, "x-api-key")):
        body = {"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
        for stream in (False, True):
            data = json.dumps(body | {"stream": stream}).encode()
            # The same key in a header that goes on would be the caller's own doing, but not in these.
            answer = ask(customer, path, data, **{"proxy-authorization": customer.api_key, "cookie": customer.api_key})
            assert answer.status == 200, header
    for seen in model_server.received():
        assert customer.api_key.encode() not in seen.text, seen.target
    own = {product.folder / "anthropic-credential"}
    for path_of, data in files_below(product.folder):
        for secret in (customer.api_key, OPENAI_KEY, ANTHROPIC_KEY):
            assert secret.encode() not in data or path_of in own, path_of


def test_the_log_in_parquet_is_read_by_duckdb(product: Product, customer: Customer) -> None:
    body = {"model": SMALL, "messages": [{"role": "user", "content": "to parquet say:3"}]}
    exchange_id = ask(customer, CHAT, json.dumps(body).encode()).exchange_id
    pattern = product.settings.ledger.directory / "log" / "**" / "*.parquet"
    found = _wait_for_parquet(str(pattern), exchange_id)
    assert found == [(customer.account_id, SMALL, "to parquet say:3", 3, 3, 200, "completed")]


def _wait_for_parquet(pattern: str, exchange_id: str) -> list[tuple[object, ...]]:
    """The rows of an exchange, once its segment has been rolled: three seconds, as the settings have it."""
    deadline = time.monotonic() + 20
    query = (
        "SELECT account_id, model, prompt, input_tokens, output_tokens, status, outcome"
        " FROM read_parquet(?, hive_partitioning = true) WHERE exchange_id = ?"
    )
    while True:
        with duckdb.connect() as connection:
            try:
                found = connection.execute(query, [pattern, exchange_id]).fetchall()
            except duckdb.IOException:
                found = []
        if found:
            return found
        assert time.monotonic() < deadline, "the exchange did not reach Parquet"
        time.sleep(0.1)
