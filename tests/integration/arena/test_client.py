# SPDX-License-Identifier: Apache-2.0
import dataclasses

import pytest

from stillwatch.arena.client import Client
from stillwatch.arena.prompts.generated import GeneratedLibrary
from stillwatch.arena.schedule import START_US, Caller, Planned
from stillwatch.arena.teacher.server import MODEL
from stillwatch.arena.world import World
from stillwatch.errors import UpstreamError


@pytest.fixture
def caller() -> Caller:
    return World(seed=1, days=1, library=GeneratedLibrary()).caller("person")


def client_of(port: int, caller: Caller) -> Client:
    return Client(base_url=f"http://127.0.0.1:{port}/v1", model=MODEL, api_keys={caller.account_id: "key"})


@pytest.mark.parametrize("stream", [False, True])
async def test_answer_is_read_whole_and_streamed(teacher_port: int, caller: Caller, *, stream: bool) -> None:
    request = Planned(
        at_us=START_US, caller=caller, prompt="How do I harvest honey?", stream=stream, temperature=0.0, tools=10
    )
    async with client_of(teacher_port, caller) as client:
        plain = await client.send(request)
        reasoned = await client.send(dataclasses.replace(request, reasoning=True, logprobs=True, max_tokens=60))
    assert plain.is_served
    assert plain.text
    assert not plain.has_reasoning
    assert reasoned.has_reasoning


async def test_conversation_carries_what_was_said_before(teacher_port: int, caller: Caller) -> None:
    first = Planned(at_us=START_US, caller=caller, prompt="What is a hive?", conversation="c", system="Be brief.")
    async with client_of(teacher_port, caller) as client:
        one = await client.send(first)
        await client.send(dataclasses.replace(first, prompt="And a queen?"))
        history = client._conversations["c"]
    assert [message["role"] for message in history] == ["user", "assistant", "user", "assistant"]
    assert history[0]["content"] == "What is a hive?"
    assert history[1]["content"] == one.text


async def test_refusal_is_an_answer_with_its_code(teacher_port: int, caller: Caller) -> None:
    async with Client(
        base_url=f"http://127.0.0.1:{teacher_port}/v1", model="other", api_keys={caller.account_id: "key"}
    ) as client:
        answered = await client.send(Planned(at_us=START_US, caller=caller, prompt="x"))
    assert (answered.status, answered.code, answered.is_served) == (404, "model_not_found", False)


async def test_gateway_that_is_not_there_is_an_upstream_error(caller: Caller) -> None:
    async with client_of(1, caller) as client:
        with pytest.raises(UpstreamError):
            await client.send(Planned(at_us=START_US, caller=caller, prompt="x"))
