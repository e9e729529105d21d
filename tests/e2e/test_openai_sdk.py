# SPDX-License-Identifier: Apache-2.0
"""OpenAI's official client, unmodified but for its address and key, against the running gateway."""

import asyncio
import base64
import contextlib
import json
import random
import time
from itertools import pairwise
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from e2e.product import LARGE, LARGE_UPSTREAM, OTHER_CLIENT, SMALL, UNREACHABLE, Customer, Product
from fakes.model_server_openai import embedding
from fakes.model_server_process import ModelServerProcess
from fakes.model_server_request import ENCRYPTED, THOUGHTS
from stillwatch.records.exchange import Outcome
from stillwatch.records.standing import Rung

WEATHER: Any = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"query": {"type": "string"}}}},
}
WEATHER_ITEM: Any = {"type": "function", "name": "weather", "parameters": {"type": "object"}, "strict": False}
SAID_IN_FULL = " ".join(f"word{number}" for number in range(12))
REASONED = " ".join(THOUGHTS)
MODELS = [SMALL, LARGE, OTHER_CLIENT]


def user(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize("model", MODELS)
def test_a_chat_completion_is_answered_and_recorded(
    openai_client: OpenAI, customer: Customer, product: Product, model: str
) -> None:
    messages: list[Any] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "one two"},
        {"role": "assistant", "content": "three"},
        {"role": "user", "content": "four five say:4"},
    ]
    raw = openai_client.chat.completions.with_raw_response.create(
        model=model, messages=messages, temperature=0.5, max_tokens=50
    )
    answer = raw.parse()
    assert answer.choices[0].message.content == "word0 word1 word2 word3"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (8, 4)
    assert answer.model == (LARGE_UPSTREAM if model == LARGE else model)
    assert answer._request_id == raw.headers["x-request-id"]
    row = product.row(answer._request_id)
    assert (row.org_id, row.account_id, row.key_id) == (customer.org_id, customer.account_id, customer.key_id)
    assert (row.model, row.endpoint, row.status, row.outcome) == (model, "chat.completions", 200, Outcome.COMPLETED)
    assert (row.input_tokens, row.output_tokens, row.tokens_estimated) == (8, 4, False)
    assert (row.system, row.prompt, row.response) == ("Be brief.", "four five say:4", "word0 word1 word2 word3")
    assert (row.temperature, row.max_tokens, row.turn, row.stream, row.tools) == (0.5, 50, 1, False, 0)
    assert row.client_ip == "127.0.0.1"
    assert (row.user_agent or "").startswith("OpenAI/Python")
    assert row.latency_ms is not None
    assert 0 < row.latency_ms < 5_000
    assert abs(row.ts_us / 1e6 - time.time()) < 30


def test_only_known_headers_come_back(openai_client: OpenAI) -> None:
    raw = openai_client.chat.completions.with_raw_response.create(model=SMALL, messages=user("headers"))
    assert raw.headers["x-ratelimit-remaining-requests"] == "99"
    assert raw.headers["openai-processing-ms"] == "12"
    for hidden in ("set-cookie", "x-internal-host"):
        assert hidden not in raw.headers
    assert raw.headers.get("server") != "model-server/1"


def test_the_callers_key_stays_and_the_upstreams_goes_on(
    openai_client: OpenAI, customer: Customer, product: Product, model_server: ModelServerProcess
) -> None:
    raw = openai_client.chat.completions.with_raw_response.create(
        model=SMALL,
        messages=user("who am I"),
        extra_headers={
            "OpenAI-Organization": "org-of-the-caller",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "Cookie": "session=of-the-caller",
            "X-Forwarded-For": "203.0.113.9",
            "X-Hop": "1",
            "Connection": "keep-alive, OpenAI-Project",
            "OpenAI-Project": "named-hop-by-hop",
        },
    )
    seen = model_server.request(raw.headers["x-request-id"])
    assert seen.header("authorization") == "Bearer upstream-credential-openai"
    assert seen.header("openai-organization") == "org-of-the-caller"
    assert seen.header("traceparent") == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert seen.header("host") == f"127.0.0.1:{model_server.port}"
    for absent in ("cookie", "x-forwarded-for", "x-hop", "openai-project", "x-stainless-lang", "x-api-key"):
        assert seen.header(absent) is None
    assert customer.api_key.encode() not in seen.text
    assert product.row(raw.headers["x-request-id"]).client_ip == "127.0.0.1"


