# SPDX-License-Identifier: Apache-2.0
"""The front: granian's parent process, which owns the port and starts the workers."""

import logging
import signal
import sys
from pathlib import Path

from granian.constants import HTTPModes, Interfaces, Loops, RuntimeModes, TaskImpl
from granian.log import LogLevels
from granian.server import Server

from stillwatch.service.lifetime import die_with_parent
from stillwatch.service.logs import set_up_logging
from stillwatch.service.worker import Worker
from stillwatch.settings import Settings, load_settings

_log = logging.getLogger("stillwatch.front")


def serve_front(settings: Settings) -> None:
    """Serve until SIGTERM; then let answers under way finish for at most ``gateway.drain_seconds``."""
    host, _, port = settings.gateway.listen.rpartition(":")
    server = Server(
        target="stillwatch",
        address=host.strip("[]"),
        port=int(port),
        # Not RSGI: it does not wait for slow callers; see gateway/asgi.py.
        interface=Interfaces.ASGI,
        workers=settings.gateway.workers,
        runtime_mode=RuntimeModes.st,
        task_impl=TaskImpl.asyncio,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        # How many requests one worker takes at once before it stops reading from its port.
        backpressure=settings.gateway.max_concurrent,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=max(1, int(settings.gateway.drain_seconds)),
    )

    def load_worker() -> Worker:
        # granian forks its workers, and this runs in the worker.
        die_with_parent(signal.SIGKILL)
        set_up_logging()
        return Worker(settings)

    server.serve(target_loader=load_worker, wrap_loader=False)


if __name__ == "__main__":
    set_up_logging()
    serve_front(load_settings(Path(sys.argv[1])))
