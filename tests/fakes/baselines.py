# SPDX-License-Identifier: Apache-2.0
"""A small baseline."""

from collections.abc import Sequence

from stillwatch.detection.calibration.baseline import (
    SCHEMA,
    Alarms,
    AsItStands,
    Baseline,
    CohortRate,
    Histogram,
    settings_digest,
)
from stillwatch.detection.calibration.crowd import EVERYBODY
from stillwatch.detection.settings import DetectionSettings
from stillwatch.stats.intervals import at_most


def histogram(counts: Sequence[float], *, quantity: str = "surprise", worth: float | None = None) -> Histogram:
    """One quantity of everybody."""
    return Histogram(
        quantity=quantity,
        cohort=EVERYBODY,
        edges=tuple(float(edge) for edge in range(len(counts) - 1)),
        counts=tuple(counts),
        worth=sum(counts) if worth is None else worth,
    )


def baseline(*quantities: Histogram, accounts: int = 3_344, contained: float = 0.0, worth: float = 3_000.0) -> Baseline:
    """A log of so many accounts, of which so many were contained on the mean, all of them apart."""
    alarms = Alarms(
        mean=contained,
        at_most=at_most(contained, accounts),
        at_most_together=at_most(contained / accounts * worth, worth),
    )
    return Baseline(
        schema=SCHEMA,
        settings=settings_digest(DetectionSettings()),
        seed=0,
        repeats=8,
        from_us=1_780_272_000_000_000,
        to_us=1_781_481_600_000_000,
        exchanges=100_000,
        accounts=accounts,
        organisations=accounts,
        blocks=accounts,
        movable=0.75,
        repeats_with_containment=int(contained > 0),
        repeats_with_apart=int(contained > 0),
        as_it_stands=AsItStands(contained=3, named=5, contained_anyway=1),
        rates=(
            CohortRate(cohort=EVERYBODY, accounts=accounts, worth=worth, contained=alarms, apart=alarms, named=alarms),
        ),
        quantities=quantities,
    )
