# SPDX-License-Identifier: Apache-2.0
import pytest

from fakes.worlds import labelled_log, verdicts
from stillwatch.arena.grading.scoring import score


def test_leak_is_what_was_harvested_before_containment() -> None:
    # One of two attackers is contained after four of its ten hours; the other leaks all of its own.
    found = score(labelled_log(), verdicts(contained={"h1": 4}))
    assert found.leak == pytest.approx((4 + 10) / 20)
    assert found.contained.count == 1
    assert found.contained.of == 2
    assert found.campaigns["hydra"].leak == found.leak
    assert sum(found.campaigns["hydra"].leaked_by_day) == 14
    assert sum(found.campaigns["hydra"].late_by_day) == 6


def test_an_exchange_at_the_instant_of_containment_has_not_leaked() -> None:
    assert score(labelled_log(), verdicts(contained={"h1": 0, "h2": 0})).leak == 0.0


def test_time_to_detect_counts_from_an_accounts_first_harvest() -> None:
    found = score(labelled_log(), verdicts(contained={"h1": 4, "h2": 6}))
    assert found.delay.hours_median == 5
    assert found.delay.exchanges_median == 5
    campaign = found.campaigns["hydra"]
    assert campaign.first_hours == 4
    # Two accounts, four hours.
    assert campaign.first_exchanges == 8


def test_benign_accounts_flagged_are_counted_by_kind_and_by_what_is_done() -> None:
    found = score(labelled_log(), verdicts(contained={"p": 3}, watched=("o",)))
    assert found.false_contained.count == 1
    assert found.false_noticed.count == 2
    assert found.contained_by_kind["person"].count == 1
    assert found.contained_by_kind["office"].count == 0
    assert found.noticed_by_kind["office"].count == 1
    assert found.contained.count == 0


def test_a_mixed_group_is_half_pure_and_may_be_complete() -> None:
    found = score(labelled_log(), verdicts(contained={"h1": 1, "h2": 1, "p": 1, "o": 1}))
    assert found.groups[0].purity in (0.0, 0.5)
    assert found.completeness == 1.0
    pure = score(labelled_log(), verdicts(contained={"h1": 1}))
    assert (pure.purity, pure.completeness) == (1.0, 0.5)


def test_nothing_found_is_scored_as_such() -> None:
    found = score(labelled_log(), verdicts(contained={}))
    assert (found.contained.value, found.leak, found.purity, found.completeness) == (0.0, 1.0, None, 0.0)
    assert found.delay.hours_median is None
    assert found.campaigns["hydra"].first_hours is None
