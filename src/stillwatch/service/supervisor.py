# SPDX-License-Identifier: Apache-2.0
"""The parent of every process: starts them, starts them again when they die, stops them in order.

Two children: the control process, then the front, whose own children are the workers. The control process comes first
so that workers find their standing at once, and goes last so that it reads and rolls everything they wrote.
"""

import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from stillwatch.errors import SettingsError, Unavailable
from stillwatch.service.lifetime import die_with_parent, expect_free, hold_alone
from stillwatch.service.logs import set_up_logging
from stillwatch.settings import Settings, load_settings

_log = logging.getLogger("stillwatch.supervisor")

START_SECONDS = 60.0
"""How long the control process may take to come up (it migrates the database and reads back the recent log)."""
BACKOFF_SECONDS = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)
HEALTHY_SECONDS = 10.0
"""A child that lived this long is restarted without delay."""
CONTROL_STOP_SECONDS = 30.0


@dataclass
class Child:
    """One process and its history."""

    name: str
    module: str
    config: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    restart_at: float = 0.0

    def start(self) -> None:
        """Start it, in a session of its own so that Ctrl-C reaches only the supervisor, which stops it in order."""
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
            [sys.executable, "-m", self.module, str(self.config)],
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - this process has one thread
        )
        self.started_at = time.monotonic()

    def is_running(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    def stop(self, seconds: float) -> None:
        """Ask it to finish; kill it when it does not within ``seconds``."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            _log.warning("%s did not stop within %.0f s and is killed", self.name, seconds)
            self.process.kill()
            self.process.wait()


class _Stop:
    """Set by SIGTERM and SIGINT."""

    def __init__(self) -> None:
        self.wanted = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.wanted = True


def supervise(config: Path) -> int:
    """Run until told to stop; return the exit code.

    Raises:
        SettingsError: The settings cannot work.
        Unavailable: The control process does not come up, a port is taken, or the data folder is in use.
    """
    settings = load_settings(config)
    set_up_logging()
    if not settings.models:
        raise SettingsError(f"{config} names no model.", hint='Add an [upstreams.NAME] and a [models."NAME"] table.')
    settings.run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = hold_alone(settings.run_dir / "lock")
    for address in (settings.gateway.listen, settings.control.listen):
        expect_free(address)
    if settings.clock.file is not None:
        _log.warning("the time is read from %s: this is a rehearsal, not a service", settings.clock.file)
    stop = _Stop()
    control = Child("control", "stillwatch.service.control", config)
    front = Child("front", "stillwatch.service.front", config)
    try:
        control.start()
        _wait_for_control(settings, control, stop)
        if not stop.wanted:
            front.start()
            _log.info(
                "listening on http://%s, operators on http://%s", settings.gateway.listen, settings.control.listen
            )
        while not stop.wanted:
            for child in (control, front):
                _keep_running(child)
            time.sleep(0.05)
    finally:
        front.stop(settings.gateway.drain_seconds + 5)
        control.stop(CONTROL_STOP_SECONDS)
        os.close(lock)
    return 0


def _wait_for_control(settings: Settings, control: Child, stop: _Stop) -> None:
    """Return once the control socket is there. A control process that gives up on start is not tried again."""
    deadline = time.monotonic() + START_SECONDS
    ready = settings.run_dir / "control.ready"
    while not stop.wanted:
        if ready.exists() and control.process is not None and ready.read_text() == str(control.process.pid):
            return
        if not control.is_running():
            raise Unavailable("The control process stopped while starting.", hint="Its reason is in the lines above.")
        if time.monotonic() > deadline:
            raise Unavailable(f"The control process did not come up within {START_SECONDS:.0f} s.")
        time.sleep(0.02)


def _keep_running(child: Child) -> None:
    """Start a dead child again, later each time it dies young."""
    if child.is_running():
        return
    now = time.monotonic()
    if child.restart_at == 0.0:
        assert child.process is not None  # noqa: S101 - it was started before the loop
        lived = now - child.started_at
        child.failures = 0 if lived > HEALTHY_SECONDS else child.failures + 1
        delay = BACKOFF_SECONDS[min(child.failures, len(BACKOFF_SECONDS) - 1)]
        child.restart_at = now + delay
        _log.error("%s ended with code %s after %.1f s; it starts again", child.name, child.process.returncode, lived)
    if now >= child.restart_at:
        child.restart_at = 0.0
        child.start()
