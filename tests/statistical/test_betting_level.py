# SPDX-License-Identifier: Apache-2.0
"""The chance that a benign account is ever named by its own evidence is at most alpha, however often one looks."""

import numpy as np
import pytest

from stillwatch.detection import account
from stillwatch.detection.settings import DetectionSettings
from stillwatch.stats.betting import bet, fresh

RUNS, STEPS, ALPHA = 1_500, 400, 0.05
MARGIN = 4 * (ALPHA * (1 - ALPHA) / RUNS) ** 0.5
"""Four standard errors: a correct test fails here less than once in 30,000 seeds."""
M0 = DetectionSettings().elicitation_share


@pytest.mark.parametrize("bursty", [False, True], ids=["independent", "bursty"])
def test_peeking_after_every_exchange_keeps_the_level(bursty: bool) -> None:  # noqa: FBT001 - a case
    draw = np.random.default_rng(1)
    alarms = 0
    for _ in range(RUNS):
        wealth = fresh(len(account.STAKES))
        heat = M0
        for coin in draw.random(STEPS):
            # Bursty: the chance of the next one depends on the past, but never exceeds the null's.
            x = float(coin < heat)
            heat = M0 if not bursty or x else 0.5 * M0
            wealth = bet(wealth, x, m0=M0, stakes=account.STAKES)
        alarms += wealth.peak_log_e >= -np.log(ALPHA)
    assert alarms / RUNS <= ALPHA + MARGIN


def test_a_threshold_three_times_too_low_would_be_noticed() -> None:
    draw = np.random.default_rng(2)
    alarms = 0
    for _ in range(RUNS):
        wealth = fresh(len(account.STAKES))
        for coin in draw.random(STEPS):
            wealth = bet(wealth, float(coin < M0), m0=M0, stakes=account.STAKES)
        alarms += wealth.peak_log_e >= -np.log(3 * ALPHA)
    assert alarms / RUNS > ALPHA + MARGIN
