# SPDX-License-Identifier: Apache-2.0
from fakes.worlds import point
from stillwatch.arena.grading.report.harvest_plot import harvest_plot


def test_a_day_says_what_leaked_and_what_came_after() -> None:
    drawn = harvest_plot("hydra", point(contained={"h1": 4.0, "h2": 4.0}).score.campaigns["hydra"])
    assert "day 1: 8 leaked, 12 after containment" in drawn