def test_deltas_arrive_one_by_one_as_they_are_made(openai_client: OpenAI, product: Product) -> None:
    arrived: list[float] = []
    said = ""
    stream = openai_client.chat.completions.create(model=SMALL, messages=user("say:8 fault:slow:0.05"), stream=True)
    with stream:
        for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                said += chunk.choices[0].delta.content
                arrived.append(time.monotonic())
        exchange_id = stream.response.headers["x-request-id"]
    assert said == " ".join(f"word{number}" for number in range(8))
    assert len(arrived) == 8
    # A gateway that gathers chunks makes gaps of nothing, and one long one.
    gaps = [later - earlier for earlier, later in pairwise(arrived)]
    assert sorted(gaps)[1] > 0.02, gaps
    assert arrived[-1] - arrived[0] > 0.3
    row = product.row(exchange_id)
    assert (row.stream, row.outcome, row.output_tokens, row.response) == (True, Outcome.COMPLETED, 8, said)


@pytest.mark.parametrize("is_asked", [True, False])
@pytest.mark.parametrize("model", MODELS)
def test_usage_is_always_known_and_shown_to_whoever_asked(
    openai_client: OpenAI, product: Product, model_server: ModelServerProcess, *, model: str, is_asked: bool
) -> None:
    options: Any = {"stream_options": {"include_usage": True}} if is_asked else {}
    stream = openai_client.chat.completions.create(
        model=model, messages=user("three words say:5"), stream=True, **options
    )
    with stream:
        chunks = list(stream)
    exchange_id = stream.response.headers["x-request-id"]
    shown = [chunk.usage for chunk in chunks if chunk.usage is not None]
    assert len(shown) == is_asked
    assert all(chunk.choices for chunk in chunks) == (not is_asked)
    row = product.row(exchange_id)
    assert (row.input_tokens, row.output_tokens, row.tokens_estimated) == (3, 5, False)
    assert json.loads(model_server.request(exchange_id).body)["stream_options"] == {"include_usage": True}


def test_tool_calls_pass_whole_and_in_fragments(openai_client: OpenAI, product: Product) -> None:
    whole = openai_client.chat.completions.create(model=SMALL, messages=user("in Paris today"), tools=[WEATHER])
    calls = whole.choices[0].message.tool_calls
    assert calls is not None
    call: Any = calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", {"query": "in Paris today"})
    assert whole.choices[0].finish_reason == "tool_calls"
    row = product.row(whole._request_id)
    assert (row.tools, row.response, row.output_tokens) == (1, None, 4)

    pieces, name = [], None
    stream = openai_client.chat.completions.create(
        model=SMALL, messages=user("in Paris today"), tools=[WEATHER], stream=True
    )
    with stream:
        for chunk in stream:
            for fragment in chunk.choices[0].delta.tool_calls or ():
                assert fragment.function is not None
                name = fragment.function.name or name
                pieces.append(fragment.function.arguments or "")
    assert (name, "".join(pieces)) == ("weather", call.function.arguments)
    assert len(pieces) > 4
    assert product.row(stream.response.headers["x-request-id"]).output_tokens == 4


def test_an_image_reaches_the_model_server_byte_for_byte(
    openai_client: OpenAI, product: Product, model_server: ModelServerProcess
) -> None:
    image = base64.b64encode(random.Random(7).randbytes(300_000)).decode()  # noqa: S311 - a picture, not a key
    parts: list[Any] = [
        {"type": "text", "text": "what is this"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}", "detail": "high"}},
    ]
    raw = openai_client.chat.completions.with_raw_response.create(
        model=LARGE, messages=[{"role": "user", "content": parts}]
    )
    seen = json.loads(model_server.request(raw.headers["x-request-id"]).body)
    assert seen["messages"] == [{"role": "user", "content": parts}]
    assert product.row(raw.headers["x-request-id"]).prompt == "what is this"


