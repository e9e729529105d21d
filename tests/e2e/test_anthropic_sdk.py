# SPDX-License-Identifier: Apache-2.0
"""Anthropic's official client, unmodified but for its address and key, against the running gateway."""

import asyncio
import base64
import json
import random
import re
import time
from itertools import pairwise
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic

from e2e.product import CLAUDE, IMPATIENT_CLAUDE, SMALL, Customer, Product
from fakes.model_server_process import ModelServerProcess
from fakes.model_server_request import SIGNATURE, THOUGHTS
from stillwatch.records.exchange import Outcome
from stillwatch.records.standing import Rung

WEATHER: Any = {"name": "weather", "input_schema": {"type": "object", "properties": {"query": {"type": "string"}}}}
THINKING: Any = {"type": "enabled", "budget_tokens": 1_024}
REASONED = " ".join(THOUGHTS)
FAR = 4_096


def user(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


def test_a_message_is_answered_and_recorded(
    anthropic_client: Anthropic, customer: Customer, product: Product, model_server: ModelServerProcess
) -> None:
    messages: list[Any] = [
        {"role": "user", "content": "one two"},
        {"role": "assistant", "content": "three"},
        {"role": "user", "content": [{"type": "text", "text": "four say:4"}]},
    ]
    raw = anthropic_client.messages.with_raw_response.create(
        model=CLAUDE, max_tokens=FAR, messages=messages, system="Be brief.", extra_body={"temperature": 0.25}
    )
    answer = raw.parse()
    (block,) = answer.content
    assert block.type == "text"
    assert block.text == "word0 word1 word2 word3"
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (7, 4)
    assert answer._request_id == raw.headers["request-id"] == raw.headers["x-request-id"]
    assert raw.headers["anthropic-ratelimit-requests-remaining"] == "99"
    for hidden in ("set-cookie", "x-internal-host"):
        assert hidden not in raw.headers
    row = product.row(answer._request_id)
    assert (row.org_id, row.account_id, row.key_id) == (customer.org_id, customer.account_id, customer.key_id)
    assert (row.model, row.endpoint, row.status, row.outcome) == (CLAUDE, "messages", 200, Outcome.COMPLETED)
    assert (row.input_tokens, row.output_tokens, row.tokens_estimated) == (7, 4, False)
    assert (row.system, row.prompt, row.response) == ("Be brief.", "four say:4", "word0 word1 word2 word3")
    assert (row.temperature, row.max_tokens, row.turn, row.stream, row.tools) == (0.25, FAR, 1, False, 0)
    assert (row.user_agent or "").startswith("Anthropic/Python")
    seen = model_server.request(answer._request_id or "")
    assert seen.target == "/v1/messages"
    assert seen.header("x-api-key") == "upstream-credential-anthropic"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", seen.header("anthropic-version") or "")
    assert seen.header("authorization") is None
    assert customer.api_key.encode() not in seen.text


def test_beta_headers_and_query_pass(
    anthropic_client: Anthropic, product: Product, model_server: ModelServerProcess
) -> None:
    answer = anthropic_client.beta.messages.create(
        model=CLAUDE,
        max_tokens=9,
        messages=user("beta say:1"),
        betas=["context-1m-2025-08-07"],
        extra_query={"beta": "true", "debug": "1"},
    )
    seen = model_server.request(answer._request_id or "")
    assert seen.target == "/v1/messages?beta=true"
    assert seen.header("anthropic-beta") == "context-1m-2025-08-07"
    assert product.row(answer._request_id).endpoint == "messages"


def test_deltas_arrive_one_by_one_as_they_are_made(anthropic_client: Anthropic, product: Product) -> None:
    with anthropic_client.messages.stream(
        model=CLAUDE, max_tokens=FAR, messages=user("say:8 fault:slow:0.05")
    ) as stream:
        arrived = [time.monotonic() for _ in stream.text_stream]
        final = stream.get_final_message()
        exchange_id = stream.response.headers["request-id"]
    gaps = [later - earlier for earlier, later in pairwise(arrived)]
    assert len(arrived) == 8
    assert sorted(gaps)[1] > 0.02, gaps
    assert final.usage.output_tokens == 8
    row = product.row(exchange_id)
    assert (row.stream, row.outcome, row.input_tokens, row.output_tokens) == (True, Outcome.COMPLETED, 2, 8)
    assert row.response == " ".join(f"word{number}" for number in range(8))


def test_a_streams_events_come_in_their_order_with_its_ping(anthropic_client: Anthropic) -> None:
    stream = anthropic_client.messages.create(
        model=CLAUDE, max_tokens=FAR, messages=user("say:2"), thinking=THINKING, stream=True
    )
    with stream:
        kinds = [event.type for event in stream]
    assert kinds[0] == "message_start"
    assert kinds[-2:] == ["message_delta", "message_stop"]
    # The client keeps pings to itself; that they pass is told by the bytes, in test_passage.
    assert kinds.count("content_block_start") == kinds.count("content_block_stop") == 2


def test_thinking_passes_with_its_signature_whole_and_streamed(anthropic_client: Anthropic, product: Product) -> None:
    whole = anthropic_client.messages.create(
        model=CLAUDE, max_tokens=FAR, messages=user("think say:3"), thinking=THINKING
    )
    with anthropic_client.messages.stream(
        model=CLAUDE, max_tokens=FAR, messages=user("think say:3"), thinking=THINKING
    ) as stream:
        streamed = stream.get_final_message()
        exchange_id = stream.response.headers["request-id"]
    for answer in (whole, streamed):
        thinking, text = answer.content
        assert thinking.type == "thinking"
        assert (thinking.thinking, thinking.signature) == (REASONED, SIGNATURE)
        assert text.type == "text"
        assert text.text == "word0 word1 word2"
    for each in (whole._request_id, exchange_id):
        row = product.row(each)
        assert (row.reasoning, row.output_tokens, row.response) == (True, 8, "word0 word1 word2")


def test_tool_use_passes_whole_and_in_fragments(anthropic_client: Anthropic, product: Product) -> None:
    whole = anthropic_client.messages.create(
        model=CLAUDE, max_tokens=FAR, messages=user("in Oslo now"), tools=[WEATHER]
    )
    pieces: list[str] = []
    with anthropic_client.messages.stream(
        model=CLAUDE, max_tokens=FAR, messages=user("in Oslo now"), tools=[WEATHER]
    ) as stream:
        pieces.extend(event.partial_json for event in stream if event.type == "input_json")
        streamed = stream.get_final_message()
        exchange_id = stream.response.headers["request-id"]
    for answer in (whole, streamed):
        (block,) = answer.content
        assert block.type == "tool_use"
        assert (block.name, block.input) == ("weather", {"query": "in Oslo now"})
        assert answer.stop_reason == "tool_use"
    assert json.loads("".join(pieces)) == {"query": "in Oslo now"}
    assert len(pieces) > 3
    for each in (whole._request_id, exchange_id):
        assert (product.row(each).tools, product.row(each).output_tokens) == (1, 4)


def test_an_image_and_a_tools_result_reach_the_model_server_byte_for_byte(
    anthropic_client: Anthropic, product: Product, model_server: ModelServerProcess
) -> None:
    image = base64.b64encode(random.Random(8).randbytes(300_000)).decode()  # noqa: S311 - a picture, not a key
    source = {"type": "base64", "media_type": "image/png", "data": image}
    messages: list[Any] = [
        {"role": "user", "content": [{"type": "image", "source": source}, {"type": "text", "text": "what is this"}]},
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "t1", "name": "weather", "input": {"query": "x"}}],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "rain"}]},
    ]
    answer = anthropic_client.messages.create(model=CLAUDE, max_tokens=FAR, messages=messages, tools=[WEATHER])
    assert json.loads(model_server.request(answer._request_id or "").body)["messages"] == messages
    assert product.row(answer._request_id).prompt == "what is this"


