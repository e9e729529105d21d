# SPDX-License-Identifier: Apache-2.0
"""The teacher's answers in the OpenAI dialect, whole and streamed: pieces in, JSON out, nothing else."""

import codecs
from collections.abc import Iterator
from typing import Any

import msgspec

from stillwatch.arena.teacher.speaking import Speaker, Spoken, Wishes

_json = msgspec.json.Encoder()


class Utterance:
    """One answer while it is spoken: counts its tokens, keeps its text whole, stops where the caller said.

    Iterating gives each token with the text it completes; a token inside a character completes none.

    Args:
        speaker: The teacher.
        question: Tokens of the question.
        wishes: How to answer.
        stop: Texts at which the answer ends; they are not part of it.
    """

    def __init__(self, speaker: Speaker, question: list[int], wishes: Wishes, *, stop: tuple[str, ...] = ()) -> None:
        self._speaker = speaker
        self._question = question
        self._wishes = wishes
        self._stop = tuple(text for text in stop if text)
        self.tokens = 0
        self.reasoning_tokens = 0
        self.finish_reason = "length"

    def __iter__(self) -> Iterator[tuple[Spoken, str]]:
        waiting: list[tuple[Spoken, str]] = []
        for spoken, text in self._texts():
            if spoken.is_reasoning or not self._stop:
                yield spoken, text
                continue
            # What may be the beginning of a stop is kept back until the next tokens tell.
            waiting.append((spoken, text))
            said = "".join(part for _, part in waiting)
            cut = min((at for at in map(said.find, self._stop) if at >= 0), default=-1)
            if cut >= 0:
                self.finish_reason = "stop"
                yield from _shortened(waiting, cut)
                return
            if not any(said.endswith(stop[:size]) for stop in self._stop for size in range(1, len(stop))):
                yield from waiting
                waiting = []
        yield from waiting

    def _texts(self) -> Iterator[tuple[Spoken, str]]:
        """Each token with the text it completes, whatever the stops."""
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        was_reasoning, is_first = self._wishes.reasoning, True
        speaking = self._speaker.speak(self._question, self._wishes)
        while True:
            try:
                spoken = next(speaking)
            except StopIteration as over:
                self.finish_reason = "stop" if over.value else "length"
                return
            if was_reasoning and not spoken.is_reasoning:
                decoder.reset()
                is_first, was_reasoning = True, False
            self.tokens += 1
            self.reasoning_tokens += spoken.is_reasoning
            text = decoder.decode(spoken.piece)
            if is_first and text:
                text, is_first = text.lstrip(" "), False
            yield spoken, text


def _shortened(parts: list[tuple[Spoken, str]], size: int) -> Iterator[tuple[Spoken, str]]:
    """The parts with only the first ``size`` characters of their text."""
    for spoken, text in parts:
        yield spoken, text[:size]
        size = max(0, size - len(text))


def usage(utterances: list[Utterance], prompt_tokens: int) -> dict[str, Any]:
    """How many tokens went in and came out."""
    completion = sum(utterance.tokens for utterance in utterances)
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion,
        "total_tokens": prompt_tokens + completion,
        "completion_tokens_details": {"reasoning_tokens": sum(u.reasoning_tokens for u in utterances)},
    }


def chat_answer(frame: dict[str, Any], utterances: list[Utterance], prompt_tokens: int) -> bytes:
    """A whole chat completion. ``frame`` carries id, created and model."""
    choices = [_chat_choice(index, utterance) for index, utterance in enumerate(utterances)]
    return _json.encode(
        {**frame, "object": "chat.completion", "choices": choices, "usage": usage(utterances, prompt_tokens)}
    )


