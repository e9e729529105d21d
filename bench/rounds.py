# SPDX-License-Identifier: Apache-2.0
"""Short rounds in shuffled order, and the medians over them."""

import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.candidates import Candidate, Running, running
from bench.disk import durable_write_ms
from bench.load import LoadError, Outcome, Target, busy_elsewhere, run
from bench.processes import busiest, cpu_seconds, machine_busy_seconds, resident_bytes, used_by_each
from bench.workplace import WORK

CONNECTIONS = 64

Series = dict[str, list[float]]
"""What was measured in each round, by its name."""


@dataclass(slots=True)
class Findings:
    """Everything a run measured."""

    direct: Series = field(default_factory=lambda: defaultdict(list))
    by_name: dict[str, Series] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    complaints: list[str] = field(default_factory=list)
    """Answers that were not as they should be: each fails the run."""
    foreign_cores: list[float] = field(default_factory=list)
    memory_bytes: list[int] = field(default_factory=list)
    """The worker's resident memory before, during and after the long run."""
    streams: Outcome | None = None

    def median(self, name: str, what: str) -> float | None:
        """Give the median over the rounds, or None where it was not measured."""
        series = self.direct if name == "direct" else self.by_name.get(name, {})
        values = series.get(what)
        return statistics.median(values) if values else None


def measure_round(
    candidates: list[Candidate],
    findings: Findings,
    *,
    upstream_port: int,
    seconds: float,
    order: random.Random,
    say: Callable[[str], None],
) -> None:
    """Measure each candidate once, and the upstream alone, in an order that is different each time."""
    turns: list[Candidate | None] = [*candidates, None]
    order.shuffle(turns)
    for candidate in turns:
        if candidate is None:
            say("the upstream alone")
            _measure_direct(findings, upstream_port, seconds)
            continue
        say(candidate.title)
        with running(candidate, upstream_port) as started:
            _measure(findings, candidate.name, started, seconds)


def _measure_direct(findings: Findings, port: int, seconds: float) -> None:
    findings.direct["durable_write_ms"].append(durable_write_ms(WORK))
    target = Target(port=port)
    for name, connections, is_stream in (("c64", CONNECTIONS, False), ("c1", 1, False), ("stream", CONNECTIONS, True)):
        outcome = run(target, connections=connections, seconds=seconds, is_stream=is_stream)
        findings.direct[f"{name}_p50_us"].append(outcome.p50_us)
        findings.direct[f"{name}_p99_us"].append(outcome.p99_us)
        if is_stream:
            findings.direct["first_event_p50_us"].append(outcome.first_event_p50_us)
        else:
            findings.direct[f"{name}_per_second"].append(outcome.good / outcome.seconds)


def _measure(findings: Findings, name: str, started: Running, seconds: float) -> None:
    series = findings.by_name[name]
    # A slow proxy answers its first requests slower still (imports, pools), and so is given longer to warm up.
    warm = _load(started, connections=CONNECTIONS, seconds=seconds / 2)
    if warm.good / warm.seconds < 1_000:
        _load(started, connections=CONNECTIONS, seconds=seconds)
    _load(started, connections=CONNECTIONS, requests=CONNECTIONS, is_stream=True)
    outcome, cpu = _counted(findings, name, started, connections=CONNECTIONS, seconds=seconds, is_stream=True)
    series["cpu_us_chunk"].append(cpu / max(outcome.events, 1) * 1e6)
    series["chunks_per_second"].append(outcome.events / outcome.seconds)
    series["stream_p50_us"].append(outcome.p50_us)
    series["stream_p99_us"].append(outcome.p99_us)
    series["first_event_p50_us"].append(outcome.first_event_p50_us)
    if started.flood is not None:
        flood = _Flood(started)
        outcome, cpu = _counted(findings, name, flood, connections=CONNECTIONS, seconds=seconds / 2)
        series["flood_cpu_us"].append(cpu / max(outcome.good, 1) * 1e6)
        series["flood_per_second"].append(outcome.good / outcome.seconds)
    outcome, cpu = _counted(findings, name, started, connections=CONNECTIONS, seconds=seconds)
    series["cpu_us"].append(cpu / max(outcome.good, 1) * 1e6)
    series["per_second"].append(outcome.good / outcome.seconds)
    series["c64_p50_us"].append(outcome.p50_us)
    series["c64_p99_us"].append(outcome.p99_us)
    outcome, _ = _counted(findings, name, started, connections=1, seconds=seconds / 2)
    series["c1_p50_us"].append(outcome.p50_us)
    series["c1_p99_us"].append(outcome.p99_us)


class _Flood:
    """The same proxy, asked with invalid keys."""

    def __init__(self, started: Running) -> None:
        assert started.flood is not None  # noqa: S101 - the caller looked
        self.process = started.process
        self.target = started.flood
        self.rest_seconds = started.rest_seconds


def _load(
    started: Running | _Flood,
    *,
    connections: int,
    seconds: float = 0.0,
    requests: int = 0,
    is_stream: bool = False,
) -> Outcome:
    """Put load on a proxy, and wait until it has done all that these requests make it do."""
    outcome = run(started.target, connections=connections, seconds=seconds, requests=requests, is_stream=is_stream)
    time.sleep(started.rest_seconds)
    return outcome


def _counted(
    findings: Findings,
    name: str,
    started: Running | _Flood,
    *,
    connections: int,
    seconds: float = 0.0,
    requests: int = 0,
    is_stream: bool = False,
) -> tuple[Outcome, float]:
    """Put load on a proxy; give what came back, and the CPU seconds its whole process tree used."""
    root = started.process.pid
    busy, before, began = machine_busy_seconds(), cpu_seconds(root), time.monotonic()
    outcome = _load(started, connections=connections, seconds=seconds, requests=requests, is_stream=is_stream)
    used = cpu_seconds(root) - before
    if connections > 1:
        # The load generator and the upstream share the second core and are counted as one core's worth at most.
        findings.foreign_cores.append(busy_elsewhere(busy, used + outcome.seconds, time.monotonic() - began))
    if outcome.failed:
        findings.complaints.append(f"{name}: of {outcome.good + outcome.failed} answers {outcome.complaint}")
    return outcome, used


def measure_memory(
    findings: Findings, candidate: Candidate, upstream_port: int, requests: int, say: Callable[[str], None]
) -> None:
    """Watch the worker's memory over many requests."""
    say(f"{candidate.title}: {requests:,} requests for its worker's memory")
    with running(candidate, upstream_port) as started:
        before = used_by_each(started.process.pid)
        # Caches, pools and the allocator's arenas fill first; what grows after that grows for ever.
        _counted(findings, candidate.name, started, connections=CONNECTIONS, requests=max(requests // 10, 1))
        worker = busiest(started.process.pid, since=before)
        findings.memory_bytes.append(resident_bytes(worker))
        for _ in range(10):
            _counted(findings, candidate.name, started, connections=CONNECTIONS, requests=max(requests // 10, 1))
            findings.memory_bytes.append(resident_bytes(worker))


def measure_streams(
    findings: Findings, candidate: Candidate, upstream_port: int, streams: int, say: Callable[[str], None]
) -> None:
    """Hold many streams open at once, three times over."""
    say(f"{candidate.title}: {streams} streams at once")
    with running(candidate, upstream_port) as started:
        findings.streams, _ = _counted(
            findings, candidate.name, started, connections=streams, requests=3 * streams, is_stream=True
        )


__all__ = ["Findings", "LoadError", "measure_memory", "measure_round", "measure_streams"]
