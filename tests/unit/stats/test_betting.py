# SPDX-License-Identifier: Apache-2.0
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.stats.betting import log_wealth

STAKES = (0.2, 0.8)


def _step_by_step(outcomes: Sequence[bool], m0: float) -> float:
    """Each bettor's wealth, trial by trial, and the mean of them."""
    wealth = [1.0] * len(STAKES)
    for won in outcomes:
        wealth = [one * (1 + stake * (float(won) - m0)) for one, stake in zip(wealth, STAKES, strict=True)]
    return math.log(sum(wealth) / len(wealth))


def _wealth(successes: int, trials: int, m0: float = 0.3) -> float:
    return float(log_wealth(successes, trials, m0=m0, stakes=STAKES))


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=60), st.floats(0.05, 0.95))
def test_counts_alone_give_what_betting_step_by_step_gives(outcomes: list[bool], m0: float) -> None:
    assert _wealth(sum(outcomes), len(outcomes), m0) == pytest.approx(_step_by_step(outcomes, m0), abs=1e-9)


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.05, 0.95))
def test_a_fair_bet_neither_wins_nor_loses_on_average(won: int, lost: int, m0: float) -> None:
    now = _wealth(won, won + lost, m0)
    up, down = _wealth(won + 1, won + lost + 1, m0), _wealth(won, won + lost + 1, m0)
    assert m0 * math.exp(up - now) + (1 - m0) * math.exp(down - now) == pytest.approx(1.0)


def test_many_are_counted_at_once_in_any_shape() -> None:
    successes, trials = np.array([[0, 3], [5, 40]]), np.array([[0, 3], [9, 41]])
    expected = [
        [_wealth(int(a), int(b)) for a, b in zip(*row, strict=True)] for row in zip(successes, trials, strict=True)
    ]
    assert log_wealth(successes, trials, m0=0.3, stakes=STAKES).tolist() == expected
    assert expected[0][0] == pytest.approx(0.0)


def test_a_million_trials_do_not_overflow() -> None:
    assert math.isfinite(_wealth(1_000_000, 1_000_000))
    assert math.isfinite(_wealth(0, 1_000_000))


@pytest.mark.parametrize(
    ("successes", "m0", "stakes"),
    [(5, 0.3, STAKES), (-1, 0.3, STAKES), (2, 0.0, STAKES), (2, 1.0, STAKES), (2, 0.3, ()), (2, 0.3, (0.2, 3.4))],
)
def test_what_would_void_the_guarantee_is_refused(successes: int, m0: float, stakes: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"lies?"):
        log_wealth(successes, 4, m0=m0, stakes=stakes)
