# SPDX-License-Identifier: Apache-2.0
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.stats.betting import Wealth, bet, fresh

STAKES = (0.2, 0.8)


def _after(xs: list[float], m0: float = 0.3) -> Wealth:
    wealth = fresh(len(STAKES))
    for x in xs:
        wealth = bet(wealth, x, m0=m0, stakes=STAKES)
    return wealth


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), max_size=60))
def test_wealth_is_the_mean_of_the_bettors_products(xs: list[float]) -> None:
    products = [math.prod(1 + stake * (x - 0.3) for x in xs) for stake in STAKES]
    assert _after(xs).log_e == pytest.approx(math.log(sum(products) / len(products)), abs=1e-9)


@settings(deadline=None)
@given(st.floats(0.05, 0.95))
def test_a_fair_bet_neither_wins_nor_loses_on_average(m0: float) -> None:
    won, lost = _after([1.0], m0), _after([0.0], m0)
    assert m0 * math.exp(won.log_e) + (1 - m0) * math.exp(lost.log_e) == pytest.approx(1.0)


def test_the_peak_is_kept_through_quiet_weeks() -> None:
    loud = _after([1.0] * 20)
    quiet = loud
    for _ in range(200):
        quiet = bet(quiet, 0.0, m0=0.3, stakes=STAKES)
    assert quiet.log_e < loud.log_e
    assert quiet.peak_log_e == pytest.approx(loud.log_e)


def test_ten_thousand_observations_do_not_overflow() -> None:
    assert math.isfinite(_after([1.0] * 10_000).log_e)


@pytest.mark.parametrize(
    ("x", "m0", "stakes"),
    [(1.5, 0.3, STAKES), (0.5, 0.0, STAKES), (0.5, 0.3, (0.2,)), (0.5, 0.3, (0.2, 3.4))],
)
def test_what_would_void_the_guarantee_is_refused(x: float, m0: float, stakes: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"lies|keeps"):
        bet(fresh(2), x, m0=m0, stakes=stakes)
