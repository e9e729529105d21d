# SPDX-License-Identifier: Apache-2.0
from typing import Any

from bench.access import directive
from bench.access.policy import Found, judge

GOOD = Found([5_000.0, 9_000.0, 1.0], [3_000.0], [500.0], [29.0, 1.0, 29.9], 30, 5.0, proved=True)


def _kept(**changes: Any) -> list[bool | None]:
    return [one.is_kept for one in judge(GOOD._replace(**changes))]


def test_a_run_within_every_bound_keeps_every_promise() -> None:
    assert _kept() == [True, True, True]


def test_each_promise_is_broken_by_its_own_figure() -> None:
    assert _kept(uncached=[4_999.0]) == [False, True, True]
    assert _kept(rules=29) == [False, True, True]
    assert _kept(cached_us=[30.0]) == [True, False, True]
    assert _kept(proved=False) == [True, True, False]


ROUND = directive.Found(0.4, 1.2, 500, 0, 1_500.0)


def _directive_kept(**changes: Any) -> list[bool | None]:
    return [one.is_kept for one in directive.judge([ROUND, ROUND._replace(**changes)])]


def test_a_directive_must_be_quick_let_nobody_in_and_be_measured_under_load() -> None:
    assert _directive_kept() == [True, True, True]
    assert _directive_kept(seconds=1.0) == [False, True, True]
    assert _directive_kept(admitted=1) == [True, False, True]
    assert _directive_kept(refused=0) == [True, False, True]
    assert _directive_kept(a_second=999.0) == [True, True, False]
