# SPDX-License-Identifier: Apache-2.0
"""Live detection: the record in, findings, decisions and a rolled log out. Runs in a thread of the control process.

It reads what the workers wrote, never what they say: a row that was acknowledged is seen, whoever was killed in
between. The clock is the data's. A campaign pass due at an instant runs once everything recorded before it has been
observed.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from stillwatch.gateway.interface import NowUs
from stillwatch.records.exchange import Exchange
from stillwatch.records.finding import Findings
from stillwatch.service.honey import HoneyWatch

_log = logging.getLogger("stillwatch.control")

IDLE_SECONDS = 0.05
SYNC_SECONDS = 2.0
"""Longest wait, before a pass, for what was written to be known to be on the disk."""
SYNC_STEP_SECONDS = 0.002
LONGEST_WAIT_SECONDS = 60.0
"""After failures in a row, each wait is twice the one before, up to this."""
WARM_ROWS = 20_000
"""Exchanges of the recent log that are observed before they are taken in, so that memory is bounded."""
HISTORY = 400
"""Passes of which the leading evidence is kept for whoever watches."""


class Engine(Protocol):
    """What the watch needs of ``detection.live.LiveEngine``."""

    @property
    def lost(self) -> int:
        """Exchanges that could not be read."""
        ...

    def observe(self, exchange: Exchange) -> None:
        """Take one exchange in."""
        ...

    def take_in(self, now_us: int) -> None:
        """Take in every window that has ended, without a pass."""
        ...

    def campaign_pass(self, now_us: int) -> Findings:
        """Link accounts and test the groups, on everything observed so far."""
        ...


class Tail(Protocol):
    """What the watch needs of ``ledger.adapters.tail.SpoolTail``."""

    def poll(self) -> Iterable[Exchange]:
        """The exchanges recorded since the last call."""
        ...

    def unsynced(self) -> frozenset[tuple[str, int]]:
        """What was read and is not handed out yet, because it is not known to be on the disk."""
        ...


class Log(Protocol):
    """What the watch needs of ``ledger.adapters.parquet_log.ParquetLog``."""

    def roll(self, now_us: int) -> object:
        """Move closed segments into Parquet, and drop hours past their retention."""
        ...


class Watch:
    """Observes, passes, decides, rolls.

    Args:
        engine: The detection engine.
        history: The recent log in time order, observed before anything else so that a restart forgets nothing.
        tail: The record as it is written.
        log: Where finished segments go.
        respond: Turns the findings of a pass into cases and decisions.
        now_us: The data's clock.
        cadence_us: Time between passes, microseconds.
        roll_seconds: Machine time between rolls.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        history: Iterable[Exchange],
        tail: Tail,
        log: Log,
        respond: Callable[[Findings, int], None],
        now_us: NowUs,
        cadence_us: int,
        roll_seconds: float,
    ) -> None:
        self._engine = engine
        self._history = history
        self._tail = tail
        self._ledger_log = log
        self._respond = respond
        self._now_us = now_us
        self._cadence_us = cadence_us
        self._roll_seconds = roll_seconds
        self._honey = HoneyWatch()
        self._stop = threading.Event()
        self._next_pass_us = (now_us() // cadence_us + 1) * cadence_us
        self._next_roll_at = 0.0
        self.is_warm = False
        """Whether the recent log has been read back."""
        self.observed = 0
        self.newest_ts_us = 0
        self.last_pass_us = self._next_pass_us - cadence_us
        self.last_pass_seconds = 0.0
        self.passes = 0
        self.failures = 0
        self.evidence: deque[dict[str, Any]] = deque(maxlen=HISTORY)
        """For each pass that found something: its instant, and the strongest campaign's size and evidence."""

    @property
    def lost(self) -> int:
        """Exchanges that detection could not read."""
        return self._engine.lost

    def run(self) -> None:
        """Until ``stop``. A step that fails is logged, counted and tried again: detection must outlive a bad hour."""
        in_a_row = 0
        while not self._stop.is_set():
            try:
                if not self.is_warm:
                    self._warm_up()
                is_idle = not self.step()
                in_a_row = 0
            except Exception:  # noqa: BLE001 - the thread is all there is to see campaigns with: it must not end
                self.failures += 1
                in_a_row += 1
                _log.exception("detection failed; it tries again")
                is_idle = True
            if is_idle:
                self._stop.wait(min(IDLE_SECONDS * 2 ** min(in_a_row, 20), LONGEST_WAIT_SECONDS))

    def stop(self) -> None:
        """Ask ``run`` to return."""
        self._stop.set()

    def finish(self) -> None:
        """Observe and roll what is left, once every worker has closed its part of the record."""
        self._observe()
        self._ledger_log.roll(self._now_us())

    def step(self) -> bool:
        """Do what is due; say whether anything was."""
        # The clock is read first: what is recorded after that belongs to a later pass.
        now = self._now_us()
        observed = self._observe()
        self._tell_of_honey(now)
        if self._next_pass_us <= now:
            observed += self._observe_unsynced()
        passed = 0
        while self._next_pass_us <= now:
            self._pass(self._next_pass_us)
            self._next_pass_us += self._cadence_us
            passed += 1
        if time.monotonic() >= self._next_roll_at:
            self._ledger_log.roll(now)
            self._next_roll_at = time.monotonic() + self._roll_seconds
        return bool(observed or passed)

    def _warm_up(self) -> None:
        for number, exchange in enumerate(self._history, 1):
            self._engine.observe(exchange)
            if number % WARM_ROWS == 0:
                self._engine.take_in(exchange.ts_us)
            if self._stop.is_set():
                return
        self._history = ()
        self.is_warm = True

    def _observe(self) -> int:
        count = 0
        for exchange in self._tail.poll():
            self._engine.observe(exchange)
            if exchange.refusal is not None:
                self._honey.take(exchange)
            self.newest_ts_us = max(self.newest_ts_us, exchange.ts_us)
            count += 1
        self.observed += count
        return count

    def _tell_of_honey(self, now_us: int) -> None:
        """Open a case for a honey key that was used, at once."""
        findings = self._honey.due(now_us)
        if findings is not None:
            self._respond(findings, now_us)
            # Where the database could not be written, it is tried again with the next step.
            self._honey.told(findings, now_us)

    def _observe_unsynced(self) -> int:
        """Observe what had been answered by now, though the record is yet to say that it is on the disk."""
        count = 0
        unsynced = self._tail.unsynced()
        until = time.monotonic() + SYNC_SECONDS
        while unsynced & self._tail.unsynced() and time.monotonic() < until and not self._stop.is_set():
            self._stop.wait(SYNC_STEP_SECONDS)
            count += self._observe()
        return count

    def _pass(self, instant_us: int) -> None:
        began = time.perf_counter()
        findings = self._engine.campaign_pass(instant_us)
        self._respond(findings, instant_us)
        self.passes += 1
        self.last_pass_us = instant_us
        self.last_pass_seconds = time.perf_counter() - began
        if findings.campaigns:
            leading = max(findings.campaigns, key=lambda campaign: campaign.log10_e)
            self.evidence.append(
                {
                    "at_us": instant_us,
                    "campaign_id": leading.campaign_id,
                    "accounts": len(leading.accounts),
                    "log10_e": leading.log10_e,
                    "action": leading.action,
                }
            )
