# SPDX-License-Identifier: Apache-2.0
"""A clock, a record and an engine in memory, for tests of the watch over them."""

from collections.abc import Callable, Iterable

from stillwatch.records.exchange import Exchange
from stillwatch.records.finding import CampaignFinding, Findings
from stillwatch.service.watch import Watch

HOUR = 3_600_000_000


def exchange(number: int, ts_us: int) -> Exchange:
    return Exchange(exchange_id=f"x{number}", ts_us=ts_us, org_id="o", account_id="a", model="m", prompt="hello")


class World:
    """A clock, a record and an engine that notes what it was asked, in order."""

    def __init__(self, history: Iterable[Exchange] = ()) -> None:
        self.now_us = 10 * HOUR + 5
        self.recorded: list[Exchange] = []
        self.written: list[Exchange] = []
        """On its way to the disk: recorded when asked for the second time."""
        self.events: list[object] = []
        self.fails_once = False
        self.lost = 0
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

    def take_in(self, now_us: int) -> None:
        self.events.append(("take in", now_us))

    def campaign_pass(self, now_us: int) -> Findings:
        self.events.append(("pass", now_us))
        campaigns = () if self.campaign is None else (self.campaign,)
        return Findings(window_from_us=0, window_to_us=now_us, accounts=(), campaigns=campaigns)

    def poll(self) -> Iterable[Exchange]:
        if self.fails_once:
            self.fails_once = False
            raise RuntimeError("a bad hour")
        taken, self.recorded, self.written = self.recorded, self.written, []
        return taken

    def unsynced(self) -> frozenset[tuple[str, int]]:
        return frozenset((exchange.exchange_id, 0) for exchange in self.recorded)

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