def test_reasoning_passes_whole_and_streamed(openai_client: OpenAI, product: Product) -> None:
    whole = openai_client.chat.completions.create(model=SMALL, messages=user("think"), reasoning_effort="high")
    assert whole.choices[0].message.model_extra is not None
    assert whole.choices[0].message.model_extra["reasoning_content"] == REASONED
    stream = openai_client.chat.completions.create(
        model=SMALL, messages=user("think"), reasoning_effort="high", stream=True
    )
    thoughts = ""
    with stream:
        for chunk in stream:
            thoughts += (chunk.choices[0].delta.model_extra or {}).get("reasoning_content") or ""
    assert thoughts == REASONED
    for exchange_id in (whole._request_id, stream.response.headers["x-request-id"]):
        row = product.row(exchange_id)
        assert (row.reasoning, row.reasoning_tokens, row.output_tokens) == (True, 5, 17)
        assert row.response == SAID_IN_FULL


def test_log_probabilities_and_prompt_caching_pass(
    openai_client: OpenAI, product: Product, model_server: ModelServerProcess
) -> None:
    answer = openai_client.chat.completions.create(
        model=SMALL,
        messages=user("a b c d say:2"),
        logprobs=True,
        top_logprobs=3,
        prompt_cache_key="k-1",
        extra_body={"field_of_next_year": {"kept": [1, 2.50, None]}},
    )
    assert answer.choices[0].logprobs is not None
    assert [token.logprob for token in answer.choices[0].logprobs.content or ()] == [-0.125, -0.125]
    assert answer.usage is not None
    assert answer.usage.prompt_tokens_details is not None
    assert answer.usage.prompt_tokens_details.cached_tokens == 2
    row = product.row(answer._request_id)
    assert (row.logprobs, row.cached_tokens) == (True, 2)
    seen = model_server.request(answer._request_id or "").body
    assert b'"field_of_next_year":{"kept":[1,2.5,null]}' in seen
    assert json.loads(seen)["top_logprobs"] == 3


def test_a_response_is_created_and_recorded(openai_client: OpenAI, product: Product) -> None:
    answer = openai_client.responses.create(
        model=LARGE,
        instructions="Be brief.",
        input=[{"role": "user", "content": "first"}, {"role": "user", "content": "second say:3"}],
        reasoning={"effort": "low"},
        include=["reasoning.encrypted_content"],
        max_output_tokens=99,
    )
    reasoning, message = answer.output
    assert reasoning.type == "reasoning"
    assert reasoning.summary[0].text == REASONED
    assert reasoning.encrypted_content == ENCRYPTED
    assert answer.output_text == "word0 word1 word2"
    assert message.type == "message"
    row = product.row(answer._request_id)
    assert (row.endpoint, row.model, row.outcome) == ("responses", LARGE, Outcome.COMPLETED)
    assert (row.input_tokens, row.output_tokens, row.reasoning_tokens) == (5, 8, 5)
    assert (row.system, row.prompt, row.response) == ("Be brief.", "second say:3", "word0 word1 word2")
    assert (row.reasoning, row.max_tokens, row.turn) == (True, 99, 1)


