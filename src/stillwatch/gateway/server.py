# SPDX-License-Identifier: Apache-2.0
"""The data plane's shell: takes requests, carries out what ``exchange.py`` decides, and decides nothing itself.

No framework: one dict of paths and one handler.
"""

import asyncio
import os
import time
from collections.abc import Callable, Mapping

import msgspec

from stillwatch.gateway.arrival import Arrival, Sorter
from stillwatch.gateway.authz import Authz
from stillwatch.gateway.credential import credential_header, read_credential
from stillwatch.gateway.dialects.catalog import ENDPOINTS
from stillwatch.gateway.dialects.interface import Refusal, Surface
from stillwatch.gateway.exchange import Destination, Draft, Flow, Rules, list_models, serve, turn_away
from stillwatch.gateway.interface import Caller, Gate, NowUs, Recorder, Sketcher, Upstream, Witness
from stillwatch.gateway.meters import Meters
from stillwatch.gateway.run import Run, Works
from stillwatch.gateway.settings import GatewaySettings, ModelSettings, UpstreamSettings
from stillwatch.gateway.token_endpoint import PATH as TOKEN_PATH
from stillwatch.gateway.token_endpoint import answer_token_request

_TEXT = [("content-type", "text/plain; charset=utf-8")]
_JSON = [("content-type", "application/json")]
_LAG_EVERY_SECONDS = 1.0


class Plain(msgspec.Struct, frozen=True):
    """A surface that is no endpoint: the model list, an unknown path."""

    name: str
    dialect: str