def test_prompt_caching_passes_both_ways_and_is_counted(
    anthropic_client: Anthropic, product: Product, model_server: ModelServerProcess
) -> None:
    system: list[Any] = [
        {"type": "text", "text": "warm a b c", "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": "d e f g h", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
    ]
    options: dict[str, Any] = {"model": CLAUDE, "max_tokens": FAR, "system": system, "messages": user("i say:2")}
    whole = anthropic_client.messages.create(**options)
    with anthropic_client.messages.stream(**options) as stream:
        streamed = stream.get_final_message()
        exchange_id = stream.response.headers["request-id"]
    for answer in (whole, streamed):
        usage = answer.usage
        assert (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (2, 4, 5)
    for each in (whole._request_id, exchange_id):
        row = product.row(each)
        assert (row.input_tokens, row.cached_tokens, row.output_tokens) == (11, 4, 2)
        assert json.loads(model_server.request(each or "").body)["system"] == system


def test_tokens_are_counted_and_the_count_recorded(anthropic_client: Anthropic, product: Product) -> None:
    raw = anthropic_client.messages.with_raw_response.count_tokens(
        model=CLAUDE, messages=user("one two three"), system="four"
    )
    assert raw.parse().input_tokens == 4
    row = product.row(raw.headers["request-id"])
    assert (row.endpoint, row.input_tokens, row.output_tokens) == ("messages.count_tokens", 4, 0)
    assert (row.outcome, row.prompt) == (Outcome.COMPLETED, "one two three")


def test_models_are_listed_in_this_dialect(anthropic_client: Anthropic, product: Product) -> None:
    listed = anthropic_client.models.list()
    assert CLAUDE in {model.id for model in listed.data}
    assert listed.has_more is False
    assert anthropic_client.models.retrieve(CLAUDE).id == CLAUDE
    with product.customer(models=[CLAUDE]).anthropic() as client:
        assert [model.id for model in client.models.list().data] == [CLAUDE]
        with pytest.raises(anthropic.NotFoundError):
            client.models.retrieve(SMALL)


def test_a_key_that_is_not_good_is_an_authentication_error(product: Product) -> None:
    with (
        Anthropic(base_url=product.url, api_key="sk-ant-nonsense") as client,
        pytest.raises(anthropic.AuthenticationError) as refused,
    ):
        client.messages.create(model=CLAUDE, max_tokens=9, messages=user("let me in"))
    body: Any = refused.value.body
    assert body["type"] == "error"
    assert body["error"]["type"] == "authentication_error"
    assert body["request_id"] == refused.value.request_id
    row = product.row(refused.value.request_id)
    assert (row.outcome, row.refusal, row.status) == (Outcome.REFUSED, "invalid_api_key", 401)


@pytest.mark.parametrize(
    ("rung", "code"), [(Rung.SUSPEND, "account_suspended"), (Rung.VERIFY, "verification_required")]
)
def test_a_contained_account_is_refused_once_and_not_retried(
    product: Product, model_server: ModelServerProcess, rung: Rung, code: str
) -> None:
    customer = product.customer()
    product.put_on(rung, customer.account_id)
    before = model_server.state()["requests"]
    with customer.anthropic() as client, pytest.raises(anthropic.PermissionDeniedError) as refused:
        client.messages.create(model=CLAUDE, max_tokens=9, messages=user("let me in"))
    body: Any = refused.value.body
    assert body["error"]["type"] == "permission_error"
    assert refused.value.response.headers["x-should-retry"] == "false"
    assert refused.value.response.headers["x-stillwatch-refusal"] == code
    row = product.only_row(customer.account_id)
    assert (row.outcome, row.refusal, row.rung) == (Outcome.REFUSED, code, int(rung))
    assert model_server.state()["requests"] == before


def test_an_unknown_model_is_a_not_found_error(anthropic_client: Anthropic, product: Product) -> None:
    with pytest.raises(anthropic.NotFoundError) as refused:
        anthropic_client.messages.create(model="claude-nobody", max_tokens=9, messages=user("hello"))
    body: Any = refused.value.body
    assert body["error"]["type"] == "not_found_error"
    assert product.row(refused.value.request_id).refusal == "unknown_model"


def test_a_malformed_request_is_a_bad_request(anthropic_client: Anthropic, product: Product) -> None:
    nonsense: Any = {"role": "user"}
    with pytest.raises(anthropic.BadRequestError) as refused:
        anthropic_client.messages.create(model=CLAUDE, max_tokens=9, messages=nonsense)
    body: Any = refused.value.body
    assert body["error"]["type"] == "invalid_request_error"
    assert product.row(refused.value.request_id).status == 400


@pytest.mark.parametrize(
    ("status", "raised"),
    [(429, anthropic.RateLimitError), (500, anthropic.InternalServerError), (529, anthropic.OverloadedError)],
)
def test_the_model_servers_own_errors_pass(
    customer: Customer, product: Product, status: int, raised: type[anthropic.APIStatusError]
) -> None:
    with customer.anthropic(max_retries=0) as client, pytest.raises(raised) as refused:
        client.messages.create(model=CLAUDE, max_tokens=9, messages=user(f"fault:status:{status}"))
    assert refused.value.status_code == status
    assert refused.value.response.headers["retry-after"] == "7"
    body: Any = refused.value.body
    assert body["type"] == "error"
    row = product.row(refused.value.response.headers["request-id"])
    assert (row.outcome, row.status) == (Outcome.UPSTREAM_FAILED, status)


def test_a_model_server_that_stalls_is_a_504_in_this_dialect(customer: Customer, product: Product) -> None:
    with customer.anthropic(max_retries=0) as client, pytest.raises(anthropic.APIStatusError) as failed:
        client.messages.create(model=IMPATIENT_CLAUDE, max_tokens=9, messages=user("fault:stall"))
    assert failed.value.status_code == 504
    body: Any = failed.value.body
    assert body["error"]["type"] == "timeout_error"
    row = product.row(failed.value.request_id)
    assert (row.outcome, row.refusal) == (Outcome.UPSTREAM_FAILED, "upstream_first_byte_timeout")


def test_a_caller_who_leaves_mid_stream_stops_the_model_server_and_is_counted(
    anthropic_client: Anthropic, product: Product, model_server: ModelServerProcess
) -> None:
    before = model_server.state()["cancelled"]
    heard = 0
    with anthropic_client.messages.stream(
        model=CLAUDE, max_tokens=FAR, messages=user("say:500 fault:slow:0.02")
    ) as stream:
        exchange_id = stream.response.headers["request-id"]
        for _ in stream.text_stream:
            heard += 1
            if heard == 5:
                break
    model_server.wait(lambda state: state["cancelled"] > before)
    row = product.row(exchange_id)
    assert (row.outcome, row.tokens_estimated) == (Outcome.CLIENT_ABORTED, True)
    assert row.output_tokens is not None
    assert 5 <= row.output_tokens < 100


@pytest.mark.parametrize("fault", ["die-after:8", "truncate", "error-after:8"])
def test_a_stream_that_breaks_raises_and_is_recorded_as_truncated(
    anthropic_client: Anthropic, product: Product, fault: str
) -> None:
    stream = anthropic_client.messages.create(
        model=CLAUDE, max_tokens=FAR, messages=user(f"say:9 fault:{fault}"), stream=True
    )
    kinds: list[str] = []
    with stream, pytest.raises(anthropic.APIError) as broke:
        kinds.extend(event.type for event in stream)
    body: Any = broke.value.body
    assert body["error"]["type"] == "api_error"
    assert "message_stop" not in kinds
    row = product.row(stream.response.headers["request-id"])
    assert row.outcome is Outcome.UPSTREAM_TRUNCATED
    assert row.output_tokens == (9 if fault == "truncate" else 5)


async def test_fifty_streams_at_once_each_get_their_own(customer: Customer, product: Product) -> None:
    async with customer.anthropic_async() as client:
        answers = await asyncio.gather(*(_stream(client, 10 + number) for number in range(50)))
    for number, (said, exchange_id) in enumerate(answers):
        assert said == " ".join(f"word{each}" for each in range(10 + number))
        row = product.row(exchange_id)
        assert (row.outcome, row.output_tokens) == (Outcome.COMPLETED, 10 + number)


async def _stream(client: AsyncAnthropic, words: int) -> tuple[str, str]:
    async with client.messages.stream(
        model=CLAUDE, max_tokens=FAR, messages=user(f"say:{words} fault:slow:0.01")
    ) as stream:
        said = "".join([piece async for piece in stream.text_stream])
        return said, stream.response.headers["request-id"]