def _chat_choice(index: int, utterance: Utterance) -> dict[str, Any]:
    reasoning: list[str] = []
    answer: list[str] = []
    entries: list[dict[str, Any]] = []
    for spoken, text in utterance:
        (reasoning if spoken.is_reasoning else answer).append(text)
        if spoken.logprob is not None and not spoken.is_reasoning:
            entries.append(_logprob_entry(spoken))
    message: dict[str, Any] = {"role": "assistant", "content": "".join(answer), "refusal": None}
    if reasoning:
        message["reasoning_content"] = "".join(reasoning)
    return {
        "index": index,
        "message": message,
        "logprobs": {"content": entries} if entries else None,
        "finish_reason": utterance.finish_reason,
    }


def completion_answer(frame: dict[str, Any], utterances: list[Utterance], prompt_tokens: int) -> bytes:
    """A whole completion in the older form."""
    choices = []
    for index, utterance in enumerate(utterances):
        pieces = list(utterance)
        choices.append(
            {
                "index": index,
                "text": "".join(text for _, text in pieces),
                "logprobs": _completion_logprobs([spoken for spoken, _ in pieces]),
                "finish_reason": utterance.finish_reason,
            }
        )
    return _json.encode(
        {**frame, "object": "text_completion", "choices": choices, "usage": usage(utterances, prompt_tokens)}
    )


def chat_events(
    frame: dict[str, Any], utterance: Utterance, prompt_tokens: int, *, with_usage: bool
) -> Iterator[bytes]:
    """The events of a streamed chat completion, each made only when it is asked for."""
    frame = {**frame, "object": "chat.completion.chunk"}
    yield _event(frame, {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None})
    for spoken, text in utterance:
        logprobs = None if spoken.logprob is None or spoken.is_reasoning else {"content": [_logprob_entry(spoken)]}
        delta = {"reasoning_content" if spoken.is_reasoning else "content": text}
        yield _event(frame, {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": None})
    yield _event(frame, {"index": 0, "delta": {}, "finish_reason": utterance.finish_reason})
    if with_usage:
        yield _data({**frame, "choices": [], "usage": usage([utterance], prompt_tokens)})
    yield b"data: [DONE]\n\n"


def completion_events(
    frame: dict[str, Any], utterance: Utterance, prompt_tokens: int, *, with_usage: bool
) -> Iterator[bytes]:
    """The same in the older form."""
    frame = {**frame, "object": "text_completion"}
    for spoken, text in utterance:
        logprobs = _completion_logprobs([spoken])
        yield _event(frame, {"index": 0, "text": text, "logprobs": logprobs, "finish_reason": None})
    yield _event(frame, {"index": 0, "text": "", "logprobs": None, "finish_reason": utterance.finish_reason})
    if with_usage:
        yield _data({**frame, "choices": [], "usage": usage([utterance], prompt_tokens)})
    yield b"data: [DONE]\n\n"


def error_body(message: str, *, kind: str = "invalid_request_error", code: str | None = None) -> bytes:
    """An error in the dialect's own form."""
    return _json.encode({"error": {"message": message, "type": kind, "param": None, "code": code}})


def _event(frame: dict[str, Any], choice: dict[str, Any]) -> bytes:
    return _data({**frame, "choices": [choice]})


def _data(value: dict[str, Any]) -> bytes:
    return b"data: " + _json.encode(value) + b"\n\n"


def _logprob_entry(spoken: Spoken) -> dict[str, Any]:
    return {
        "token": spoken.piece.decode(errors="replace"),
        "logprob": spoken.logprob,
        "bytes": list(spoken.piece),
        "top_logprobs": [
            {"token": piece.decode(errors="replace"), "logprob": logprob, "bytes": list(piece)}
            for piece, logprob in spoken.alternatives
        ],
    }


def _completion_logprobs(spoken: list[Spoken]) -> dict[str, Any] | None:
    if not spoken or spoken[0].logprob is None:
        return None
    return {
        "tokens": [one.piece.decode(errors="replace") for one in spoken],
        "token_logprobs": [one.logprob for one in spoken],
        "top_logprobs": [{p.decode(errors="replace"): logprob for p, logprob in one.alternatives} for one in spoken],
    }
