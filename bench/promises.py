# SPDX-License-Identifier: Apache-2.0
"""The numbers that are promised, and whether a run kept them."""

from dataclasses import dataclass

from bench.rounds import Findings

OURS, LIMIT, OTHER = "stillwatch", "nginx", "litellm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One promise, and what the run found."""

    promise: str
    found: str
    is_kept: bool | None
    """None where it could not be judged, because something was left out."""


def judge(findings: Findings, *, streams: int, requests: int) -> list[Verdict]:
    """Hold a run against every promise."""
    median = findings.median
    direct = median("direct", "c1_p50_us")
    ours_alone = median(OURS, "c1_p50_us")
    return [
        _at_most(10, median(OURS, "cpu_us"), median(LIMIT, "cpu_us"), "CPU per request, in nginx's"),
        _at_most(4, median(OURS, "cpu_us_chunk"), median(LIMIT, "cpu_us_chunk"), "CPU per streamed chunk, in nginx's"),
        _at_least(50, median(OTHER, "cpu_us"), median(OURS, "cpu_us"), "LiteLLM's CPU per request, in ours"),
        _at_most(5, median(OURS, "flood_cpu_us"), median(LIMIT, "cpu_us"),
                 "CPU to refuse an invalid key, in nginx's per proxied request"),
        _added(ours_alone, direct, median("direct", "durable_write_ms")),
        _memory(findings.memory_bytes, requests),
        _streams(findings, streams),
    ]  # fmt: skip


def _at_most(limit: float, ours: float | None, theirs: float | None, what: str) -> Verdict:
    promise = f"{what}: at most {limit}"
    if ours is None or theirs is None:
        return Verdict(promise=promise, found="not measured", is_kept=None)
    ratio = ours / theirs
    return Verdict(promise=promise, found=f"{ratio:.2f} ({ours:.1f} µs / {theirs:.1f} µs)", is_kept=ratio <= limit)


def _at_least(limit: float, theirs: float | None, ours: float | None, what: str) -> Verdict:
    promise = f"{what}: at least {limit}"
    if ours is None or theirs is None:
        return Verdict(promise=promise, found="not measured", is_kept=None)
    ratio = theirs / ours
    return Verdict(promise=promise, found=f"{ratio:.0f} ({theirs:.0f} µs / {ours:.1f} µs)", is_kept=ratio >= limit)


def _added(ours_us: float | None, direct_us: float | None, durable_write_ms: float | None) -> Verdict:
    promise = "Added median latency at one connection: under 0.5 ms"
    if ours_us is None or direct_us is None:
        return Verdict(promise=promise, found="not measured", is_kept=None)
    added = (ours_us - direct_us) / 1e3
    return Verdict(
        promise=promise,
        found=f"{added:.3f} ms (of which a durable write to this disk: {durable_write_ms or 0.0:.3f} ms)",
        is_kept=added < 0.5,
    )


def _memory(resident: list[int], requests: int) -> Verdict:
    promise = f"A worker's memory over {requests:,} requests: flat within 5 %"
    if not resident:
        return Verdict(promise=promise, found="not measured", is_kept=None)
    growth = max(resident) / resident[0] - 1
    return Verdict(
        promise=promise,
        found=f"{growth:+.1%} at most ({resident[0] / 2**20:.1f} to {resident[-1] / 2**20:.1f} MiB)",
        is_kept=growth <= 0.05,
    )


def _streams(findings: Findings, streams: int) -> Verdict:
    promise = f"{streams} streams at once on one worker: all whole"
    outcome = findings.streams
    if outcome is None:
        return Verdict(promise=promise, found="not measured", is_kept=None)
    return Verdict(
        promise=promise,
        found=f"{outcome.good} of {outcome.good + outcome.failed} whole, median {outcome.p50_us / 1e3:.0f} ms",
        is_kept=outcome.failed == 0 and outcome.good == 3 * streams,
    )
