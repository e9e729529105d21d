# SPDX-License-Identifier: Apache-2.0
from fakes.worlds import point
from stillwatch.arena.grading.report.kind_plot import by_kind, kind_plot


def test_all_kinds_together_come_first() -> None:
    rows = by_kind([point(contained={"p": 1.0}, watched=("o",)), point(contained={}, seed=2)])
    assert [name for name, _, _ in rows] == ["all benign", "office", "person"]
    assert [(contained.count, noticed.count) for _, contained, noticed in rows] == [(1, 2), (0, 1), (1, 1)]
    assert rows[0][1].of == 4


def test_counts_and_bounds_are_written_out() -> None:
    drawn = kind_plot([point(contained={"p": 1.0})])
    assert "1 of 2" in drawn
    assert "97.47%" in drawn
