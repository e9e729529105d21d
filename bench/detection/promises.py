# SPDX-License-Identifier: Apache-2.0
"""What detection may cost, and whether a run kept to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log
from typing import Any

from bench.detection.measures import HuntCost
from bench.promises import Verdict

LIVE_US = 150.0
"""CPU of the sketch and of the account's update, an exchange."""
LIVE_AN_HOUR = 10_000
"""Exchanges an hour from which this is judged: an hour's window costs a fifth of a second, however little it holds."""
HUNT_EXCHANGES, HUNT_SECONDS, HUNT_BYTES = 5_000_000, 360.0, 8e9
GROWTH = 1.15
"""The power of the number of exchanges that time may grow with."""
ACCOUNT_BYTES = 2_048.0
CENSUS_ACCOUNTS, CENSUS_BYTES = 1_000_000, 3e9


@dataclass(slots=True, kw_only=True)
class Findings:
    """What was measured; what was left out is empty."""

    hunts: list[HuntCost] = field(default_factory=list)
    live: dict[str, Any] = field(default_factory=dict)
    census: dict[str, Any] = field(default_factory=dict)


def judge(findings: Findings) -> list[Verdict]:
    """Hold a run against every promise."""
    return [_live(findings.live), *_hunt(findings.hunts), _growth(findings.hunts), *_census(findings.census)]


def exponent(costs: Sequence[HuntCost]) -> float:
    """Give the power of the exchanges that seconds grow with: least squares on their logarithms.

    Args:
        costs: Two or more, of different sizes.
    """
    sizes = [log(one.exchanges) for one in costs]
    times = [log(one.seconds) for one in costs]
    size, time = sum(sizes) / len(sizes), sum(times) / len(times)
    spread = sum((one - size) ** 2 for one in sizes)
    return sum((a - size) * (b - time) for a, b in zip(sizes, times, strict=True)) / spread


def _verdict(promise: str, found: str, *, is_kept: bool | None) -> Verdict:
    return Verdict(promise=promise, found=found, is_kept=is_kept)


def _live(live: dict[str, Any]) -> Verdict:
    promise = f"Live, sketch and account's update: at most {LIVE_US:.0f} µs CPU an exchange"
    if not live:
        return _verdict(promise, "not measured", is_kept=None)
    parts = live["cpu_us"]
    whole = sum(parts.values())
    found = (
        f"{whole:.0f} µs ({', '.join(f'{name} {us:.0f}' for name, us in parts.items())}; {live['an_hour']:,} an hour)"
    )
    return _verdict(promise, found, is_kept=whole <= LIVE_US if live["an_hour"] >= LIVE_AN_HOUR else None)


def _hunt(hunts: Sequence[HuntCost]) -> list[Verdict]:
    promise = f"A hunt in {HUNT_EXCHANGES / 1e6:g} million exchanges: under {HUNT_SECONDS / 60:g} minutes"
    memory = f"Its memory: under {HUNT_BYTES / 1e9:g} GB"
    largest = max(hunts, key=lambda one: one.exchanges, default=None)
    if largest is None or largest.exchanges < HUNT_EXCHANGES:
        return [_verdict(one, "not measured", is_kept=None) for one in (promise, memory)]
    found = f"{'' if largest.is_whole else 'broken off after '}{largest.seconds:.0f} s, CPU {largest.cpu_seconds:.0f} s"
    return [
        _verdict(promise, found, is_kept=largest.is_whole and largest.seconds < HUNT_SECONDS),
        _verdict(
            memory,
            f"{largest.peak_bytes / 1e9:.2f} GB{'' if largest.is_whole else ' until it was broken off'}",
            is_kept=None
            if not largest.is_whole and largest.peak_bytes < HUNT_BYTES
            else largest.peak_bytes < HUNT_BYTES,
        ),
    ]


def _growth(hunts: Sequence[HuntCost]) -> Verdict:
    promise = f"A hunt's time grows no faster than n^{GROWTH:g}"
    if len({one.exchanges for one in hunts}) < 2:
        return _verdict(promise, "not measured", is_kept=None)
    found = exponent(hunts)
    if all(one.is_whole for one in hunts):
        return _verdict(promise, f"n^{found:.2f}", is_kept=found <= GROWTH)
    # One that was broken off would have taken longer: the power is at least this where the largest is the only one.
    is_bound = all(one.is_whole for one in hunts if one is not max(hunts, key=lambda each: each.exchanges))
    is_broken = is_bound and found > GROWTH
    return _verdict(promise, f"n^{found:.2f} or more, some broken off", is_kept=False if is_broken else None)


def _census(census: dict[str, Any]) -> list[Verdict]:
    each = f"An account's memory, live: at most {ACCOUNT_BYTES:,.0f} bytes"
    whole = f"{CENSUS_ACCOUNTS:,} accounts: under {CENSUS_BYTES / 1e9:g} GB"
    if not census:
        return [_verdict(one, "not measured", is_kept=None) for one in (each, whole)]
    is_full = census["accounts"] >= CENSUS_ACCOUNTS
    return [
        _verdict(each, f"{census['an_account']:,.0f} bytes", is_kept=census["an_account"] <= ACCOUNT_BYTES),
        _verdict(
            whole,
            f"{census['peak'] / 1e9:.2f} GB at most" if is_full else f"not measured: {census['accounts']:,} accounts",
            is_kept=census["peak"] < CENSUS_BYTES if is_full else None,
        ),
    ]
