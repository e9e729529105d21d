# SPDX-License-Identifier: Apache-2.0
"""Prometheus reads what the workers counted."""

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import CollectorRegistry

from stillwatch.gateway.exposition import worker_metrics
from stillwatch.gateway.meters import METRICS, Meters


def scrape(*meters: Meters) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    registry = CollectorRegistry()
    registry.register(worker_metrics([each.export() for each in meters]))
    text = generate_latest(registry).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_counters_of_all_workers_are_added() -> None:
    one, other = Meters(), Meters()
    for each in (one, other):
        each.count(("stillwatch_requests", "messages", "2xx", "completed"), 2)
    labels = (("endpoint", "messages"), ("outcome", "completed"), ("status", "2xx"))
    assert scrape(one, other)["stillwatch_requests_total", labels] == 4


def test_histograms_are_cumulative() -> None:
    made = Meters()
    for value in (0.00001, 0.0003, 99.0):
        made.observe(("stillwatch_overhead_seconds",), value)
    samples = scrape(made)
    assert samples["stillwatch_overhead_seconds_bucket", (("le", "5e-05"),)] == 1
    assert samples["stillwatch_overhead_seconds_bucket", (("le", "0.0005"),)] == 2
    assert samples["stillwatch_overhead_seconds_bucket", (("le", "+Inf"),)] == 3
    assert samples["stillwatch_overhead_seconds_count", ()] == 3


@given(st.text(max_size=20), st.sampled_from(["connect", 'a"b', "back\\slash", "line\nend"]))
def test_whatever_an_upstream_is_called_prometheus_reads_its_name(upstream: str, reason: str) -> None:
    made = Meters()
    made.count(("stillwatch_upstream_errors", upstream, reason), 3)
    made.count(("stillwatch_tokens", "input"), 2**53)
    samples = scrape(made)
    assert samples["stillwatch_upstream_errors_total", (("reason", reason), ("upstream", upstream))] == 3
    assert samples["stillwatch_tokens_total", (("direction", "input"),)] == 2**53


def test_of_several_workers_lag_the_worst_is_shown_and_what_is_under_way_is_added() -> None:
    one, other = Meters(), Meters()
    for each, lag in ((one, 0.25), (other, 0.5)):
        each.gauge("stillwatch_loop_lag_seconds", lag)
        each.add("stillwatch_in_flight", 2)
        each.add("stillwatch_in_flight", -1)
    samples = scrape(one, other)
    assert samples["stillwatch_loop_lag_seconds", ()] == 0.5
    assert samples["stillwatch_in_flight", ()] == 2


def test_a_metric_without_labels_is_there_before_anything_happens() -> None:
    samples = scrape()
    assert samples["stillwatch_record_failures_total", ()] == 0
    assert samples["stillwatch_in_flight", ()] == 0


def test_no_metric_is_labelled_by_what_has_no_bound() -> None:
    unbounded = {"key", "account", "organisation", "model", "address", "exchange"}
    assert not any(unbounded & set(metric.labels) for metric in METRICS.values())
