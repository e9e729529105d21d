# SPDX-License-Identifier: Apache-2.0
"""``/metrics``: what the workers counted, merged, and what the control process itself knows."""

from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from stillwatch.gateway.exposition import worker_metrics
from stillwatch.service.switchboard import Switchboard
from stillwatch.service.watch import Watch


class _Control(Collector):
    """What the control process knows of itself."""

    def __init__(self, switchboard: Switchboard, watch: Watch, *, now_us: int, database_failures: int) -> None:
        self._switchboard = switchboard
        self._watch = watch
        self._now_us = now_us
        self._database_failures = database_failures

    def collect(self) -> Iterable[Metric]:
        yield from self._workers()
        yield from self._detection()

    def _workers(self) -> Iterator[Metric]:
        reports = self._switchboard.reports
        yield GaugeMetricFamily("stillwatch_workers", "Workers on the control line.", len(reports))
        unwritable = sum(not report.is_writable for report in reports)
        yield GaugeMetricFamily("stillwatch_unwritable_workers", "Workers that refuse: no room to record.", unwritable)
        yield CounterMetricFamily(
            "stillwatch_database_failures", "Times the database could not be read.", self._database_failures
        )

    def _detection(self) -> Iterator[Metric]:
        watch = self._watch
        yield CounterMetricFamily("stillwatch_detection_exchanges", "Exchanges observed.", watch.observed)
        yield CounterMetricFamily(
            "stillwatch_detection_unreadable", "Exchanges that detection could not read.", watch.lost
        )
        yield CounterMetricFamily("stillwatch_detection_passes", "Campaign passes run.", watch.passes)
        yield CounterMetricFamily("stillwatch_detection_failures", "Steps of detection that failed.", watch.failures)
        yield GaugeMetricFamily(
            "stillwatch_detection_pass_seconds", "What the last campaign pass took.", watch.last_pass_seconds
        )
        lag_us = max(0, self._now_us - watch.last_pass_us)
        yield GaugeMetricFamily(
            "stillwatch_detection_lag_seconds", "Time since the last campaign pass, by the data's clock.", lag_us / 1e6
        )


def render_metrics(switchboard: Switchboard, watch: Watch, *, now_us: int, database_failures: int) -> bytes:
    """Everything counted, in Prometheus's text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Control(switchboard, watch, now_us=now_us, database_failures=database_failures))
    registry.register(worker_metrics([switchboard.departed, *(report.meters for report in switchboard.reports)]))
    return generate_latest(registry)
