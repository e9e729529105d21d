# SPDX-License-Identifier: Apache-2.0
"""One worker: the gateway, its recorder, its upstreams and its line to the control process, in one event loop."""

import gc
import logging
import time
from typing import Any

from stillwatch.detection.sketch import sketch
from stillwatch.errors import Unavailable
from stillwatch.gateway.asgi import AsgiGateway, Receive, Send, live
from stillwatch.gateway.meters import Meters
from stillwatch.gateway.server import Gateway
from stillwatch.gateway.telemetry import open_tracer
from stillwatch.service.clock import open_clock
from stillwatch.service.gate import LiveGate
from stillwatch.service.offices import open_keyring
from stillwatch.service.record_room import open_recorder
from stillwatch.service.uplink import Uplink
from stillwatch.service.upstreams import open_upstreams
from stillwatch.settings import Settings

_log = logging.getLogger("stillwatch.worker")

FIRST_SNAPSHOT_SECONDS = 10.0
COLLECT_AFTER = 20_000
"""Containers made before the collector looks for cycles; Python's 700 is for programs that make many."""


class Worker:
    """The ASGI application of one worker process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one request, or begin and end with the worker process."""
        if scope["type"] == "lifespan":
            await live(receive, send, start=self._start, stop=self._stop)
        else:
            await self._application(scope, receive, send)

    async def _start(self) -> None:
        settings = self._settings
        now_us = open_clock(settings.clock)
        meters = Meters()
        gate = LiveGate(
            open_keyring(settings), stale_after_seconds=settings.control.stale_after_seconds, monotonic=time.monotonic
        )
        self._recorder = open_recorder(settings, now_us=now_us)
        self._upstreams = open_upstreams(settings)
        gateway = Gateway(
            settings=settings.gateway,
            upstream_settings=settings.upstreams,
            models=settings.models,
            gate=gate,
            recorder=self._recorder,
            sketcher=sketch,
            upstreams=self._upstreams,
            now_us=now_us,
            meters=meters,
            tracer=open_tracer(settings.gateway.otel),
            is_ready=lambda: gate.is_ready and self._recorder.is_writable,
        )
        self._application = AsgiGateway(gateway)
        # What was built lives as long as the process; the collector need not look at it again, nor look so often.
        gc.collect()
        gc.freeze()
        gc.set_threshold(COLLECT_AFTER, 20, 50)
        self._uplink = Uplink(
            settings.control_socket,
            gate=gate,
            meters=meters.export,
            is_writable=lambda: self._recorder.is_writable,
        )
        self._uplink.start()
        if not await self._uplink.wait_ready(FIRST_SNAPSHOT_SECONDS):
            # It serves all the same: every request is refused with 503 until the snapshot comes.
            _log.error("%s", Unavailable("The control process has sent no standing yet; requests are refused."))

    async def _stop(self) -> None:
        await self._uplink.stop()
        for upstream in self._upstreams.values():
            await upstream.aclose()
        await self._recorder.aclose()
