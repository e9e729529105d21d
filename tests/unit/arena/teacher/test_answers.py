# SPDX-License-Identifier: Apache-2.0
import json
from typing import Any

import pytest

from stillwatch.arena.teacher.answers import Utterance, chat_answer, chat_events, completion_answer, completion_events
from stillwatch.arena.teacher.speaking import Speaker, Wishes
from stillwatch.arena.teacher.training import Taught

FRAME: dict[str, Any] = {"id": "x", "created": 1, "model": "m"}


@pytest.fixture
def speaker(taught: Taught) -> Speaker:
    return Speaker(taught, seed=3)


def utterance(speaker: Speaker, *, stop: tuple[str, ...] = (), **wishes: Any) -> Utterance:
    question = speaker.vocabulary.encode("how do I prune a pear tree?")
    return Utterance(speaker, question, Wishes(**{"temperature": 0.0, "max_tokens": 40, **wishes}), stop=stop)


def streamed(events: list[bytes]) -> list[dict[str, Any]]:
    assert events[-1] == b"data: [DONE]\n\n"
    return [json.loads(event.removeprefix(b"data: ")) for event in events[:-1]]


def test_stream_and_whole_answer_say_the_same(speaker: Speaker) -> None:
    whole = json.loads(chat_answer(FRAME, [utterance(speaker, reasoning=True)], 7))
    events = streamed(list(chat_events(FRAME, utterance(speaker, reasoning=True), 7, with_usage=True)))
    deltas = [event["choices"][0]["delta"] for event in events if event["choices"]]
    message = whole["choices"][0]["message"]
    assert "".join(delta.get("content", "") for delta in deltas) == message["content"]
    assert "".join(delta.get("reasoning_content", "") for delta in deltas) == message["reasoning_content"]
    assert events[-1]["usage"] == whole["usage"]
    assert events[-2]["choices"][0]["finish_reason"] == whole["choices"][0]["finish_reason"]


def test_usage_counts_every_token_spoken(speaker: Speaker) -> None:
    spoken = utterance(speaker, reasoning=True, max_tokens=12)
    usage = json.loads(chat_answer(FRAME, [spoken], 5))["usage"]
    assert usage["completion_tokens"] == spoken.tokens <= 12
    assert usage["total_tokens"] == 5 + spoken.tokens
    assert usage["completion_tokens_details"]["reasoning_tokens"] == spoken.reasoning_tokens > 0


def test_stop_text_ends_the_answer_and_is_not_part_of_it(speaker: Speaker) -> None:
    full = "".join(text for _, text in utterance(speaker))
    middle = full[len(full) // 2 : len(full) // 2 + 4]
    cut = utterance(speaker, stop=(middle,))
    assert "".join(text for _, text in cut) == full[: full.find(middle)]
    assert cut.finish_reason == "stop"


def test_short_limit_finishes_for_length(speaker: Speaker) -> None:
    spoken = utterance(speaker, max_tokens=2)
    list(spoken)
    assert spoken.finish_reason == "length"


def test_each_token_carries_its_alternatives_when_asked(speaker: Speaker) -> None:
    whole = json.loads(chat_answer(FRAME, [utterance(speaker, top_logprobs=3)], 5))
    entries = whole["choices"][0]["logprobs"]["content"]
    assert len(entries) == whole["usage"]["completion_tokens"]
    assert all(len(entry["top_logprobs"]) == 3 for entry in entries)
    assert json.loads(chat_answer(FRAME, [utterance(speaker)], 5))["choices"][0]["logprobs"] is None


def test_older_form_says_the_same_streamed_and_whole(speaker: Speaker) -> None:
    whole = json.loads(completion_answer(FRAME, [utterance(speaker, top_logprobs=1)], 5))
    events = streamed(list(completion_events(FRAME, utterance(speaker, top_logprobs=1), 5, with_usage=False)))
    assert "".join(event["choices"][0]["text"] for event in events) == whole["choices"][0]["text"]
    assert len(whole["choices"][0]["logprobs"]["tokens"]) == whole["usage"]["completion_tokens"]
