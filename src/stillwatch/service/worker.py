# SPDX-License-Identifier: Apache-2.0
"""One worker: the gateway, its recorder, its upstreams and its line to the control process, in one event loop."""

import asyncio
import gc
import logging
import signal
import socket
import time

import uvloop

from stillwatch.access.binding.replay import ReplayTable
from stillwatch.detection.sketch import sketch
from stillwatch.errors import Unavailable
from stillwatch.gateway.adapters.inbound_server import InboundServer
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

FIRST_SNAPSHOT_SECONDS = 5.0
"""Until then callers wait in the port's queue, or are served by another worker."""
COLLECT_AFTER = 20_000
"""Containers made before the collector looks for cycles; Python's 700 is for programs that make many."""


def run_worker(settings: Settings, listener: socket.socket, replay: ReplayTable) -> None:
    """Serve a listening socket until SIGTERM, and then what is under way.

    Args:
        settings: See there.
        listener: The port, which all workers share.
        replay: What was used already, which all workers share.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(settings, listener, replay))


async def _work(settings: Settings, listener: socket.socket, replay: ReplayTable) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    now_us = open_clock(settings.clock)
    meters = Meters()
    gate = LiveGate(
        open_keyring(settings, replay=replay),
        stale_after_seconds=settings.control.stale_after_seconds,
        monotonic=time.monotonic,
        appeal=settings.access.appeal,
    )
    recorder = open_recorder(settings, now_us=now_us)
    upstreams = open_upstreams(settings)
    gateway = Gateway(
        settings=settings.gateway,
        upstream_settings=settings.upstreams,
        models=settings.models,
        gate=gate,
        recorder=recorder,
        sketcher=sketch,
        upstreams=upstreams,
        now_us=now_us,
        meters=meters,
        tracer=open_tracer(settings.gateway.otel),
        is_ready=lambda: gate.is_ready and recorder.is_writable,
    )
    # What was built lives as long as the process; the collector need not look at it again, nor look so often.
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 50)
    uplink = Uplink(
        settings.control_socket,
        gate=gate,
        meters=meters.export,
        is_writable=lambda: recorder.is_writable,
        on_change=gateway.end_barred,
    )
    uplink.start()
    if not await uplink.wait_ready(FIRST_SNAPSHOT_SECONDS):
        # It serves all the same: every request is refused with 503 until the snapshot comes.
        _log.error("%s", Unavailable("The control process has sent no standing yet; requests are refused."))
    server = InboundServer(gateway, listener, max_connections=settings.gateway.max_concurrent)
    await stop.wait()
    gateway.drain()
    await server.drain()
    await uplink.stop()
    for upstream in upstreams.values():
        await upstream.aclose()
    await recorder.aclose()