def test_a_responses_events_come_in_their_order(openai_client: OpenAI, product: Product) -> None:
    with openai_client.responses.stream(
        model=SMALL, input="hello say:3 fault:slow:0.02", reasoning={"effort": "low"}
    ) as stream:
        events = [(event.type, time.monotonic()) for event in stream]
        final = stream.get_final_response()
    kinds = [kind for kind, _ in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    assert kinds.count("response.reasoning_summary_text.delta") == 5
    assert kinds.count("response.output_text.delta") == 3
    assert kinds.count("response.output_item.done") == 2
    assert events[-1][1] - events[0][1] > 0.2
    assert final.output_text == "word0 word1 word2"
    (row,) = [row for row in product.rows() if row.prompt == "hello say:3 fault:slow:0.02"]
    assert (row.endpoint, row.stream, row.outcome) == ("responses", True, Outcome.COMPLETED)
    assert (row.output_tokens, row.reasoning_tokens, row.response) == (8, 5, "word0 word1 word2")


def test_function_calls_of_responses_pass_whole_and_streamed(openai_client: OpenAI) -> None:
    whole = openai_client.responses.create(model=SMALL, input="in Rome now", tools=[WEATHER_ITEM])
    (call,) = whole.output
    assert call.type == "function_call"
    assert (call.name, json.loads(call.arguments)) == ("weather", {"query": "in Rome now"})
    with openai_client.responses.stream(model=SMALL, input="in Rome now", tools=[WEATHER_ITEM]) as stream:
        pieces = [event.delta for event in stream if event.type == "response.function_call_arguments.delta"]
    assert "".join(pieces) == call.arguments


def test_text_completions_pass_whole_and_streamed(openai_client: OpenAI, product: Product) -> None:
    whole = openai_client.completions.create(model=LARGE, prompt="once upon a time", max_tokens=6)
    assert whole.choices[0].text == "word0 word1 word2 word3 word4 word5"
    row = product.row(whole._request_id)
    assert (row.endpoint, row.prompt, row.max_tokens) == ("completions", "once upon a time", 6)
    assert (row.input_tokens, row.output_tokens) == (4, 6)
    stream = openai_client.completions.create(model=SMALL, prompt="once upon a time", max_tokens=6, stream=True)
    with stream:
        said = "".join(chunk.choices[0].text for chunk in stream)
    assert said == whole.choices[0].text
    row = product.row(stream.response.headers["x-request-id"])
    assert (row.output_tokens, row.response, row.tokens_estimated) == (6, said, False)


@pytest.mark.parametrize("encoding", ["float", "base64", None])
def test_embeddings_pass_however_they_are_encoded(openai_client: OpenAI, product: Product, encoding: Any) -> None:
    options: Any = {} if encoding is None else {"encoding_format": encoding}
    answer = openai_client.embeddings.create(model=SMALL, input=["a cat", "a dog"], **options)
    vectors: list[Any] = [item.embedding for item in answer.data]
    if encoding != "base64":
        assert vectors == [embedding("a cat"), embedding("a dog")]
    assert (answer.usage.prompt_tokens, len(vectors)) == (4, 2)
    (row,) = [row for row in product.rows() if row.endpoint == "embeddings"][-1:]
    assert (row.input_tokens, row.output_tokens, row.prompt) == (4, 0, "a cat\na dog")


def test_a_key_sees_the_models_it_may_use_and_no_others(product: Product, openai_client: OpenAI) -> None:
    assert {SMALL, LARGE, UNREACHABLE} <= {model.id for model in openai_client.models.list()}
    assert openai_client.models.retrieve(LARGE).id == LARGE
    customer = product.customer(models=[SMALL])
    with customer.openai() as client:
        assert [model.id for model in client.models.list()] == [SMALL]
        assert client.models.retrieve(SMALL).id == SMALL
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve(LARGE)
        with pytest.raises(openai.PermissionDeniedError) as refused:
            client.chat.completions.create(model=LARGE, messages=user("let me"))
    assert refused.value.code == "model_not_allowed"
    row = product.rows(account_id=customer.account_id)[-1]
    assert (row.outcome, row.refusal, row.status) == (Outcome.REFUSED, "model_not_allowed", 403)


def test_a_key_that_is_not_good_is_an_authentication_error(customer: Customer, product: Product) -> None:
    before = len(product.rows())
    for api_key in ("sk-nonsense", customer.api_key[:-1] + "!", customer.api_key.replace("swk_live_", "swk_live_x")):
        with (
            OpenAI(base_url=f"{product.url}/v1", api_key=api_key) as client,
            pytest.raises(openai.AuthenticationError) as refused,
        ):
            client.chat.completions.create(model=SMALL, messages=user("let me in"))
        assert refused.value.code == "invalid_api_key"
        assert refused.value.response.headers["x-should-retry"] == "false"
        row = product.row(refused.value.request_id)
        assert (row.outcome, row.status, row.account_id, row.prompt) == (Outcome.REFUSED, 401, "unknown", "")
    assert len(product.rows()) == before + 3


def test_a_suspended_account_is_refused_once_and_not_retried(
    product: Product, model_server: ModelServerProcess
) -> None:
    customer = product.customer()
    product.put_on(Rung.SUSPEND, customer.account_id)
    before = model_server.state()["requests"]
    with customer.openai() as client, pytest.raises(openai.PermissionDeniedError) as refused:
        client.chat.completions.create(model=SMALL, messages=user("let me in"))
    assert refused.value.code == "account_suspended"
    assert "suspended" in refused.value.message
    assert "End-to-end test" in refused.value.message
    assert refused.value.response.headers["x-should-retry"] == "false"
    row = product.only_row(customer.account_id)
    assert (row.outcome, row.refusal, row.status, row.rung) == (Outcome.REFUSED, "account_suspended", 403, 4)
    assert model_server.state()["requests"] == before


def test_an_unknown_model_is_a_not_found_error(openai_client: OpenAI, product: Product) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        openai_client.chat.completions.create(model="gpt-nobody", messages=user("hello"))
    assert refused.value.code == "model_not_found"
    assert refused.value.param == "model"
    row = product.row(refused.value.request_id)
    assert (row.outcome, row.refusal, row.status, row.model) == (Outcome.REFUSED, "unknown_model", 404, "gpt-nobody")


def test_a_model_of_the_other_dialect_is_a_bad_request(openai_client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        openai_client.chat.completions.create(model="claude-1", messages=user("hello"))
    assert refused.value.code == "wrong_dialect"


def test_a_malformed_request_is_a_bad_request(openai_client: OpenAI, product: Product) -> None:
    nonsense: Any = "not a list"
    with pytest.raises(openai.BadRequestError) as refused:
        openai_client.chat.completions.create(model=SMALL, messages=nonsense)
    assert refused.value.code == "invalid_request"
    assert "messages" in refused.value.message
    row = product.row(refused.value.request_id)
    assert (row.outcome, row.status, row.account_id != "unknown") == (Outcome.REFUSED, 400, True)


def test_a_rate_limit_of_the_model_server_passes_with_its_wait(customer: Customer, product: Product) -> None:
    with customer.openai(max_retries=0) as client, pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(model=SMALL, messages=user("fault:status:429"))
    assert refused.value.response.headers["retry-after"] == "7"
    assert refused.value.response.headers["x-ratelimit-remaining-requests"] == "0"
    assert refused.value.code == "upstream_429"
    row = product.row(refused.value.request_id)
    assert (row.outcome, row.status, row.refusal) == (Outcome.UPSTREAM_FAILED, 429, "upstream_status_429")


def test_a_failing_model_server_is_an_internal_server_error(customer: Customer, product: Product) -> None:
    with customer.openai(max_retries=0) as client, pytest.raises(openai.InternalServerError) as failed:
        client.chat.completions.create(model=SMALL, messages=user("fault:status:500"))
    assert failed.value.status_code == 500
    assert product.row(failed.value.request_id).outcome is Outcome.UPSTREAM_FAILED


def test_a_model_server_that_cannot_be_reached_is_a_502(customer: Customer, product: Product) -> None:
    with customer.openai(max_retries=0) as client, pytest.raises(openai.InternalServerError) as failed:
        client.chat.completions.create(model=UNREACHABLE, messages=user("hello"))
    assert failed.value.status_code == 502
    assert failed.value.code == "upstream_connect"
    assert failed.value.type == "server_error"
    row = product.row(failed.value.request_id)
    assert (row.outcome, row.status, row.refusal) == (Outcome.UPSTREAM_FAILED, 502, "upstream_connect")


@pytest.mark.parametrize("model", [SMALL, OTHER_CLIENT])
def test_a_caller_who_leaves_mid_stream_stops_the_model_server_and_is_counted(
    openai_client: OpenAI, product: Product, model_server: ModelServerProcess, model: str
) -> None:
    before = model_server.state()["cancelled"]
    stream = openai_client.chat.completions.create(model=model, messages=user("say:500 fault:slow:0.02"), stream=True)
    heard = 0
    with stream:
        for chunk in stream:
            heard += bool(chunk.choices[0].delta.content)
            if heard == 5:
                break
    model_server.wait(lambda state: state["cancelled"] > before)
    row = product.row(stream.response.headers["x-request-id"])
    assert row.outcome is Outcome.CLIENT_ABORTED
    assert row.output_tokens is not None
    assert 5 <= row.output_tokens < 100
    assert row.tokens_estimated
    assert (row.response or "").startswith("word0 word1 word2 word3 word4")


def test_a_caller_who_leaves_before_the_answer_stops_the_model_server(
    customer: Customer, product: Product, model_server: ModelServerProcess
) -> None:
    before = model_server.state()["cancelled"]
    prompt = "leaves early fault:slow:20"
    with customer.openai(max_retries=0, timeout=0.3) as client, pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(model=SMALL, messages=user(prompt))
    model_server.wait(lambda state: state["cancelled"] > before)
    deadline = time.monotonic() + 5
    while not (rows := [row for row in product.rows() if row.prompt == prompt]):
        assert time.monotonic() < deadline
    assert [row.outcome for row in rows] == [Outcome.CLIENT_ABORTED]


@pytest.mark.parametrize("model", [SMALL, OTHER_CLIENT])
@pytest.mark.parametrize("fault", ["die-after:5", "truncate"])
def test_a_stream_that_breaks_raises_and_is_recorded_as_truncated(
    openai_client: OpenAI, product: Product, fault: str, model: str
) -> None:
    stream = openai_client.chat.completions.create(model=model, messages=user(f"say:8 fault:{fault}"), stream=True)
    heard: list[str] = []
    with stream, pytest.raises(openai.APIError) as broke:
        heard.extend(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    said = [word for word in heard if word]
    assert broke.value.code == "upstream_closed"
    row = product.row(stream.response.headers["x-request-id"])
    assert (row.outcome, row.output_tokens) == (Outcome.UPSTREAM_TRUNCATED, 4 if fault == "die-after:5" else 8)
    assert row.response == "".join(said)
    assert row.status == 200


def test_a_response_that_breaks_ends_with_its_own_error_event(openai_client: OpenAI, product: Product) -> None:
    stream = openai_client.responses.create(model=SMALL, input="say:8 fault:die-after:6", stream=True)
    kinds: list[str] = []
    with stream, contextlib.suppress(openai.APIError):
        # This client gives out the event that says so, and raises for none but those of chat completions.
        kinds.extend(event.type for event in stream)
    assert "response.completed" not in kinds
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert product.row(stream.response.headers["x-request-id"]).outcome is Outcome.UPSTREAM_TRUNCATED


async def test_fifty_streams_at_once_each_get_their_own(customer: Customer, product: Product) -> None:
    async with customer.openai_async() as client:
        answers = await asyncio.gather(*(_stream(client, 10 + number) for number in range(50)))
    for number, (said, exchange_id) in enumerate(answers):
        assert said == " ".join(f"word{each}" for each in range(10 + number))
        row = product.row(exchange_id)
        assert (row.outcome, row.output_tokens) == (Outcome.COMPLETED, 10 + number)


async def _stream(client: AsyncOpenAI, words: int) -> tuple[str, str]:
    said = ""
    stream = await client.chat.completions.create(
        model=SMALL, messages=user(f"say:{words} fault:slow:0.01"), stream=True
    )
    async with stream:
        async for chunk in stream:
            said += chunk.choices[0].delta.content or ""
    return said, stream.response.headers["x-request-id"]


async def test_an_async_task_that_is_cancelled_stops_the_model_server(
    customer: Customer, model_server: ModelServerProcess
) -> None:
    before = model_server.state()["cancelled"]
    async with customer.openai_async(max_retries=0) as client:
        task = asyncio.create_task(_stream(client, 2_000))
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    model_server.wait(lambda state: state["cancelled"] > before)
