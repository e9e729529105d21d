# SPDX-License-Identifier: Apache-2.0
import pytest

from fakes.watched_world import HOUR, World, exchange
from stillwatch.records.finding import CampaignFinding, Recommendation
from stillwatch.service.watch import WARM_ROWS


def test_everything_recorded_before_a_pass_is_observed_before_it() -> None:
    world = World()
    world.recorded = [exchange(1, 10 * HOUR + 6), exchange(2, 11 * HOUR - 1)]
    world.now_us = 11 * HOUR
    world.watch.step()
    passed = world.events.index(("pass", 11 * HOUR))
    assert {"x1", "x2"} <= set(world.events[:passed])
    assert world.events[passed + 1] == ("respond", 11 * HOUR, 0)


def test_what_was_answered_before_a_pass_is_waited_for_until_it_is_on_the_disk() -> None:
    world = World()
    world.written = [exchange(1, 11 * HOUR - 1)]
    world.now_us = 11 * HOUR
    world.watch.step()
    assert world.events.index("x1") < world.events.index(("pass", 11 * HOUR))


def test_a_disk_that_never_syncs_does_not_keep_a_pass_from_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stillwatch.service.watch.SYNC_SECONDS", 0.02)
    world = World()
    world.unsynced = lambda: frozenset({("segment", 9)})  # type: ignore[method-assign]
    world.now_us = 11 * HOUR
    world.watch.step()
    assert ("pass", 11 * HOUR) in world.events


def test_a_clock_that_leaps_runs_every_pass_it_leapt_over() -> None:
    world = World()
    world.now_us = 13 * HOUR + 1
    world.watch.step()
    assert [event for event in world.events if event[0] == "pass"] == [("pass", hour * HOUR) for hour in (11, 12, 13)]  # type: ignore[index]


def test_no_pass_runs_before_its_time() -> None:
    world = World()
    world.now_us = 11 * HOUR - 1
    world.watch.step()
    assert world.watch.passes == 0


def test_the_recent_log_is_observed_first_and_once() -> None:
    world = World(history=[exchange(7, HOUR)])
    world.recorded = [exchange(8, 10 * HOUR + 9)]
    world.run_until(lambda: "x8" in world.events)
    assert [event for event in world.events if isinstance(event, str)] == ["x7", "x8"]
    assert world.watch.is_warm


def test_a_long_log_is_taken_in_piece_by_piece() -> None:
    world = World(history=(exchange(number, HOUR + number) for number in range(2 * WARM_ROWS)))
    world.run_until(lambda: world.watch.is_warm)
    taken = [event for event in world.events if event[0] == "take in"]  # type: ignore[index]
    assert taken == [("take in", HOUR + WARM_ROWS - 1), ("take in", HOUR + 2 * WARM_ROWS - 1)]


def test_a_step_that_fails_is_counted_and_detection_goes_on() -> None:
    world = World()
    world.fails_once = True
    world.recorded = [exchange(1, 10 * HOUR + 6)]
    world.run_until(lambda: "x1" in world.events)
    assert world.watch.failures == 1


def test_the_leading_campaign_s_evidence_is_kept_pass_by_pass() -> None:
    world = World()
    world.campaign = CampaignFinding(
        campaign_id="c-1",
        accounts=("a", "b"),
        first_seen_us=0,
        flagged_us=11 * HOUR,
        exchanges=9,
        log10_e=4.5,
        p_value=1e-5,
        action=Recommendation.WATCH,
        facets=(),
    )
    world.now_us = 12 * HOUR
    world.watch.step()
    assert [(row["at_us"], row["log10_e"]) for row in world.watch.evidence] == [(11 * HOUR, 4.5), (12 * HOUR, 4.5)]


def test_what_the_workers_wrote_last_is_observed_and_rolled_at_the_end() -> None:
    world = World()
    world.recorded = [exchange(3, 10 * HOUR + 7)]
    world.watch.finish()
    assert world.events == ["x3", ("roll", 10 * HOUR + 5)]
