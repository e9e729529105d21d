# SPDX-License-Identifier: Apache-2.0
"""Counts add up over workers."""

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


def test_what_a_worker_of_another_version_does_not_report_is_nought() -> None:
    assert merge([{}]) == {"counters": [], "gauges": {}, "histograms": []}
