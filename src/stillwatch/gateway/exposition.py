# SPDX-License-Identifier: Apache-2.0
"""Renders what the workers counted for Prometheus."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from stillwatch.gateway.meters import METRICS, merge


class WorkerMetrics(Collector):
    """One scrape's worth of the workers' counts.

    Args:
        reports: What each worker's ``Meters.export`` gave.
    """

    def __init__(self, reports: Sequence[Mapping[str, Any]]) -> None:
        self._reports = reports

    def collect(self) -> Iterable[Family]:
        """Every family, those without a value included, so that alerts can be written before the first event."""
        merged = merge(self._reports)
        for name, metric in METRICS.items():
            if metric.kind == "counter":
                counter = CounterMetricFamily(name, metric.help, labels=metric.labels)
                for labels, value in _cells(merged["counters"], name):
                    counter.add_metric(labels, value)
                if not metric.labels and not counter.samples:
                    counter.add_metric((), 0)
                yield counter
            elif metric.kind == "histogram":
                histogram = HistogramMetricFamily(name, metric.help, labels=metric.labels)
                for labels, cells in _cells(merged["histograms"], name):
                    *counts, total = cells
                    bounds = [*(str(bound) for bound in metric.buckets), "+Inf"]
                    histogram.add_metric(labels, list(zip(bounds, accumulate(counts), strict=True)), total)
                yield histogram
            else:
                yield GaugeMetricFamily(name, metric.help, value=merged["gauges"].get(name, 0))


def worker_metrics(reports: Sequence[Mapping[str, Any]]) -> WorkerMetrics:
    """A collector of several workers' counts, to register for one scrape."""
    return WorkerMetrics(reports)


def _cells(rows: Iterable[Sequence[Any]], name: str) -> list[tuple[list[str], Any]]:
    return [(list(row[1:-1]), row[-1]) for row in rows if row[0] == name]
