# SPDX-License-Identifier: Apache-2.0
"""The gateway over real HTTP: what reaches the model server, what comes back, what is recorded."""

import asyncio
import json
from typing import Any

import aiohttp
import msgspec
import pytest

from fakes.gate import GOOD, GOOD_KEY
from fakes.gateway_server import ANTHROPIC_KEY, OPENAI_KEY, World, listening, make_world
from fakes.model_server_process import ModelServerProcess
from stillwatch.errors import SettingsError
from stillwatch.gateway.settings import GatewaySettings, TrustedProxySettings
from stillwatch.records.exchange import Outcome
from stillwatch.records.grant import TextPolicy
from stillwatch.records.standing import Rung

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
X_API_KEY = {"x-api-key": GOOD_KEY, "anthropic-version": "2023-06-01"}


def chat(prompt: str = "hello", **fields: Any) -> dict[str, Any]:
    return {"model": "small", "messages": [{"role": "user", "content": prompt}], **fields}


REQUESTS: list[tuple[str, dict[str, Any]]] = [
    (CHAT, chat()),
    (CHAT, chat(stream=True)),
    ("/v1/completions", {"model": "small", "prompt": "hello"}),
    ("/v1/completions", {"model": "small", "prompt": "hello", "stream": True}),
    ("/v1/embeddings", {"model": "small", "input": "hello"}),
    ("/v1/responses", {"model": "small", "input": "hello"}),
    ("/v1/responses", {"model": "small", "input": "hello", "stream": True}),
    (MESSAGES, {"model": "claude", "max_tokens": 50, "messages": [{"role": "user", "content": "hello"}]}),
    (
        MESSAGES,
        {"model": "claude", "max_tokens": 50, "messages": [{"role": "user", "content": "hello"}], "stream": True},
    ),
    ("/v1/messages/count_tokens", {"model": "claude", "messages": [{"role": "user", "content": "hello"}]}),
]
every_endpoint = pytest.mark.parametrize(
    ("path", "body"), REQUESTS, ids=[f"{path}{' stream' if body.get('stream') else ''}" for path, body in REQUESTS]
)


@every_endpoint
async def test_every_endpoint_is_served_and_recorded_once(
    world: World, client: aiohttp.ClientSession, path: str, body: dict[str, Any]
) -> None:
    async with client.post(world.url + path, json=body) as answer:
        text = await answer.text()
        assert answer.status == 200, text
    found = world.recorder.row(answer.headers["x-request-id"])
    assert found.outcome is Outcome.COMPLETED
    assert (found.prompt, found.model, found.status) == ("hello", body["model"], 200)
    assert found.input_tokens == 1
    assert not found.tokens_estimated
    assert found.sketch is None
    if path not in ("/v1/embeddings", "/v1/messages/count_tokens"):
        assert found.output_tokens == 12
        assert found.response == "word0 word1 word2 word3 word4 word5 word6 word7 word8 word9 word10 word11"


async def test_the_body_reaches_the_model_server_byte_for_byte(
    world: World, client: aiohttp.ClientSession, model_server: ModelServerProcess
) -> None:
    body = b'{ "unknown" : [1.50, "\\u00e9"],\n"model":"small","messages":[{"role":"user","content":"hi","x":null}]}\n'
    async with client.post(world.url + CHAT, data=body, headers={"content-type": "application/json"}) as answer:
        assert answer.status == 200
    assert model_server.request(answer.headers["x-request-id"]).body == body


async def test_the_answer_reaches_the_caller_byte_for_byte(
    world: World, client: aiohttp.ClientSession, model_server: ModelServerProcess
) -> None:
    for path, body in REQUESTS:
        headers = {"authorization": f"Bearer {OPENAI_KEY}", "x-api-key": ANTHROPIC_KEY}
        if body.get("stream") and "messages" in body and path == CHAT:
            body = {**body, "stream_options": {"include_usage": True}}  # noqa: PLW2901 - else usage is taken out
        if body.get("stream") and path == "/v1/completions":
            body = {**body, "stream_options": {"include_usage": True}}  # noqa: PLW2901 - as above
        direct_url = model_server.url + path.removeprefix("/v1")
        async with aiohttp.ClientSession() as bare, bare.post(direct_url, json=body, headers=headers) as direct:
            expected = await direct.read()
        async with client.post(world.url + path, json=body) as answer:
            assert await answer.read() == expected, path


