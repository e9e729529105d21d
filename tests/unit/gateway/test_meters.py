# SPDX-License-Identifier: Apache-2.0
"""Counts add up over workers."""

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stillwatch.gateway.meters import METRICS, Meters, merge


def meters(seconds: list[float], tokens: int) -> Meters:
    made = Meters()
    for each in seconds:
        made.observe(("stillwatch_overhead_seconds",), each)
    made.count(("stillwatch_tokens", "input"), tokens)
    made.add("stillwatch_in_flight", 1)
    made.gauge("stillwatch_loop_lag_seconds", tokens / 10)
    return made


def test_a_value_falls_into_its_bucket_and_the_bound_belongs_to_it() -> None:
    made = Meters()
    bounds = METRICS["stillwatch_overhead_seconds"].buckets
    for value in (0.0, bounds[0], bounds[0] * 1.01, 1e9):
        made.observe(("stillwatch_overhead_seconds",), value)
    cells = made.export()["histograms"][0][-1]
    assert (cells[0], cells[1], cells[len(bounds)]) == (2, 1, 1)
    assert sum(cells[:-1]) == 4


@given(st.lists(st.floats(0, 10), max_size=5), st.lists(st.floats(0, 10), max_size=5))
def test_two_workers_together_are_one_that_saw_both(one: list[float], other: list[float]) -> None:
    merged = merge([meters(one, 2).export(), meters(other, 3).export()])
    both = meters(one + other, 5)
    both.add("stillwatch_in_flight", 1)
    expected = both.export()
    assert merged["counters"] == expected["counters"]
    assert [row[-1][:-1] for row in merged["histograms"]] == [row[-1][:-1] for row in expected["histograms"]]
    assert merged["gauges"]["stillwatch_in_flight"] == 2
    assert merged["gauges"]["stillwatch_loop_lag_seconds"] == 0.3


@st.composite
def reports(draw: st.DrawFn) -> dict[str, Any]:
    """What a worker reports; whole numbers, so that sums do not depend on their order."""
    made = Meters()
    for code in draw(st.lists(st.sampled_from(["invalid_api_key", "unknown_model"]), max_size=4)):
        made.count(("stillwatch_refusals", code))
    for seconds in draw(st.lists(st.integers(0, 400), max_size=4)):
        made.observe(("stillwatch_duration_seconds", draw(st.sampled_from(["messages", "responses"]))), seconds)
    if draw(st.booleans()):
        made.gauge("stillwatch_loop_lag_seconds", draw(st.integers(0, 9)))
        made.add("stillwatch_in_flight", draw(st.integers(0, 9)))
    return made.export()


def told(report: dict[str, Any]) -> dict[str, Any]:
    """A report whose rows stand in order."""
    return {name: sorted(rows) if isinstance(rows, list) else rows for name, rows in report.items()}


@given(st.lists(reports(), max_size=6), st.integers(0, 6), st.randoms(use_true_random=False))
def test_the_sum_does_not_depend_on_who_is_added_first(workers: list[dict[str, Any]], cut: int, order: Random) -> None:
    shuffled = list(workers)
    order.shuffle(shuffled)
    assert told(merge([merge(workers[:cut]), merge(workers[cut:])])) == told(merge(workers)) == told(merge(shuffled))


@given(reports())
def test_adding_up_one_worker_changes_nothing_of_what_it_reported(report: dict[str, Any]) -> None:
    before = told(report)
    assert told(merge([report, {}, merge([])])) == before
    merge([report, report])
    assert told(report) == before


def test_what_a_worker_of_another_version_does_not_report_is_nought() -> None:
    assert merge([{}]) == {"counters": [], "gauges": {}, "histograms": []}
