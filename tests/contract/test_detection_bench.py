# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest
from bench.detection.measures import HuntCost
from bench.detection.promises import Findings, exponent, judge

STAGES = {"reading and sketching": 1.0, "reducing": 1.0, "replaying": 1.0}
LIVE: dict[str, Any] = {"exchanges": 9, "an_hour": 10_000, "cpu_us": {"sketch": 60.0, "observe": 40.0, "take in": 50.0}}
CENSUS: dict[str, Any] = {
    "accounts": 1_000_000,
    "an_account": 2_048.0,
    "resident": 2_000_000_000,
    "peak": 2_999_999_999,
}


def _hunt(exchanges: int, seconds: float, *, peak: int = 1 << 30, is_whole: bool = True) -> HuntCost:
    return HuntCost(
        exchanges=exchanges,
        accounts=exchanges // 40,
        seconds=seconds,
        cpu_seconds=2 * seconds,
        peak_bytes=peak,
        stages=STAGES if is_whole else {},
    )


def _kept(findings: Findings) -> list[bool | None]:
    return [one.is_kept for one in judge(findings)]


def test_a_run_within_every_bound_keeps_every_promise() -> None:
    hunts = [_hunt(500_000, 30), _hunt(5_000_000, 359)]
    assert _kept(Findings(hunts=hunts, live=LIVE, census=CENSUS)) == [True] * 6


def test_each_promise_is_broken_by_its_own_figure() -> None:
    slow = {**LIVE, "cpu_us": {**LIVE["cpu_us"], "sketch": 61.0}}
    hunts = [_hunt(500_000, 20), _hunt(5_000_000, 361, peak=9_000_000_000)]
    census = {**CENSUS, "an_account": 2_049.0, "peak": 3_000_000_001}
    assert _kept(Findings(hunts=hunts, live=slow, census=census)) == [False] * 6


def test_what_was_not_measured_is_not_judged() -> None:
    assert _kept(Findings()) == [None] * 6
    small = {**CENSUS, "accounts": 100_000}
    quiet = {**LIVE, "an_hour": 9_999}
    found = Findings(hunts=[_hunt(500_000, 1)], live=quiet, census=small)
    assert _kept(found) == [None, None, None, None, True, None]


def test_growth_is_the_slope_through_all_sizes() -> None:
    hunts = [_hunt(size, 1e-4 * size**1.3) for size in (500_000, 1_600_000, 5_000_000)]
    assert exponent(hunts) == pytest.approx(1.3, abs=1e-6)


def test_a_hunt_that_was_broken_off_is_no_fast_one() -> None:
    cut = _hunt(5_000_000, 100, is_whole=False)
    live, hunt, memory, growth, *_ = _kept(Findings(hunts=[_hunt(500_000, 30), cut]))
    assert (live, hunt, memory, growth) == (None, False, None, None)
    longer = _hunt(5_000_000, 1_800, is_whole=False)
    assert _kept(Findings(hunts=[_hunt(500_000, 30), longer]))[3] is False
