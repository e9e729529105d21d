# SPDX-License-Identifier: Apache-2.0
"""Runs the measured programs, each in a process tree of its own on two cores, and watches what they use."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.detection.logs import Log
from bench.processes import cpu_seconds, machine_busy_seconds, proportional_bytes
from bench.workplace import MissingError, pinned

CORES = "0,1"
MEMORY_LIMIT = "2GB"
"""What ``stillwatch hunt`` gives DuckDB unless told otherwise."""
POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class HuntCost:
    """What one hunt took."""

    exchanges: int
    accounts: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    """The most memory the process tree held, shared pages counted once."""
    stages: dict[str, float] = field(default_factory=dict)
    """Seconds of each; empty where it was broken off."""
    passes: int = 0
    foreign_cores: float = 0.0
    """Cores that others kept busy meanwhile."""

    @property
    def is_whole(self) -> bool:
        """False where it was broken off."""
        return bool(self.stages)


def hunt_in(log: Log, *, limit_seconds: float) -> HuntCost:
    """Hunt in a log; break off when it takes longer than the limit."""
    busy, began = machine_busy_seconds(), time.monotonic()
    names = [str(file) for file in log.files]
    process = _started("bench.detection.hunted", MEMORY_LIMIT, *names)
    peak, cpu = 0, 0.0
    while process.poll() is None and time.monotonic() - began < limit_seconds:
        peak, cpu = max(peak, proportional_bytes(process.pid)), max(cpu, cpu_seconds(process.pid))
        time.sleep(POLL_SECONDS)
    is_late = process.poll() is None
    if is_late:
        process.kill()
    told = _told(process, is_late=is_late)
    seconds = time.monotonic() - began
    return HuntCost(
        exchanges=told.get("exchanges", log.exchanges),
        accounts=told.get("accounts", log.accounts),
        seconds=seconds,
        cpu_seconds=cpu,
        peak_bytes=peak,
        stages=told.get("stages", {}),
        passes=told.get("passes", 0),
        foreign_cores=max(0.0, machine_busy_seconds() - busy - cpu) / seconds,
    )


def live_in(log: Log) -> dict[str, Any]:
    """Measure what half a day of a log costs live: ``exchanges``, ``an_hour``, and ``cpu_us`` by its parts."""
    return _told(_started("bench.detection.lived", *(str(file) for file in log.files)), is_late=False)


def filled_with(accounts: int) -> dict[str, Any]:
    """Fill a census: ``accounts``, bytes of ``an_account``, and the process's ``resident`` and ``peak`` bytes."""
    return _told(_started("bench.detection.filled", str(accounts)), is_late=False)


def _started(module: str, *arguments: str) -> subprocess.Popen[str]:
    command = pinned(CORES, [sys.executable, "-m", module, *arguments])
    root = Path(__file__).resolve().parents[2]
    # The libraries' threads would otherwise be as many as the machine has cores.
    threads = {"OPENBLAS_NUM_THREADS": "2"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root, env={**os.environ, **threads})


def _told(process: subprocess.Popen[str], *, is_late: bool) -> dict[str, Any]:
    said, _ = process.communicate()
    if is_late:
        return {}
    if process.returncode:
        raise MissingError(f"A measured process ended with {process.returncode}; what it said stands above.")
    told: dict[str, Any] = json.loads(said.splitlines()[-1])
    return told
