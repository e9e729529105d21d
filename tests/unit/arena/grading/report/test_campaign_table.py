# SPDX-License-Identifier: Apache-2.0
from fakes.worlds import point, small_world
from stillwatch.arena.grading.report.campaign_table import campaign_table


def test_a_campaign_that_one_run_never_contained_says_so() -> None:
    table = campaign_table([point(contained={"h1": 4.0}), point(contained={}, seed=2)], small_world())
    assert "4 (1 never)" in table
    assert "10 accounts, reasoning" in table
    assert 'class="bad-word"' in table
    assert "25%" in table


def test_without_a_world_the_table_stands_alone() -> None:
    assert "hydra" in campaign_table([point(contained={})], None)