async def test_no_client_credential_reaches_the_model_server(
    world: World, client: aiohttp.ClientSession, model_server: ModelServerProcess
) -> None:
    headers = {"cookie": "session=1", "x-forwarded-for": "198.51.100.1", "x-custom": "1", "openai-beta": "a=1"}
    async with client.post(world.url + CHAT, json=chat(), headers=headers) as answer:
        seen = model_server.request(answer.headers["x-request-id"])
    assert GOOD_KEY.encode() not in seen.text
    assert seen.header("authorization") == f"Bearer {OPENAI_KEY}"
    assert seen.header("openai-beta") == "a=1"
    for name in ("cookie", "x-forwarded-for", "x-custom", "x-api-key"):
        assert seen.header(name) is None


async def test_what_the_model_server_tells_of_itself_stays(world: World, client: aiohttp.ClientSession) -> None:
    async with client.post(world.url + CHAT, json=chat()) as answer:
        assert "server" not in answer.headers
        assert answer.headers["x-ratelimit-remaining-requests"] == "99"
        assert "set-cookie" not in answer.headers
        assert "x-internal-host" not in answer.headers


async def test_usage_is_asked_for_and_taken_out_again(
    world: World, client: aiohttp.ClientSession, model_server: ModelServerProcess
) -> None:
    async with client.post(world.url + CHAT, json=chat(stream=True)) as answer:
        assert b'"usage"' not in await answer.read()
    seen = json.loads(model_server.request(answer.headers["x-request-id"]).body)
    assert seen["stream_options"] == {"include_usage": True}


async def test_an_upstream_that_takes_no_stream_options_is_not_sent_any(
    client: aiohttp.ClientSession, model_server: ModelServerProcess
) -> None:
    made = make_world(model_server.url, upstream={"ask_usage": False})
    async with listening(made), client.post(made.url + CHAT, json=chat(stream=True)) as answer:
        await answer.read()
        found = made.recorder.row(answer.headers["x-request-id"])
    assert (found.output_tokens, found.tokens_estimated, found.input_tokens) == (12, True, None)
    assert b"stream_options" not in model_server.request(found.exchange_id).body


@pytest.mark.parametrize(
    ("fault", "status", "code", "outcome"),
    [
        ("status:429", 429, "upstream_status_429", Outcome.UPSTREAM_FAILED),
        ("status:500", 500, "upstream_status_500", Outcome.UPSTREAM_FAILED),
        ("status:401", 502, "upstream_status_401", Outcome.UPSTREAM_FAILED),
        ("html:502", 502, "upstream_status_502", Outcome.UPSTREAM_FAILED),
        ("close-early", 502, "upstream_closed", Outcome.UPSTREAM_FAILED),
        ("garbage", 502, "upstream_protocol", Outcome.UPSTREAM_FAILED),
        ("garbage-body", 502, "upstream_protocol", Outcome.UPSTREAM_FAILED),
        ("gzip", 502, "upstream_protocol", Outcome.UPSTREAM_FAILED),
        ("truncate", 502, "upstream_closed", Outcome.UPSTREAM_FAILED),
    ],
)
async def test_what_the_model_server_does_wrong_is_told_in_the_dialect(  # noqa: PLR0917 - one table
    world: World, client: aiohttp.ClientSession, fault: str, status: int, code: str, outcome: Outcome
) -> None:
    for path, model in ((CHAT, "small"), (MESSAGES, "claude")):
        body = {"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": f"fault:{fault}"}]}
        async with client.post(world.url + path, json=body) as answer:
            told = await answer.json()
            assert answer.status == status, told
        assert "error" in told
        found = world.recorder.row(answer.headers["x-request-id"])
        assert (found.outcome, found.refusal, found.status) == (outcome, code, status)


@pytest.mark.parametrize("fault", ["die-after:4", "truncate", "stall-after:4", "error-after:4"])
async def test_a_stream_that_breaks_off_ends_in_the_dialects_own_error(
    world: World, client: aiohttp.ClientSession, fault: str
) -> None:
    for path, model in ((CHAT, "small"), (MESSAGES, "claude"), ("/v1/responses", "small")):
        prompt = f"fault:{fault}"
        body: dict[str, Any] = {"model": model, "stream": True, "max_tokens": 50}
        body |= {"input": prompt} if path == "/v1/responses" else {"messages": [{"role": "user", "content": prompt}]}
        async with client.post(world.url + path, json=body) as answer:
            text = await answer.text()
        events = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
        last = json.loads(events[-1])
        assert "error" in last or last.get("type") == "error", text[-300:]
        assert sum("error" in json.loads(event) or '"type":"error"' in event for event in events) >= 1
        assert "[DONE]" not in events
        found = world.recorder.row(answer.headers["x-request-id"])
        assert found.outcome is Outcome.UPSTREAM_TRUNCATED
        assert found.output_tokens is None or found.output_tokens < 12 or fault == "truncate"


