# SPDX-License-Identifier: Apache-2.0
"""Carries out the commands of one exchange: every wait, and every failure that becomes a value."""

import asyncio
import hashlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from stillwatch.errors import Unavailable, UpstreamError
from stillwatch.gateway.dialects.interface import Refusal
from stillwatch.gateway.exchange import (
    LEFT,
    Answer,
    Authorize,
    Begin,
    Collect,
    Command,
    Digest,
    Draft,
    End,
    Flow,
    Forward,
    Hangup,
    Head,
    Left,
    ReadBody,
    Reconsider,
    Record,
    Relay,
    Relayed,
    turn_away,
    wanted,
)
from stillwatch.gateway.interface import (
    Caller,
    Gate,
    NowUs,
    Recorder,
    Sketcher,
    Upstream,
    UpstreamAnswer,
    Witness,
)
from stillwatch.gateway.meters import Meters
from stillwatch.gateway.settings import GatewaySettings
from stillwatch.gateway.watch import Watch
from stillwatch.records.exchange import Exchange, Outcome
from stillwatch.records.grant import Denial, Grant

_log = logging.getLogger("stillwatch.gateway")

_CLASSES = tuple(f"{hundreds}xx" for hundreds in range(10))
_OUTCOMES = {outcome: outcome.value for outcome in Outcome}
_DRAIN_SECONDS = 0.25
"""How long an upstream may take to end an answer after its last event, before its connection is cut."""


class Works(msgspec.Struct, frozen=True, kw_only=True):
    """What every exchange of a worker uses."""

    settings: GatewaySettings
    gate: Gate
    recorder: Recorder
    sketcher: Sketcher
    upstreams: Mapping[str, Upstream]
    now_us: NowUs
    meters: Meters
    tracer: Witness | None


