# SPDX-License-Identifier: Apache-2.0
"""Runs the baselines on a log, each at its nominal setting and at the best setting that few false accounts allow.

The second setting is chosen with the truth in hand, which no provider has: what a baseline reaches there is a ceiling.
"""

import time

import msgspec
import numpy as np
from numpy.typing import NDArray

from stillwatch.arena.grading.baselines.catalog import BASELINES
from stillwatch.arena.grading.baselines.content import content_vectors
from stillwatch.arena.grading.baselines.interface import traffic_of
from stillwatch.arena.grading.labelled_log import LabelledLog
from stillwatch.stats.intervals import Rate, rate


class BaselineScore(msgspec.Struct, frozen=True, kw_only=True):
    """How one method fared on one log."""

    name: str
    nominal_recall: Rate
    nominal_false: Rate
    limited_recall: Rate
    """At the setting that gives at most so many false accounts."""
    limited_false: Rate
    cpu_seconds: float


def compare(log: LabelledLog, *, most_false: int) -> tuple[BaselineScore, ...]:
    """Score every baseline on the log.

    Args:
        log: With its truth.
        most_false: Benign accounts, at most, that the limited setting may flag.
    """
    column = log.column("prompt")
    traffic = traffic_of(log, content_vectors(column.to_pylist() if column is not None else []))
    found = []
    for baseline in BASELINES:
        began = time.process_time()
        scores = baseline.scores(traffic)
        seconds = time.process_time() - began
        nominal = scores >= baseline.nominal
        limited = scores > _limit(scores[log.is_benign], most_false)
        found.append(
            BaselineScore(
                name=baseline.name,
                nominal_recall=_hits(nominal[~log.is_benign]),
                nominal_false=_hits(nominal[log.is_benign]),
                limited_recall=_hits(limited[~log.is_benign]),
                limited_false=_hits(limited[log.is_benign]),
                cpu_seconds=seconds,
            )
        )
    return tuple(found)


def _limit(benign: NDArray[np.float64], most_false: int) -> float:
    """The score that all but ``most_false`` benign accounts do not exceed."""
    if len(benign) <= most_false:
        return -np.inf
    return float(np.sort(benign)[::-1][most_false])


def _hits(flagged: NDArray[np.bool_]) -> Rate:
    return rate(int(flagged.sum()), len(flagged))