async def test_an_upstream_that_cannot_be_reached_is_a_502(world: World, client: aiohttp.ClientSession) -> None:
    async with client.post(world.url + CHAT, json={**chat(), "model": "gone"}) as answer:
        told = await answer.json()
    assert (answer.status, told["error"]["code"]) == (502, "upstream_connect")
    assert "127.0.0.1" not in told["error"]["message"]


async def test_an_upstream_that_stalls_is_a_504(
    client: aiohttp.ClientSession, model_server: ModelServerProcess
) -> None:
    made = make_world(model_server.url, upstream={"first_byte_timeout_seconds": 0.2})
    async with listening(made), client.post(made.url + CHAT, json=chat("fault:stall")) as answer:
        told = await answer.json()
    assert (answer.status, told["error"]["code"]) == (504, "upstream_first_byte_timeout")


async def test_a_caller_that_leaves_mid_stream_cancels_the_upstream_and_is_counted(
    world: World, client: aiohttp.ClientSession, model_server: ModelServerProcess
) -> None:
    before = model_server.state()["cancelled"]
    body = chat("say:1000 fault:slow:0.01", stream=True)
    async with client.post(world.url + CHAT, json=body) as answer:
        async for line in answer.content:
            if b"word4" in line:
                break
        answer.close()
    await asyncio.to_thread(model_server.wait, lambda state: state["cancelled"] == before + 1)
    await world.recorder.wait()
    found = world.recorder.row(answer.headers["x-request-id"])
    assert (found.outcome, found.tokens_estimated) == (Outcome.CLIENT_ABORTED, True)
    assert 5 <= (found.output_tokens or 0) < 1000


async def test_a_stream_whose_model_is_closed_is_cut_with_a_word_and_on_record(
    world: World, client: aiohttp.ClientSession, model_server: ModelServerProcess
) -> None:
    before = model_server.state()["cancelled"]
    for path, body in [
        (CHAT, chat("say:1000 fault:slow:0.01", stream=True)),
        (
            MESSAGES,
            {
                "model": "claude",
                "max_tokens": 2000,
                "messages": [{"role": "user", "content": "say:1000 fault:slow:0.01"}],
                "stream": True,
            },
        ),
    ]:
        async with client.post(world.url + path, json=body) as answer:
            async for line in answer.content:
                if b"word4" in line:
                    break
            world.gate.cut_models.add(body["model"])
            world.gateway.end_barred()
            rest = await answer.content.read()
        assert b"A directive closed this model." in rest
        assert b"[DONE]" not in rest
        found = world.recorder.row(answer.headers["x-request-id"])
        assert (found.outcome, found.refusal, found.policy_rules) == (
            Outcome.CUT,
            "policy_denied",
            "directive/d-1/small",
        )
        assert found.tokens_estimated
        assert 4 <= (found.output_tokens or 0) < 1000
    await asyncio.to_thread(model_server.wait, lambda state: state["cancelled"] == before + 2)


@pytest.mark.parametrize("stream", [False, True])
async def test_what_waits_for_its_answer_when_its_model_is_closed_is_refused(
    world: World, client: aiohttp.ClientSession, *, stream: bool
) -> None:
    asking = asyncio.create_task(client.post(world.url + CHAT, json=chat("fault:stall", stream=stream)))
    async with asyncio.timeout(5):
        while not world.recorder.begun:  # noqa: ASYNC110 - a beginning is not announced
            await asyncio.sleep(0.01)
    world.gate.cut_models.add("small")
    world.gateway.end_barred()
    async with await asking as answer:
        told = await answer.json()
    assert (answer.status, told["error"]["code"]) == (403, "policy_denied")
    assert answer.headers["x-should-retry"] == "false"
    assert world.recorder.rows[0].outcome is Outcome.CUT


async def test_a_caller_that_leaves_before_the_first_byte_cancels_the_upstream(
    world: World, client: aiohttp.ClientSession, model_server: ModelServerProcess
) -> None:
    before = model_server.state()["cancelled"]
    with pytest.raises(TimeoutError):
        async with client.post(world.url + CHAT, json=chat("fault:stall"), timeout=aiohttp.ClientTimeout(0.2)):
            pass
    await asyncio.to_thread(model_server.wait, lambda state: state["cancelled"] == before + 1)
    await world.recorder.wait()
    assert world.recorder.rows[0].outcome is Outcome.CLIENT_ABORTED
    assert world.recorder.rows[0].prompt == "fault:stall"


