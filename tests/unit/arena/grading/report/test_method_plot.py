# SPDX-License-Identifier: Apache-2.0
from fakes.worlds import point
from stillwatch.arena.grading.report.method_plot import method_plot, methods


def test_ours_comes_first_and_counts_are_pooled_over_runs() -> None:
    found = methods([point(contained={"h1": 1.0}), point(contained={"h1": 1.0, "h2": 1.0}, seed=2)])
    assert [method.name for method in found] == ["Stillwatch", "rate limit"]
    assert (found[0].limited_recall.count, found[0].limited_recall.of) == (3, 4)
    assert (found[1].nominal_false.count, found[1].nominal_false.of) == (4, 4)


def test_the_figures_stand_beside_the_bars() -> None:
    drawn = method_plot([point(contained={"h1": 1.0})], most_false=3)
    assert "none of 2" in drawn
    assert "100.0%" in drawn
    assert "rate limit: 1 of 2 with at most 3 false" in drawn
