# SPDX-License-Identifier: Apache-2.0
"""The chance that a benign account is ever named by its own evidence is at most alpha, however often one looks."""

import numpy as np
import numpy.typing as npt
import pytest

from stillwatch.detection import account
from stillwatch.detection.settings import DetectionSettings
from stillwatch.stats.betting import log_wealth

RUNS, STEPS, ALPHA = 1_500, 400, 0.05
MARGIN = 4 * (ALPHA * (1 - ALPHA) / RUNS) ** 0.5
"""Four standard errors: a correct test fails here less than once in 30,000 seeds."""
M0 = DetectionSettings().elicitation_share


def _highest(outcomes: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """The highest wealth of each run, looked at after every exchange. Shape (RUNS,)."""
    successes = np.cumsum(outcomes, axis=1)
    trials = np.broadcast_to(np.arange(1, STEPS + 1), successes.shape)
    highest: npt.NDArray[np.float64] = log_wealth(successes, trials, m0=M0, stakes=account.STAKES).max(axis=1)
    return highest


def _bursty(coins: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """The chance of the next one depends on the past, but never exceeds the null's."""
    outcomes = np.zeros(coins.shape, np.bool_)
    heat = np.full(len(coins), M0)
    for step in range(coins.shape[1]):
        outcomes[:, step] = coins[:, step] < heat
        heat = np.where(outcomes[:, step], M0, 0.5 * M0)
    return outcomes


@pytest.mark.parametrize("bursty", [False, True], ids=["independent", "bursty"])
def test_peeking_after_every_exchange_keeps_the_level(bursty: bool) -> None:  # noqa: FBT001 - a case
    coins = np.random.default_rng(1).random((RUNS, STEPS))
    highest = _highest(_bursty(coins) if bursty else coins < M0)
    assert (highest >= -np.log(ALPHA)).mean() <= ALPHA + MARGIN


def test_a_threshold_three_times_too_low_would_be_noticed() -> None:
    highest = _highest(np.random.default_rng(2).random((RUNS, STEPS)) < M0)
    assert (highest >= -np.log(3 * ALPHA)).mean() > ALPHA + MARGIN