async def test_withheld_accounts_see_no_reasoning(world: World, client: aiohttp.ClientSession) -> None:
    world.gate.stances[GOOD_KEY] = msgspec.structs.replace(GOOD, rung=Rung.WITHHOLD)
    for stream in (False, True):
        for path, body in [
            (CHAT, chat(stream=stream, reasoning_effort="high", logprobs=True)),
            ("/v1/responses", {"model": "small", "input": "hi", "stream": stream, "reasoning": {"effort": "high"}}),
        ]:
            async with client.post(world.url + path, json=body) as answer:
                text = await answer.text()
            assert answer.status == 200
            assert answer.headers["x-stillwatch-withheld"] == "reasoning, logprobs"
            assert "thought" not in text, path
            assert "word11" in text


async def test_texts_are_hashed_where_the_organisation_has_it_so(world: World, client: aiohttp.ClientSession) -> None:
    world.gate.stances[GOOD_KEY] = msgspec.structs.replace(GOOD, text_policy=TextPolicy.HASH)
    async with client.post(world.url + CHAT, json=chat("x" * 300_000)) as answer:
        assert answer.status == 200
    found = world.recorder.row(answer.headers["x-request-id"])
    assert found.prompt.startswith("sha256:")
    assert len(found.prompt) == len("sha256:") + 64
    assert found.response is None
    assert found.sketch == b"sketch of " + b"x" * 20


async def test_a_disk_that_is_full_fails_closed(
    world: World, client: aiohttp.ClientSession, model_server: ModelServerProcess
) -> None:
    world.recorder.is_writable = False
    async with client.post(world.url + CHAT, json=chat()) as answer:
        assert answer.status == 503
    assert model_server.received() == []
    async with client.get(world.url + "/readyz") as answer:
        assert answer.status == 503
    world.recorder.is_writable = True
    world.recorder.fails_to_finish = True
    async with client.post(world.url + CHAT, json=chat()) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (503, "record_unavailable")
    async with client.post(world.url + CHAT, json=chat(stream=True)) as answer:
        text = await answer.text()
        assert "[DONE]" not in text
        assert "record_unavailable" in text


async def test_the_last_byte_waits_for_the_row(world: World, client: aiohttp.ClientSession) -> None:
    world.recorder.seconds_to_finish = 0.3
    async with client.post(world.url + CHAT, json=chat("say:3", stream=True)) as answer:
        lines = []
        async for line in answer.content:
            lines.append(line)
            if b'finish_reason":"stop' in line:
                assert not world.recorder.rows
            if b"[DONE]" in line:
                assert world.recorder.row(answer.headers["x-request-id"])
        assert lines[-2:] == [b"data: [DONE]\n", b"\n"]


@pytest.mark.parametrize(
    ("headers", "data", "status"),
    [
        ({"content-encoding": "gzip"}, b"{}", 415),
        ({"content-type": "text/plain"}, b"{}", 415),
        ({}, b"", 400),
        ({}, b"[]", 400),
        ({}, b'{"model":"small"}', 400),
        ({}, b'{"model":"small","messages":[{"role":"user","content":"\xff"}]}', 400),
        ({}, b"[" * 50_000, 400),
        ({"x-api-key": "other"}, b"{}", 401),
        ({}, b'{"model":"nobody","messages":[]}', 404),
    ],
)
async def test_bad_requests_are_told_what_is_wrong(
    world: World, client: aiohttp.ClientSession, headers: dict[str, str], data: bytes, status: int
) -> None:
    for path in (CHAT, MESSAGES):
        sent = {"content-type": "application/json", **headers}
        async with client.post(world.url + path, data=data, headers=sent) as answer:
            told = await answer.json()
        assert (answer.status, answer.headers["x-should-retry"]) == (status, "false")
        assert told["error"]["message"]
        assert world.recorder.row(answer.headers["x-request-id"]).outcome is Outcome.REFUSED


async def test_a_body_beyond_the_limit_is_a_413(
    client: aiohttp.ClientSession, model_server: ModelServerProcess
) -> None:
    made = make_world(model_server.url, settings=GatewaySettings(body_limit_bytes=2_000))

    async def chunked() -> Any:
        for _ in range(100):
            yield b"x" * 100

    async with listening(made):
        for data in (b"x" * 3_000, chunked()):
            headers = {"content-type": "application/json"}
            async with client.post(made.url + CHAT, data=data, headers=headers) as answer:
                assert answer.status == 413
        assert {row.refusal for row in made.recorder.rows} == {"body_too_large"}


