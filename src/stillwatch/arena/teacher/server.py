# SPDX-License-Identifier: Apache-2.0
"""Serves the teacher over HTTP in the OpenAI dialect, as a process of its own.

``python -m stillwatch.arena.teacher.server`` trains it, listens, prints one line of JSON with its address, and serves
until SIGTERM or until its standard input closes, so that it cannot outlive whoever started it.
"""

import argparse
import asyncio
import base64
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import msgspec
import uvloop

from stillwatch.arena.teacher.answers import (
    Utterance,
    chat_answer,
    chat_events,
    completion_answer,
    completion_events,
    error_body,
)
from stillwatch.arena.teacher.http import Answer, Connection, Request
from stillwatch.arena.teacher.requests import (
    ChatRequest,
    CompletionRequest,
    EmbeddingRequest,
    chat_request,
    completion_request,
    embedding_request,
)
from stillwatch.arena.teacher.speaking import Speaker
from stillwatch.arena.teacher.training import Curriculum, teach
from stillwatch.errors import BadInput

MODEL = "teacher-1"
"""The name under which the teacher is asked for."""


class Classroom:
    """Turns requests into answers.

    Args:
        speaker: The teacher.
        created: Seconds since the epoch, written into each answer.
    """

    def __init__(self, speaker: Speaker, *, created: Callable[[], int]) -> None:
        self._speaker = speaker
        self._created = created
        self._numbers = count(1)
        self._routes: dict[tuple[str, str], Callable[[bytes], Answer]] = {
            ("POST", "/v1/chat/completions"): self._chat,
            ("POST", "/v1/completions"): self._complete,
            ("POST", "/v1/embeddings"): self._embed,
            ("GET", "/v1/models"): self._models,
            ("GET", f"/v1/models/{MODEL}"): self._model,
            ("GET", "/healthz"): lambda _: Answer(200, b'{"status":"ok"}'),
        }

    def answer(self, request: Request) -> Answer:
        """The answer to any request; never raises for what a caller can send."""
        route = self._routes.get((request.method, request.path))
        if route is None:
            known = any(path == request.path for _, path in self._routes)
            status, message = (405, "Method not allowed.") if known else (404, f"No such route: {request.path}")
            return Answer(status, error_body(message))
        try:
            return route(request.body)
        except BadInput as error:
            return Answer(400, error_body(str(error)))

    def _chat(self, body: bytes) -> Answer:
        request = chat_request(body)
        if request.model != MODEL:
            return _unknown_model(request.model)
        question = self._speaker.vocabulary.encode(request.question)
        earlier = sum(len(self._speaker.vocabulary.encode(m.text)) for m in request.messages[:-1] if m.role != "system")
        utterances = self._utterances(request, question)
        frame = self._frame("chatcmpl")
        if request.stream:
            with_usage = bool(request.stream_options and request.stream_options.include_usage)
            events = chat_events(frame, utterances[0], len(question) + earlier, with_usage=with_usage)
            return Answer(200, events, b"text/event-stream")
        return Answer(200, chat_answer(frame, utterances, len(question) + earlier))

    def _complete(self, body: bytes) -> Answer:
        request = completion_request(body)
        if request.model != MODEL:
            return _unknown_model(request.model)
        question = self._speaker.vocabulary.encode(request.question)
        utterances = self._utterances(request, question)
        frame = self._frame("cmpl")
        if request.stream:
            with_usage = bool(request.stream_options and request.stream_options.include_usage)
            events = completion_events(frame, utterances[0], len(question), with_usage=with_usage)
            return Answer(200, events, b"text/event-stream")
        return Answer(200, completion_answer(frame, utterances, len(question)))

    def _embed(self, body: bytes) -> Answer:
        request = embedding_request(body)
        if request.model != MODEL:
            return _unknown_model(request.model)
        texts = _token_lists(request, self._speaker)
        vectors = [self._speaker.embed(tokens) for tokens in texts]
        as_base64 = request.encoding_format == "base64"
        data = [
            {
                "object": "embedding",
                "index": index,
                "embedding": base64.b64encode(vector.tobytes()).decode() if as_base64 else vector.tolist(),
            }
            for index, vector in enumerate(vectors)
        ]
        tokens = sum(map(len, texts))
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return Answer(200, msgspec.json.encode({"object": "list", "model": MODEL, "data": data, "usage": usage}))

    def _models(self, _: bytes) -> Answer:
        return Answer(200, msgspec.json.encode({"object": "list", "data": [self._model_card()]}))

    def _model(self, _: bytes) -> Answer:
        return Answer(200, msgspec.json.encode(self._model_card()))

    def _model_card(self) -> dict[str, object]:
        return {"id": MODEL, "object": "model", "created": self._created(), "owned_by": "arena"}

    def _utterances(self, request: ChatRequest | CompletionRequest, question: list[int]) -> list[Utterance]:
        stop = (request.stop,) if isinstance(request.stop, str) else tuple(request.stop or ())
        wishes = request.wishes
        choices = 1 if request.stream else request.n or 1
        return [
            Utterance(
                self._speaker,
                question,
                wishes if wishes.seed is None else replace(wishes, seed=wishes.seed + index),
                stop=stop,
            )
            for index in range(choices)
        ]

    def _frame(self, prefix: str) -> dict[str, object]:
        return {"id": f"{prefix}-{next(self._numbers):08d}", "created": self._created(), "model": MODEL}


