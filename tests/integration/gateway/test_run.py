# SPDX-License-Identifier: Apache-2.0
"""The shell gives every exchange one row and one answer, whatever breaks around it."""

import logging
from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest

from fakes.caller import ScriptedCaller
from fakes.gate import GOOD, GOOD_KEY, DictGate, ListRecorder
from stillwatch.gateway.interface import UpstreamAnswer, UpstreamRequest
from stillwatch.gateway.meters import Meters
from stillwatch.gateway.server import Gateway
from stillwatch.gateway.settings import GatewaySettings, ModelSettings, UpstreamSettings
from stillwatch.records.exchange import Exchange, Outcome
from stillwatch.records.grant import TextPolicy

BODY = b'{"model":"m","messages":[{"role":"user","content":"a secret"}]}'
STREAMED = BODY.replace(b"{", b'{"stream":true,', 1)
WHOLE = b'{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}'
CHUNK = b'data: {"choices":[{"index":0,"delta":{"content":"so"}}]}\n\n'
DONE = b"data: [DONE]\n\n"


class Canned:
    """An upstream that answers from memory, and notes how it was used."""

    def __init__(self, *chunks: bytes, kind: str = "application/json", breaks: Exception | None = None) -> None:
        self.headers: Sequence[tuple[str, str]] = (("content-type", kind),)
        self.status = 200
        self.closed = 0
        self.opened = 0
        self._chunks = list(chunks)
        self._breaks = breaks

    async def open(self, request: UpstreamRequest) -> UpstreamAnswer:
        del request
        self.opened += 1
        if self._breaks is not None:
            raise self._breaks
        return self

    async def chunks(self) -> AsyncIterator[bytes]:
        while self._chunks:
            yield self._chunks.pop(0)

    async def aclose(self) -> None:
        self.closed += 1


class Bench:
    """A gateway on canned parts."""

    def __init__(
        self, upstream: Canned, *, policy: TextPolicy = TextPolicy.KEEP, sketcher_breaks: bool = False
    ) -> None:
        self.gate = DictGate({GOOD_KEY: msgspec.structs.replace(GOOD, text_policy=policy)})
        self.upstream, self.recorder, self.meters = upstream, ListRecorder(), Meters()

        def sketcher(exchange: Exchange) -> bytes:
            if sketcher_breaks:
                raise ValueError(exchange.exchange_id)
            return b"sketch"

        self.gateway = Gateway(
            settings=GatewaySettings(),
            models={"m": ModelSettings(upstream="u")},
            upstream_settings={"u": UpstreamSettings(base_url="http://x/v1")},
            gate=self.gate,
            recorder=self.recorder,
            sketcher=sketcher,
            upstreams={"u": upstream},
            now_us=lambda: 7,
            meters=self.meters,
            environment={},
        )

    async def post(self, body: bytes = BODY) -> ScriptedCaller:
        headers = {"authorization": f"Bearer {GOOD_KEY}"}
        caller = ScriptedCaller("POST", "/v1/chat/completions", body=body, headers=headers)
        await self.gateway.handle(caller)
        return caller

    @property
    def faults(self) -> float:
        return sum(float(row[-1]) for row in self.meters.export()["counters"] if row[0] == "stillwatch_faults")


async def test_a_whole_answer_is_given_out_and_its_connection_given_back() -> None:
    bench = Bench(Canned(WHOLE[:10], WHOLE[10:]))
    caller = await bench.post()
    assert caller.answered is not None
    assert (caller.answered[0], caller.answered[2]) == (200, WHOLE)
    assert bench.upstream.closed == 1
    assert bench.recorder.rows[0].sketch is None


@pytest.mark.parametrize("policy", [TextPolicy.HASH, TextPolicy.DROP])
async def test_what_the_record_does_not_keep_is_sketched(policy: TextPolicy) -> None:
    bench = Bench(Canned(WHOLE), policy=policy)
    await bench.post()
    assert bench.recorder.rows[0].sketch == b"sketch"


async def test_the_rest_behind_the_last_event_is_read_so_that_the_connection_serves_again() -> None:
    upstream = Canned(CHUNK, DONE, b": bye\n\n", kind="text/event-stream")
    caller = await Bench(upstream).post(STREAMED)
    assert caller.sent == [CHUNK, DONE]
    assert caller.has_ended
    assert [chunk async for chunk in upstream.chunks()] == []


async def test_an_unexpected_error_is_a_500_with_one_row_and_a_traceback_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench(Canned(breaks=RuntimeError("boom")))
    with caplog.at_level(logging.ERROR):
        caller = await bench.post()
    assert caller.answered is not None
    assert caller.answered[0] == 500
    assert b"boom" not in caller.answered[2]
    assert [row.outcome for row in bench.recorder.rows] == [Outcome.INTERRUPTED]
    assert bench.faults == 1
    assert "boom" in caplog.text
    assert "secret" not in caplog.text
    assert GOOD_KEY not in caplog.text


async def test_a_sketcher_that_breaks_costs_the_sketch_alone() -> None:
    bench = Bench(Canned(WHOLE), policy=TextPolicy.HASH, sketcher_breaks=True)
    caller = await bench.post()
    assert caller.answered is not None
    assert caller.answered[0] == 200
    assert bench.recorder.rows[0].sketch is None
    assert bench.faults == 1


async def test_a_recorder_that_breaks_in_an_unknown_way_fails_closed() -> None:
    bench = Bench(Canned(WHOLE))

    def broken(_: Exchange) -> None:
        raise OSError("disk on fire")

    bench.recorder.on_finish = broken
    caller = await bench.post()
    assert caller.answered is not None
    assert caller.answered[0] == 503
    assert WHOLE not in caller.answered[2]


async def test_nothing_is_forwarded_that_cannot_be_recorded() -> None:
    bench = Bench(Canned(WHOLE))
    bench.recorder.is_writable = False
    caller = await bench.post()
    assert caller.answered is not None
    assert caller.answered[0] == 503
    assert bench.upstream.opened == 0


async def test_an_answer_beyond_the_limit_is_refused() -> None:
    bench = Bench(Canned(*[b"x" * (8 << 20)] * 9))
    caller = await bench.post()
    assert caller.answered is not None
    assert caller.answered[0] == 502
    assert bench.recorder.rows[0].refusal == "upstream_protocol"


async def test_an_announced_body_beyond_the_limit_is_not_read() -> None:
    bench = Bench(Canned(WHOLE))
    headers = {"authorization": f"Bearer {GOOD_KEY}", "content-length": str(1 << 40)}
    caller = ScriptedCaller("POST", "/v1/chat/completions", headers=headers)
    caller.body = None
    await bench.gateway.handle(caller)
    assert caller.answered is not None
    assert caller.answered[0] == 413
