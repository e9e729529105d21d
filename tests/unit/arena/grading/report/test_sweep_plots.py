# SPDX-License-Identifier: Apache-2.0
import pytest

from fakes.grades import grade
from fakes.worlds import point
from stillwatch.arena.grading.report.sweep_plots import band, sweep_plot


def test_every_step_has_its_label_and_every_seed_its_dot() -> None:
    drawn = sweep_plot(grade(sweep=({"h1": 1.0}, {}, {"h1": 1.0, "h2": 2.0})).sweeps[0])
    assert all(f"step {number}" in drawn for number in range(3))
    assert drawn.count('class="dot ours"') == 3
    assert "1 of 2 accounts contained" in drawn


def test_one_seed_is_bounded_over_accounts_and_several_over_seeds() -> None:
    alone = point(contained={"h1": 1.0})
    assert band([alone]) == (alone.score.contained.low, alone.score.contained.high)
    assert band([alone, alone]) == pytest.approx((0.5, 0.5))
    low, high = band([alone, point(contained={}), point(contained={"h1": 1.0, "h2": 1.0})])
    assert (low, high) == (0.0, 1.0)