class Run:
    """One exchange under way.

    Args:
        works: The gate, the recorder, the upstreams.
        caller: Who asked.
        draft: What is known of the exchange.
    """

    __slots__ = (
        "_answer",
        "_barred",
        "_caller",
        "_chunks",
        "_draft",
        "_is_done",
        "_row",
        "_started",
        "_upstream",
        "_waited",
        "_watch",
        "_works",
    )

    def __init__(self, works: Works, caller: Caller, draft: Draft) -> None:
        self._works = works
        self._caller = caller
        self._draft = draft
        self._watch = Watch(caller, stall_seconds=works.settings.client_stall_seconds)
        self._answer: UpstreamAnswer | None = None
        self._chunks: AsyncIterator[bytes] | None = None
        self._barred: Denial | None = None
        """Why the exchange was cut, where it was."""
        self._row: Exchange | None = None
        self._is_done = False
        self._upstream = ""
        self._started = time.perf_counter()
        self._waited = 0.0
        """Seconds spent waiting for the caller or the model server."""

    def end_if_barred(self) -> None:
        """Cut the exchange where the gate says so. It gets its row, and the caller is told."""
        draft, works = self._draft, self._works
        if self._barred is None and draft.has_begun and isinstance(draft.stance, Grant) and draft.ask is not None:
            self._barred = works.gate.must_end(draft.stance, wanted(draft.ask, draft.arrival), now_us=works.now_us())
            if self._barred is not None:
                self._watch.cut()

    async def carry_out(self, flow: Flow) -> None:
        """Carry out every command. Whatever goes wrong with us, the exchange gets its row and the caller an answer."""
        try:
            await self._carry_out(flow)
        except Exception:  # noqa: BLE001 - the edge of the exchange
            # A fault of ours: the log gets the traceback, the caller a sentence.
            _log.exception("exchange %s: unexpected error", self._draft.arrival.exchange_id)
            self._works.meters.count(("stillwatch_faults",))
            await self._give_up()
        finally:
            self._watch.stop()
            if self._answer is not None:
                await self._answer.aclose()
            self._count_time()

    async def _carry_out(self, flow: Flow) -> None:
        reply: Any = None
        while True:
            try:
                command: Command = flow.send(reply)
            except StopIteration:
                return
            act = _ACTS.get(type(command))
            reply = act(self, command) if act is not None else await _WAITS[type(command)](self, command)

    def authorize(self, command: Authorize) -> Any:
        """Ask the gate."""
        works = self._works
        return works.gate.authorize(
            command.api_key, client_ip=command.client_ip, model=None, now_us=works.now_us(), proof=command.proof
        )

    def reconsider(self, command: Reconsider) -> Any:
        """Ask the gate again."""
        works = self._works
        return works.gate.reconsider(
            command.grant, client_ip=command.client_ip, wanted=command.wanted, now_us=works.now_us()
        )

    async def read_body(self, _: ReadBody) -> bytes | Left | Refusal:
        """Read the request's body within its limits."""
        settings = self._works.settings
        limit = settings.body_limit_bytes
        announced = self._draft.arrival.content_length
        if announced is not None and announced > limit:
            return _too_large(limit)
        watch = self._watch
        began = time.perf_counter()
        if not self._caller.is_whole:
            watch.limit(settings.body_timeout_seconds)
        watch.is_guarding = True
        try:
            body = await self._caller.read(limit)
        except asyncio.CancelledError:
            if not watch.absolve():
                raise
            watch.has_cut = False
            message = f"The request's body took longer than {settings.body_timeout_seconds:g} seconds."
            return Refusal(status=408, code="slow_body", message=message, headers=(("connection", "close"),))
        finally:
            watch.is_guarding = False
            watch.stop_timer()
            self._waited += time.perf_counter() - began
        if body is None:
            return LEFT
        return _too_large(limit) if len(body) > limit else body

    def begin(self, command: Begin) -> Unavailable | None:
        """Begin the record."""
        recorder = self._works.recorder
        if not recorder.is_writable:
            self._count_record_failure("it is not writable")
            return Unavailable("The record cannot be written.")
        try:
            recorder.begin(
                exchange_id=command.exchange_id,
                ts_us=command.ts_us,
                org_id=command.org_id,
                account_id=command.account_id,
                model=command.model,
            )
        except Unavailable as error:
            self._count_record_failure(error)
            return error
        return None

    async def forward(self, command: Forward) -> Head:
        """Send the request on; make the sketch, where one is wanted, while the model server works."""
        works, watch = self._works, self._watch
        sketches: list[bytes | None] = []

        def make_sketch() -> None:
            if not sketches:
                sketches.append(None if command.draft is None else self._sketch(command.draft))

        if command.draft is not None:
            # The request is written before ``open`` first waits, so the sketch is made while the model server works.
            asyncio.get_running_loop().call_soon(make_sketch)
        self._upstream = command.upstream
        watch.look()
        began = time.perf_counter()
        failure: UpstreamError | Denial | Left | None = None
        status = 0
        headers: Sequence[tuple[str, str]] = ()
        watch.is_guarding = True
        try:
            if watch.has_cut:
                failure = self._barred or LEFT
            else:
                self._answer = answer = await works.upstreams[command.upstream].open(command.request)
                status, headers = answer.status, answer.headers
        except UpstreamError as error:
            failure = self._failed(error)
        except asyncio.CancelledError:
            if not watch.absolve():
                raise
            failure = self._barred or LEFT
        finally:
            watch.is_guarding = False
            self._waited += time.perf_counter() - began
        make_sketch()
        return Head(sketches[0], status, headers, failure)

    def _failed(self, error: UpstreamError) -> UpstreamError:
        """Tell the operator, in the error's own words; the caller is told less."""
        _log.warning("exchange %s: upstream %s: %s", self._draft.arrival.exchange_id, self._upstream, error)
        self._works.meters.count(("stillwatch_upstream_errors", self._upstream, error.reason))
        return error

    def _sketch(self, draft: Exchange) -> bytes | None:
        try:
            return self._works.sketcher(draft)
        except Exception:  # noqa: BLE001 - whatever the sketcher raises
            # Failing open, counted: an exchange without a sketch is recorded all the same, with its text or hash.
            _log.exception("exchange %s: no sketch could be made", draft.exchange_id)
            self._works.meters.count(("stillwatch_faults",))
            return None

    async def digest(self, command: Digest) -> str:
        """Hash in a thread: hashlib lets go of the interpreter."""
        return await asyncio.to_thread(_sha256, command.data)

    async def relay(self, command: Relay) -> Relayed:
        """Pass a stream on as it comes."""
        answer, watch, tap = self._answer, self._watch, command.tap
        assert answer is not None  # noqa: S101 - Forward comes first
        has_started = False
        began = time.perf_counter()
        chunks = self._chunks = answer.chunks()
        watch.is_guarding = True
        try:
            async for chunk in chunks:
                out = tap.feed(chunk)
                if out:
                    if not has_started:
                        has_started = True
                        self._works.meters.observe(
                            ("stillwatch_first_byte_seconds",), time.perf_counter() - self._started
                        )
                    if not await watch.send(command.status, command.headers, out):
                        return Relayed(has_started, self._barred or LEFT)
                if tap.has_ended:
                    break
        except UpstreamError as error:
            return Relayed(has_started, self._failed(error))
        except asyncio.CancelledError:
            if not watch.absolve():
                raise
            return Relayed(has_started, self._barred or LEFT)
        finally:
            watch.is_guarding = False
            self._waited += time.perf_counter() - began
        return Relayed(has_started, (self._barred or LEFT) if watch.has_cut and not tap.has_ended else None)

    async def collect(self, _: Collect) -> bytes | UpstreamError | Denial | Left:
        """Read a whole answer."""
        answer, watch = self._answer, self._watch
        assert answer is not None  # noqa: S101 - Forward comes first
        limit = self._works.settings.answer_limit_bytes
        pieces: list[bytes] = []
        size = 0
        began = time.perf_counter()
        watch.is_guarding = True
        try:
            async for chunk in answer.chunks():
                pieces.append(chunk)
                size += len(chunk)
                if size > limit:
                    return UpstreamError(f"The model server's answer has more than {limit} bytes.", reason="protocol")
        except UpstreamError as error:
            return self._failed(error)
        except asyncio.CancelledError:
            if not watch.absolve():
                raise
            return self._barred or LEFT
        finally:
            watch.is_guarding = False
            self._waited += time.perf_counter() - began
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def record(self, command: Record) -> Unavailable | None:
        """Make the row durable."""
        self._row = exchange = command.exchange
        try:
            await self._works.recorder.finish(exchange)
        except Unavailable as error:
            self._count_record_failure(error)
            return error
        except Exception as error:  # noqa: BLE001 - whatever the recorder raises
            # Failing closed: a recorder that breaks in an unknown way has not made the row durable.
            _log.exception("exchange %s: the recorder broke", exchange.exchange_id)
            self._count_record_failure(error)
            return Unavailable("The record cannot be written.")
        finally:
            self._count(exchange)
        return None

    async def end(self, command: Answer | End | Hangup) -> None:
        """Send the last bytes."""
        self._is_done = True
        if isinstance(command, Answer):
            await self._caller.answer(command.status, command.headers, command.body)
        elif isinstance(command, End):
            if command.last and not await self._send_last(command.last):
                return
            await self._caller.end()
            await self._let_upstream_end()

    async def _send_last(self, data: bytes) -> bool:
        """Send a stream's last bytes; False where the caller left, or takes no more."""
        watch = self._watch
        watch.is_guarding = True
        try:
            return await watch.send(200, [], data)
        except asyncio.CancelledError:
            if not watch.absolve():
                raise
            return False
        finally:
            watch.is_guarding = False

    async def _let_upstream_end(self) -> None:
        """Read what follows the last event, which is nothing, so that the connection can serve again."""
        chunks, watch = self._chunks, self._watch
        if chunks is None:
            return
        watch.stop()
        watch.has_cut = False
        watch.limit(_DRAIN_SECONDS)
        watch.is_guarding = True
        try:
            async for _ in chunks:
                pass
        except UpstreamError:
            pass
        except asyncio.CancelledError:
            if not watch.absolve():
                raise
        finally:
            watch.stop()

    async def _give_up(self) -> None:
        """Close the row, and answer 500 where nothing was answered."""
        draft = self._draft
        draft.outcome = Outcome.INTERRUPTED if draft.has_begun else Outcome.REFUSED
        flow = turn_away(draft, Refusal(status=500, code="internal_error", message="The gateway failed. It is logged."))
        try:
            for command in flow:
                if isinstance(command, Record) and self._row is None:
                    await self.record(command)
                elif isinstance(command, Answer) and not self._is_done:
                    await self.end(command)
        except Exception:  # noqa: BLE001 - the last resort
            _log.exception("exchange %s: could not be closed", draft.arrival.exchange_id)

    def _count(self, exchange: Exchange) -> None:
        meters = self._works.meters
        status = _CLASSES[exchange.status // 100] if exchange.status else "none"
        meters.count(("stillwatch_requests", exchange.endpoint or "unknown", status, _OUTCOMES[exchange.outcome]))
        if exchange.outcome is Outcome.REFUSED:
            meters.count(("stillwatch_refusals", exchange.refusal or "unknown"))
        elif exchange.outcome is not Outcome.COMPLETED:
            _log.info("exchange %s: %s %s", exchange.exchange_id, exchange.outcome.value, exchange.refusal or "")
        if exchange.input_tokens:
            meters.count(("stillwatch_tokens", "input"), exchange.input_tokens)
        if exchange.output_tokens:
            meters.count(("stillwatch_tokens", "output"), exchange.output_tokens)
        for what in self._draft.facts.withheld:
            meters.count(("stillwatch_withheld", what))

    def _count_record_failure(self, error: Exception | str) -> None:
        _log.error("the record cannot be written: %s", error)
        self._works.meters.count(("stillwatch_record_failures",))

    def _count_time(self) -> None:
        row = self._row
        if row is None:
            return
        works = self._works
        elapsed = time.perf_counter() - self._started
        works.meters.observe(("stillwatch_overhead_seconds",), elapsed - self._waited)
        works.meters.observe(("stillwatch_duration_seconds", row.endpoint or "unknown"), elapsed)
        if works.tracer is not None:
            ended_ns = time.time_ns()
            traceparent = next((v for name, v in self._draft.arrival.forwarded if name == "traceparent"), None)
            works.tracer.note(row, traceparent=traceparent, started_ns=ended_ns - int(elapsed * 1e9), ended_ns=ended_ns)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _too_large(limit: int) -> Refusal:
    return Refusal(status=413, code="body_too_large", message=f"The request's body has more than {limit} bytes.")


_ACTS: Mapping[type[Command], Callable[[Run, Any], Any]] = {
    Authorize: Run.authorize,
    Reconsider: Run.reconsider,
    Begin: Run.begin,
}
"""What is done at once."""
_WAITS: Mapping[type[Command], Callable[[Run, Any], Awaitable[Any]]] = {
    ReadBody: Run.read_body,
    Forward: Run.forward,
    Collect: Run.collect,
    Relay: Run.relay,
    Digest: Run.digest,
    Record: Run.record,
    Answer: Run.end,
    End: Run.end,
    Hangup: Run.end,
}
