# SPDX-License-Identifier: Apache-2.0
from msgspec.structs import replace

from fakes.worlds import point
from stillwatch.arena.grading.report.tiles import tiles


def test_every_figure_has_what_must_be_read_next_to_it() -> None:
    drawn = tiles([point(contained={"h1": 4.0, "h2": 4.0})])
    assert "2 of 2, 95 % between" in drawn
    assert "at most 77.64% (one-sided 95 %)" in drawn
    assert "25,000 s" in drawn
    assert "4 h" in drawn


def test_nothing_found_is_no_error() -> None:
    drawn = tiles([point(contained={})])
    assert "never" in drawn
    assert "no campaign was named" in drawn


def test_a_log_without_attackers_speaks_of_the_benign_alone() -> None:
    quiet = point(contained={"p": 1.0})
    drawn = tiles([replace(quiet, score=replace(quiet.score, campaigns={}))])
    assert "benign accounts contained" in drawn
    assert "attackers" not in drawn