async def test_a_slow_body_is_a_408(model_server: ModelServerProcess) -> None:
    made = make_world(model_server.url, settings=GatewaySettings(body_timeout_seconds=0.2))
    async with listening(made):
        reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
        head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {GOOD_KEY}\r\ncontent-length: 50\r\n"
        writer.write(head.encode() + b"content-type: application/json\r\n\r\n{")
        assert (await reader.readline()).startswith(b"HTTP/1.1 408")
        writer.close()
        assert made.recorder.rows[0].refusal == "slow_body"


async def test_a_caller_that_leaves_within_its_body_has_a_row(world: World) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", world.port)
    head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {GOOD_KEY}\r\ncontent-length: 50\r\n"
    writer.write(head.encode() + b"content-type: application/json\r\n\r\n{")
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.close()
    await world.recorder.wait()
    assert world.recorder.rows[0].outcome is Outcome.CLIENT_ABORTED


async def test_models_are_listed_in_the_callers_dialect(world: World, client: aiohttp.ClientSession) -> None:
    world.gate.closed_models = {"small"}
    async with client.get(world.url + "/v1/models") as answer:
        names = [model["id"] for model in (await answer.json())["data"]]
        assert "claude" in names
        assert "small" not in names
    async with client.get(world.url + "/v1/models", headers=X_API_KEY) as answer:
        assert (await answer.json())["has_more"] is False
    async with client.get(world.url + "/v1/models/claude") as answer:
        assert (await answer.json())["id"] == "claude"
    async with client.get(world.url + "/v1/models/small") as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v1/files", 404),
        ("GET", "/v1/chat/completions", 405),
        ("POST", "/v1/models", 405),
        ("GET", "/v1/messages/batches", 404),
        ("GET", "/", 404),
        ("GET", "/metrics", 404),
        ("POST", "/access/v1/evaluation", 404),
        ("GET", "/ext_authz", 404),
    ],
)
async def test_nothing_else_is_served(
    world: World, client: aiohttp.ClientSession, method: str, path: str, status: int
) -> None:
    async with client.request(method, world.url + path) as answer:
        assert answer.status == status
        assert "error" in await answer.json()


async def test_health_is_told_without_a_key(world: World) -> None:
    async with aiohttp.ClientSession() as bare:
        for path, status in (("/healthz", 200), ("/readyz", 200)):
            async with bare.get(world.url + path) as answer:
                assert answer.status == status
        world.gateway.drain()
        async with bare.get(world.url + "/readyz") as answer:
            assert answer.status == 503


async def test_a_trusted_proxy_is_believed(client: aiohttp.ClientSession, model_server: ModelServerProcess) -> None:
    trusted = TrustedProxySettings.model_validate({"networks": ["127.0.0.0/8"], "country_header": "x-country"})
    made = make_world(model_server.url, settings=GatewaySettings(trusted_proxies=trusted))
    async with listening(made):
        headers = {"x-forwarded-for": "203.0.113.5, 198.51.100.1", "x-country": "de"}
        async with client.post(made.url + CHAT, json=chat(), headers=headers) as answer:
            await answer.read()
    found = made.recorder.row(answer.headers["x-request-id"])
    assert (found.client_ip, found.country) == ("198.51.100.1", "DE")
    assert made.gate.asked[0][1] == "198.51.100.1"


async def test_everything_is_counted(world: World, client: aiohttp.ClientSession) -> None:
    for body in (chat(), chat(stream=True), {"model": "gone", "messages": []}):
        async with client.post(world.url + CHAT, json=body) as answer:
            await answer.read()
    async with client.post(world.url + CHAT, json=chat(), headers={"authorization": "Bearer bad"}) as answer:
        await answer.read()
    counters = {tuple(row[:-1]): row[-1] for row in world.meters.export()["counters"]}
    assert counters["stillwatch_requests", "chat.completions", "2xx", "completed"] == 2
    assert counters["stillwatch_requests", "chat.completions", "5xx", "upstream_failed"] == 1
    assert counters["stillwatch_refusals", "invalid_api_key"] == 1
    assert counters["stillwatch_upstream_errors", "nowhere", "connect"] == 1
    assert counters["stillwatch_tokens", "output"] == 24
    await asyncio.sleep(0.05)
    assert world.meters.export()["gauges"]["stillwatch_in_flight"] == 0
    assert not any(key in str(world.meters.export()) for key in (GOOD_KEY, "acct-1", "org-1"))


def test_a_credential_that_is_not_there_stops_the_gateway_at_its_start() -> None:
    with pytest.raises(SettingsError, match="OPENAI_KEY"):
        make_world("http://127.0.0.1:1/v1", environment={"OPENAI_KEY": ""})