def _unknown_model(name: str) -> Answer:
    message = f"The model {name!r} does not exist."
    return Answer(404, error_body(message, code="model_not_found"))


def _token_lists(request: EmbeddingRequest, speaker: Speaker) -> list[list[int]]:
    """The tokens of each input, which may be texts or tokens already."""
    size = len(speaker.vocabulary)
    given = [request.input] if isinstance(request.input, str) else request.input
    lists: list[list[int]] = []
    loose: list[int] = []
    for item in given:
        if isinstance(item, str):
            lists.append(speaker.vocabulary.encode(item))
        elif isinstance(item, int):
            loose.append(item)
        else:
            lists.append(item)
    if loose:  # A list of integers is one text.
        lists.append(loose)
    if any(not 0 <= token < size for tokens in lists for token in tokens):
        raise BadInput("'input' names tokens that do not exist.", hint=f"Tokens are below {size}.")
    return lists


async def serve(classroom: Classroom, *, port: int, ready: Callable[[int], None], stop: asyncio.Event) -> None:
    """Serve until ``stop`` is set; answers being spoken then are finished first, for at most five seconds.

    Args:
        classroom: Gives the answers.
        port: TCP port on 127.0.0.1; 0 takes a free one.
        ready: Is told the port once it listens.
        stop: Ends the serving.
    """
    live: set[Connection] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(classroom.answer, live), "127.0.0.1", port, backlog=512)
    ready(server.sockets[0].getsockname()[1])
    await stop.wait()
    server.close()
    for _ in range(500):
        for connection in list(live):
            connection.close_when_idle()
        if not live:
            break
        await asyncio.sleep(0.01)


async def _main(arguments: argparse.Namespace) -> None:
    started = time.perf_counter()
    taught = teach(Curriculum(seed=arguments.seed, lessons=arguments.lessons))
    seconds = time.perf_counter() - started
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with contextlib.suppress(OSError, ValueError):  # Standard input may be a file or closed already.
        loop.add_reader(sys.stdin.fileno(), lambda: None if os.read(sys.stdin.fileno(), 1024) else stop.set())

    def ready(port: int) -> None:
        line = {
            "port": port,
            "train_seconds": round(seconds, 2),
            "perplexity": round(taught.perplexity, 2),
            "unigram_perplexity": round(taught.unigram_perplexity, 2),
            "vocabulary": len(taught.vocabulary),
            "parameters": sum(array.size for array in taught.weights.arrays()),
        }
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    classroom = Classroom(Speaker(taught, seed=arguments.seed), created=lambda: int(time.time()))
    await serve(classroom, port=arguments.port, ready=ready, stop=stop)


def main() -> None:
    """Train, listen, serve."""
    parser = argparse.ArgumentParser(prog="stillwatch-teacher", description="The arena's teacher.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lessons", type=int, default=Curriculum().lessons)
    uvloop.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