class Gateway:
    """One worker's data plane.

    Args:
        settings: The ``[gateway]`` table.
        models: The ``[models]`` tables.
        upstream_settings: The ``[upstreams]`` tables.
        gate: Judges callers.
        recorder: Writes rows.
        sketcher: Makes what detection keeps of an exchange's content.
        upstreams: Connections to the model servers, by name.
        now_us: The data's clock.
        meters: Where everything is counted.
        tracer: Sees every exchange; None where tracing is off.
        is_ready: Whether requests can be judged and recorded, for ``/readyz``.
        environment: Where credentials named by the settings are found; by default the process's.

    Raises:
        SettingsError: A credential is not where the settings say.
    """

    def __init__(
        self,
        *,
        settings: GatewaySettings,
        models: Mapping[str, ModelSettings],
        upstream_settings: Mapping[str, UpstreamSettings],
        gate: Gate,
        recorder: Recorder,
        sketcher: Sketcher,
        upstreams: Mapping[str, Upstream],
        now_us: NowUs,
        meters: Meters,
        tracer: Witness | None = None,
        is_ready: Callable[[], bool] = lambda: True,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        environment = os.environ if environment is None else environment
        self._works = Works(
            settings=settings,
            gate=gate,
            recorder=recorder,
            sketcher=sketcher,
            upstreams=upstreams,
            now_us=now_us,
            meters=meters,
            tracer=tracer,
        )
        self._now_us = now_us
        self._meters = meters
        self._is_ready = is_ready
        self._is_draining = False
        self._digits: list[str] = []
        self._lag_timer: asyncio.TimerHandle | None = None
        self._running: set[Run] = set()
        self._sorter = Sorter(settings.trusted_proxies)
        self._authz = Authz(settings.authz, gate=gate, environment=environment)
        self._rules = Rules(
            destinations=_destinations(models, upstream_settings, environment),
            keep_answers=settings.keep_answers,
            answer_text_limit=settings.answer_text_limit,
        )

    def drain(self) -> None:
        """Say on ``/readyz`` that no new requests are wanted. Those under way go on."""
        self._is_draining = True

    def end_barred(self) -> None:
        """Cut what is under way and must not go on. Called when the gate has changed, and once a second."""
        for run in tuple(self._running):
            run.end_if_barred()

    async def handle(self, caller: Caller) -> None:
        """Serve one request."""
        path = caller.path
        endpoint = ENDPOINTS.get(path)
        if endpoint is not None:
            arrival = self._arrive(caller)
            draft = self._draft(arrival, endpoint)
            if caller.method == "POST":
                await self._run(caller, draft, serve(draft, endpoint))
            else:
                await self._run(caller, draft, turn_away(draft, _wrong_method("POST")))
        elif path == "/healthz":
            await caller.answer(200, _TEXT, b"alive\n")
        elif path == "/readyz":
            is_ready = self._is_ready() and not self._is_draining
            await caller.answer(200 if is_ready else 503, _TEXT, b"ready\n" if is_ready else b"not ready\n")
        elif path.startswith("/v1/") or path == "/v1":
            await self._elsewhere(caller)
        elif path == TOKEN_PATH:
            await answer_token_request(caller, self._arrive(caller), self._works.gate, now_us=self._now_us())
        elif not await self._authz.handle(caller, self._arrive(caller), now_us=self._now_us()):
            await caller.answer(404, _JSON, b'{"error":{"message":"There is nothing here.","type":"not_found"}}')

    async def _elsewhere(self, caller: Caller) -> None:
        """The model list, and paths below ``/v1`` that lead nowhere."""
        arrival = self._arrive(caller)
        path = arrival.path
        dialect = "anthropic" if arrival.speaks_anthropic or path.startswith("/v1/messages") else "openai"
        wanted = path.removeprefix("/v1/models").removeprefix("/") or None
        if path == "/v1/models" or (path.startswith("/v1/models/") and wanted is not None):
            draft = self._draft(arrival, Plain("models", dialect))
            is_get = caller.method == "GET"
            flow = list_models(draft, wanted) if is_get else turn_away(draft, _wrong_method("GET"))
        else:
            draft = self._draft(arrival, Plain("unknown", dialect))
            message = f"There is no endpoint {caller.method[:16]} {path[:200]}."
            flow = turn_away(draft, Refusal(status=404, code="unknown_endpoint", message=message))
        await self._run(caller, draft, flow)

    async def _run(self, caller: Caller, draft: Draft, flow: Flow) -> None:
        meters = self._meters
        meters.add("stillwatch_in_flight", 1)
        if self._lag_timer is None:
            self._time_loop()
        run = Run(self._works, caller, draft)
        self._running.add(run)
        try:
            await run.carry_out(flow)
        finally:
            self._running.discard(run)
            meters.add("stillwatch_in_flight", -1)

    def _arrive(self, caller: Caller) -> Arrival:
        ts_us = self._now_us()
        return self._sorter.sort(
            caller.headers(),
            # Ordered by time, and not to be guessed from another.
            exchange_id=f"ex_{ts_us:014x}{self._entropy()}",
            ts_us=ts_us,
            method=caller.method,
            path=caller.path,
            query=caller.query,
            peer=caller.peer,
        )

    def _entropy(self) -> str:
        """Twelve random hex digits. The kernel is asked for many at a time."""
        if not self._digits:
            pool = os.urandom(6 * 256).hex()
            self._digits = [pool[at : at + 12] for at in range(0, len(pool), 12)]
        return self._digits.pop()

    def _draft(self, arrival: Arrival, surface: Surface) -> Draft:
        started = time.perf_counter()
        return Draft(
            arrival=arrival,
            surface=surface,
            rules=self._rules,
            elapsed_ms=lambda: (time.perf_counter() - started) * 1e3,
        )

    def _time_loop(self) -> None:
        """Once a second, measure how late the loop comes to a timer, and cut what must not go on."""
        loop = asyncio.get_running_loop()
        due = loop.time() + _LAG_EVERY_SECONDS

        def measure() -> None:
            self._meters.gauge("stillwatch_loop_lag_seconds", max(0.0, loop.time() - due))
            # A directive may take effect at an instant of which nobody tells.
            self.end_barred()
            self._time_loop()

        self._lag_timer = loop.call_at(due, measure)


def _destinations(
    models: Mapping[str, ModelSettings], upstreams: Mapping[str, UpstreamSettings], environment: Mapping[str, str]
) -> dict[str, Destination]:
    headers = {
        name: credential_header(settings.dialect, read_credential(name, settings, environment))
        for name, settings in upstreams.items()
    }
    return {
        model: Destination(
            upstream=settings.upstream,
            dialect=upstreams[settings.upstream].dialect,
            name=settings.name if settings.name not in (None, model) else None,
            ask_usage=upstreams[settings.upstream].ask_usage,
            credential=headers[settings.upstream],
        )
        for model, settings in models.items()
    }


def _wrong_method(wanted: str) -> Refusal:
    message = f"This endpoint takes {wanted}."
    return Refusal(status=405, code="wrong_method", message=message, headers=(("allow", wanted),))
