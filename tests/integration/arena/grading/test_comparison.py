# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

from stillwatch.arena.grading.baselines.catalog import BASELINES
from stillwatch.arena.grading.comparison import compare
from stillwatch.arena.grading.labelled_log import read_log


def test_every_baseline_keeps_to_the_limit_and_cards_give_this_campaign_away(folder: Path) -> None:
    found = {one.name: one for one in compare(read_log(folder), most_false=3)}
    assert list(found) == [baseline.name for baseline in BASELINES]
    assert all(one.limited_false.count <= 3 for one in found.values())
    # Nine in ten accounts of this campaign pay with one of two cards.
    assert found["union-find on payment"].nominal_recall.value > 0.7
    assert found["rate limit"].nominal_recall.count == 0


def test_the_marks_are_not_shown_to_the_baselines(folder: Path) -> None:
    one, again = (compare(read_log(folder), most_false=most) for most in (0, 120))
    assert [score.nominal_recall for score in one] == [score.nominal_recall for score in again]
    assert all(score.limited_recall.value == 1.0 for score in again if score.name != "MMD windows")
