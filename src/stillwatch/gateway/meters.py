# SPDX-License-Identifier: Apache-2.0
"""What one worker counts: plain numbers in plain dicts, cheap enough for the request path.

No label ever holds a key, an account or a model: their number has no bound. The control process adds the workers'
counts up and renders them; see ``exposition.py``.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Metric(NamedTuple):
    """What one name means."""

    kind: str
    """``counter``, ``gauge`` (added over workers), ``worst`` (of a gauge, the greatest counts) or ``histogram``."""
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


_FAST = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
_SLOW = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)

METRICS: Mapping[str, Metric] = {
    "stillwatch_requests": Metric(
        "counter", "Exchanges ended, by endpoint, status class and outcome.", ("endpoint", "status", "outcome")
    ),
    "stillwatch_refusals": Metric("counter", "Requests the gateway answered itself, by reason.", ("code",)),
    "stillwatch_upstream_errors": Metric("counter", "Failures of model servers, by reason.", ("upstream", "reason")),
    "stillwatch_record_failures": Metric("counter", "Exchanges whose row could not be made durable."),
    "stillwatch_faults": Metric("counter", "Errors of the gateway's own that it did not expect."),
    "stillwatch_tokens": Metric("counter", "Tokens, by direction.", ("direction",)),
    "stillwatch_withheld": Metric("counter", "Answers from which something was withheld, by what.", ("what",)),
    "stillwatch_in_flight": Metric("gauge", "Requests under way."),
    "stillwatch_loop_lag_seconds": Metric("worst", "How late the event loop last came to a timer."),
    "stillwatch_overhead_seconds": Metric(
        "histogram", "Time of an exchange that was spent neither in the model server nor in the caller.", (), _FAST
    ),
    "stillwatch_first_byte_seconds": Metric(
        "histogram", "Time from arrival to the first byte of a streamed answer.", (), _SLOW
    ),
    "stillwatch_duration_seconds": Metric("histogram", "Time from arrival to end, by endpoint.", ("endpoint",), _SLOW),
}


class Meters:
    """One worker's counts."""

    __slots__ = ("_counters", "_gauges", "_histograms")

    def __init__(self) -> None:
        self._counters: dict[tuple[str, ...], float] = {}
        self._gauges: dict[str, float] = {}
        self._histograms: dict[tuple[str, ...], list[float]] = {}

    def count(self, key: tuple[str, ...], by: float = 1) -> None:
        """Add to a counter. ``key`` is its name and its labels' values in their order."""
        counters = self._counters
        counters[key] = counters.get(key, 0) + by

    def gauge(self, name: str, value: float) -> None:
        """Set a gauge."""
        self._gauges[name] = value

    def add(self, name: str, by: float) -> None:
        """Move a gauge."""
        self._gauges[name] = self._gauges.get(name, 0) + by

    def observe(self, key: tuple[str, ...], value: float) -> None:
        """Put a value into a histogram."""
        cells = self._histograms.get(key)
        buckets = METRICS[key[0]].buckets
        if cells is None:
            # One cell a bucket, one for what is beyond them all, and the sum.
            cells = self._histograms[key] = [0.0] * (len(buckets) + 2)
        cells[bisect_left(buckets, value)] += 1
        cells[-1] += value

    def export(self) -> dict[str, Any]:
        """Everything counted, as a plain dict that ``merge`` takes and any codec carries."""
        return {
            "counters": [[*key, value] for key, value in self._counters.items()],
            "gauges": dict(self._gauges),
            "histograms": [[*key, list(cells)] for key, cells in self._histograms.items()],
        }


def merge(reports: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Add several workers' exports up; of a ``worst`` gauge the greatest counts.

    Example:
        >>> merge([{"gauges": {"stillwatch_in_flight": 2}}, {"gauges": {"stillwatch_in_flight": 3}}])["gauges"]
        {'stillwatch_in_flight': 5}
    """
    counters: dict[tuple[str, ...], float] = {}
    gauges: dict[str, float] = {}
    histograms: dict[tuple[str, ...], list[float]] = {}
    for report in reports:
        for *key, value in report.get("counters", ()):
            counters[tuple(key)] = counters.get(tuple(key), 0) + value
        for name, value in report.get("gauges", {}).items():
            is_worst = name in METRICS and METRICS[name].kind == "worst"
            gauges[name] = max(gauges.get(name, 0), value) if is_worst else gauges.get(name, 0) + value
        for *key, cells in report.get("histograms", ()):
            so_far = histograms.get(tuple(key))
            histograms[tuple(key)] = (
                list(cells) if so_far is None else [a + b for a, b in zip(so_far, cells, strict=True)]
            )
    return {
        "counters": [[*key, value] for key, value in counters.items()],
        "gauges": gauges,
        "histograms": [[*key, cells] for key, cells in histograms.items()],
    }
