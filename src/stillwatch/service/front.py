# SPDX-License-Identifier: Apache-2.0
"""The front: the workers' parent process, which owns the port and starts again whatever worker dies."""

import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path

from stillwatch.access.binding.replay import ReplayTable
from stillwatch.gateway.adapters.inbound_server import listen
from stillwatch.service.lifetime import die_with_parent
from stillwatch.service.logs import set_up_logging
from stillwatch.service.offices import open_replay_table
from stillwatch.service.worker import run_worker
from stillwatch.settings import Settings, load_settings

_log = logging.getLogger("stillwatch.front")

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
YOUNG_SECONDS = 1.0
PAUSE_SECONDS = 0.2
"""Where a worker dies younger than ``YOUNG_SECONDS``, whatever ails it is likely to last: the next is not hurried."""


def serve_front(settings: Settings) -> None:
    """Serve until SIGTERM; then let answers under way finish for at most ``gateway.drain_seconds``."""
    # Callers wait in the socket's queue while a worker is being replaced: it belongs to no one worker.
    listener = listen(settings.gateway.listen)
    # Shared by all workers, and kept when one of them dies: what was used once stays used.
    replay = open_replay_table()
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    workers = {_start(settings, listener, replay): time.monotonic() for _ in range(settings.gateway.workers)}
    while signal.sigwait(_SIGNALS) == signal.SIGCHLD:
        ended = _ended(workers)
        born = [workers.pop(pid) for pid, _ in ended]
        if any(time.monotonic() - each < YOUNG_SECONDS for each in born):
            time.sleep(PAUSE_SECONDS)
        for _, status in ended:
            _log.error("a worker ended with code %d; it starts again", os.waitstatus_to_exitcode(status))
            workers[_start(settings, listener, replay)] = time.monotonic()
    listener.close()
    _stop(workers, settings.gateway.drain_seconds)


def _start(settings: Settings, listener: socket.socket, replay: ReplayTable) -> int:
    """Fork a worker; give its process id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        die_with_parent(signal.SIGKILL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        run_worker(settings, listener, replay)
        code = 0
    except Exception:  # noqa: BLE001 - the last words of a process
        _log.exception("a worker failed")
    finally:
        # Nothing of the front's own stack may run here.
        os._exit(code)


def _ended(workers: dict[int, float]) -> list[tuple[int, int]]:
    """The workers that have ended since, and their statuses."""
    asked = [os.waitpid(pid, os.WNOHANG) for pid in workers]
    return [(pid, status) for pid, status in asked if pid]


def _stop(workers: dict[int, float], seconds: float) -> None:
    """Ask the workers to finish; kill those that do not within ``seconds``."""
    for pid in workers:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while workers:
        for pid, _ in _ended(workers):
            del workers[pid]
        if time.monotonic() > deadline:
            for pid in workers:
                _log.warning("a worker did not finish within %.0f s and is killed", seconds)
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            return
        time.sleep(0.02)


if __name__ == "__main__":
    set_up_logging()
    serve_front(load_settings(Path(sys.argv[1])))
