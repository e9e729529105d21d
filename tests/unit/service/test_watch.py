# SPDX-License-Identifier: Apache-2.0
from collections.abc import Callable, Iterable

from stillwatch.records.exchange import Exchange
from stillwatch.records.finding import CampaignFinding, Findings, Recommendation
from stillwatch.service.watch import Watch

HOUR = 3_600_000_000


def _exchange(number: int, ts_us: int) -> Exchange:
    return Exchange(exchange_id=f"x{number}", ts_us=ts_us, org_id="o", account_id="a", model="m", prompt="hello")


class World:
    """A clock, a record and an engine that notes what it was asked, in order."""

    def __init__(self, history: Iterable[Exchange] = ()) -> None:
        self.now_us = 10 * HOUR + 5
        self.recorded: list[Exchange] = []
        self.events: list[object] = []
        self.fails_once = False
        self.campaign: CampaignFinding | None = None
        self.watch = Watch(
            engine=self,
            history=history,
            tail=self,
            log=self,
            respond=lambda findings, now_us: self.events.append(("respond", now_us, len(findings.campaigns))),
            now_us=lambda: self.now_us,
            cadence_us=HOUR,
            roll_seconds=1_000,
        )

    def observe(self, exchange: Exchange) -> None:
        self.events.append(exchange.exchange_id)

    def campaign_pass(self, now_us: int) -> Findings:
        self.events.append(("pass", now_us))
        campaigns = () if self.campaign is None else (self.campaign,)
        return Findings(window_from_us=0, window_to_us=now_us, accounts=(), campaigns=campaigns)

    def poll(self) -> Iterable[Exchange]:
        if self.fails_once:
            self.fails_once = False
            raise RuntimeError("a bad hour")
        taken, self.recorded = self.recorded, []
        return taken

    def roll(self, now_us: int) -> None:
        self.events.append(("roll", now_us))

    def run_until(self, claim: Callable[[], bool]) -> None:
        """Drive the real loop; stop it once the claim holds."""
        real_step = self.watch.step

        def step() -> bool:
            did = real_step()
            if claim():
                self.watch.stop()
            return did

        self.watch.step = step  # type: ignore[method-assign]
        self.watch.run()


def test_everything_recorded_before_a_pass_is_observed_before_it() -> None:
    world = World()
    world.recorded = [_exchange(1, 10 * HOUR + 6), _exchange(2, 11 * HOUR - 1)]
    world.now_us = 11 * HOUR
    world.watch.step()
    passed = world.events.index(("pass", 11 * HOUR))
    assert {"x1", "x2"} <= set(world.events[:passed])
    assert world.events[passed + 1] == ("respond", 11 * HOUR, 0)


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
    world = World(history=[_exchange(7, HOUR)])
    world.recorded = [_exchange(8, 10 * HOUR + 9)]
    world.run_until(lambda: "x8" in world.events)
    assert [event for event in world.events if isinstance(event, str)] == ["x7", "x8"]
    assert world.watch.is_warm


def test_a_step_that_fails_is_counted_and_detection_goes_on() -> None:
    world = World()
    world.fails_once = True
    world.recorded = [_exchange(1, 10 * HOUR + 6)]
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
    world.recorded = [_exchange(3, 10 * HOUR + 7)]
    world.watch.finish()
    assert world.events == ["x3", ("roll", 10 * HOUR + 5)]
