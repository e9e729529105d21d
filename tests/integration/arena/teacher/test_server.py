# SPDX-License-Identifier: Apache-2.0
import base64
import json
import os
import signal
import struct
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import openai
import pytest
from openai import OpenAI

from stillwatch.arena.teacher.server import MODEL


@pytest.fixture(scope="module")
def client(teacher_port: int) -> OpenAI:
    return OpenAI(base_url=f"http://127.0.0.1:{teacher_port}/v1", api_key="unused", max_retries=0)


def test_official_client_chats(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "How do I harvest honey?"}], max_tokens=20
    )
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason in {"stop", "length"}
    assert answer.usage is not None
    assert 0 < answer.usage.completion_tokens <= 20


def test_official_client_streams_what_it_would_be_told_whole(client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "How do I harvest honey?"}],
        temperature=0,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    whole = client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "How do I harvest honey?"}], temperature=0
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert chunks[-1].usage == whole.usage
    assert len(chunks) > 4


def test_reasoning_comes_apart_from_the_answer(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "The numbers 3, 6, 9, 12 follow a rule. State the rule."}],
        reasoning_effort="high",
        max_tokens=120,
        temperature=0.2,
    )
    message = answer.choices[0].message
    assert len(message.model_dump()["reasoning_content"]) > 20
    assert message.content


def test_logprobs_are_logarithms_of_probabilities(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "What does hive mean in bees?"}],
        logprobs=True,
        top_logprobs=4,
        temperature=0,
    )
    assert answer.choices[0].logprobs is not None
    assert answer.choices[0].logprobs.content
    for entry in answer.choices[0].logprobs.content:
        assert entry.logprob <= 0
        assert entry.top_logprobs[0].logprob == pytest.approx(entry.logprob)
        assert len(entry.top_logprobs) == 4


def test_several_choices_and_seeds(client: OpenAI) -> None:
    def ask(seed: int) -> list[str | None]:
        answer = client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "hello"}], n=3, seed=seed, temperature=1.3
        )
        return [choice.message.content for choice in answer.choices]

    assert ask(4) == ask(4)
    assert len(set(ask(4))) > 1


def test_older_completions_and_stop(client: OpenAI) -> None:
    full = client.completions.create(model=MODEL, prompt="Why is the crumb dense?", temperature=0).choices[0].text
    stop = full.split()[1]
    cut = client.completions.create(model=MODEL, prompt="Why is the crumb dense?", temperature=0, stop=stop)
    assert cut.choices[0].text == full[: full.index(stop)]


def test_embeddings_of_like_texts_are_nearer_than_of_unlike_ones(client: OpenAI) -> None:
    texts = ["the hive and the queen", "the queen of the hive", "reef the jib and the halyard"]
    found = client.embeddings.create(model=MODEL, input=texts)
    one, like, unlike = (entry.embedding for entry in found.data)
    assert sum(a * b for a, b in zip(one, like, strict=True)) > sum(a * b for a, b in zip(one, unlike, strict=True))


def test_embeddings_in_base64_are_the_same_numbers(teacher_port: int) -> None:
    def ask(form: str) -> object:
        body = {"model": MODEL, "input": "honey", "encoding_format": form}
        return json.loads(posted(teacher_port, "/v1/embeddings", json.dumps(body).encode()))["data"][0]["embedding"]

    encoded = ask("base64")
    assert isinstance(encoded, str)
    raw = base64.b64decode(encoded)
    assert list(struct.unpack(f"<{len(raw) // 4}f", raw)) == ask("float")


def posted(port: int, path: str, body: bytes) -> bytes:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=body)
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - the same
        found: bytes = answer.read()
    return found


def test_models_are_listed(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).id == MODEL


def test_unknown_model_and_senseless_request_are_told_in_the_dialect(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(model="other", messages=[{"role": "user", "content": "x"}])
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model=MODEL, messages=[], temperature=1)
    with pytest.raises(openai.NotFoundError):
        client.post("/nothing", body={}, cast_to=object)
    with pytest.raises(openai.BadRequestError):
        client.embeddings.create(model=MODEL, input=[10**6])


def test_caller_that_leaves_mid_stream_disturbs_nobody(client: OpenAI) -> None:
    for _ in range(5):
        stream = client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "hello"}], stream=True, reasoning_effort="high"
        )
        next(iter(stream))
        stream.close()
    assert client.models.list().data


@pytest.mark.slow
def test_one_core_gives_400_answers_a_second(teacher_port: int) -> None:
    body = json.dumps(
        {"model": MODEL, "messages": [{"role": "user", "content": "How do I prune a pear tree?"}], "max_tokens": 24}
    ).encode()
    posted(teacher_port, "/v1/chat/completions", body)
    pid = next(
        int(line.split("pid=")[1].split(",")[0])
        for line in subprocess.run(["ss", "-ltnpH"], capture_output=True, text=True, check=True).stdout.splitlines()
        if f"127.0.0.1:{teacher_port} " in line
    )

    def cpu_seconds() -> float:
        with Path(f"/proc/{pid}/stat").open() as stat:
            fields = stat.read().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before, count = cpu_seconds(), 600
    for _ in range(count):
        posted(teacher_port, "/v1/chat/completions", body)
    # CPU time of the teacher alone: what others do on this machine meanwhile does not count.
    assert count / (cpu_seconds() - before) > 400


@pytest.mark.parametrize("end", ["signal", "closed input"])
def test_it_does_not_outlive_whoever_started_it(end: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "stillwatch.arena.teacher.server", "--lessons", "500"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        facts = json.loads(process.stdout.readline())
        assert facts["perplexity"] < facts["unigram_perplexity"] / 4
        if end == "signal":
            process.send_signal(signal.SIGTERM)
        process.stdin.close()
        began = time.monotonic()
        assert process.wait(10) == 0
        assert time.monotonic() - began < 6
