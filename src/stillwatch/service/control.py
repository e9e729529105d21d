# SPDX-License-Identifier: Apache-2.0
"""The control process: the only one that opens the database while the gateway runs.

It pushes changes of standing to the workers, runs live detection and the ladder, rolls the log, and answers operators.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec
from granian.constants import Interfaces
from granian.server.embed import Server

from stillwatch.access.interface import Directory
from stillwatch.access.snapshot import encode_entries
from stillwatch.errors import StillwatchError
from stillwatch.gateway.interface import NowUs
from stillwatch.records.case import Case
from stillwatch.records.finding import Findings
from stillwatch.records.standing import Standing
from stillwatch.service.admin import admin_app
from stillwatch.service.admin_api import open_admin_api
from stillwatch.service.channel import Snapshot
from stillwatch.service.clock import open_clock
from stillwatch.service.control_metrics import render_metrics
from stillwatch.service.lifetime import die_with_parent
from stillwatch.service.logs import set_up_logging
from stillwatch.service.offices import open_cases, open_database, open_directory, open_vettings
from stillwatch.service.screening_offices import open_policy_room
from stillwatch.service.switchboard import Switchboard
from stillwatch.service.watching import open_watch
from stillwatch.settings import Settings, load_settings

_log = logging.getLogger("stillwatch.control")


class Control:
    """Everything the control process does, in one event loop and one detection thread."""

    def __init__(self, settings: Settings, now_us: NowUs) -> None:
        self._settings = settings
        self._now_us = now_us
        engine = open_database(settings)
        self._directory: Directory = open_directory(settings, engine=engine)
        self._case_office = open_cases(settings, engine=engine)
        self._vettings = open_vettings(settings, engine=engine)
        self._api = open_admin_api(settings, engine=engine)
        self._policy_room = open_policy_room(settings, engine=engine)
        self._rulebook: bytes | None = None
        """The access policy that was last pushed; None before the first."""
        self._is_current = True
        """Whether the database was read when it was last asked."""
        self._switchboard = Switchboard(
            settings.control_socket, full_snapshot=self._full_snapshot, is_current=lambda: self._is_current
        )
        self._version = 0
        self._changed = asyncio.Event()
        self._standing: dict[str, Standing] = {}
        """The standing of each account that has, or had, one of its own: what was last pushed."""
        self._cases: tuple[Case, ...] = ()
        self._responses = 0
        """Passes whose decisions are in the database."""
        self._pushed = 0
        """Of these, the ones whose decisions have been pushed."""
        self._database_failures = 0
        self._watch = open_watch(settings, now_us, self._respond)

    async def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        stop = asyncio.Event()
        self._loop = loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        # The workers' line comes first: they can be served while detection reads back the recent log.
        await self._switchboard.start()
        server = self._admin_server()
        serving = loop.create_task(server.serve())
        thread = threading.Thread(target=self._watch.run, name="watch")
        thread.start()
        polling = loop.create_task(self._poll())
        _write_ready(self._settings.run_dir)
        try:
            await stop.wait()
        finally:
            self._watch.stop()
            await asyncio.to_thread(thread.join)
            # The workers are gone by now: what they wrote last is observed and rolled.
            await asyncio.to_thread(self._watch.finish)
            polling.cancel()
            server.stop()  # type: ignore[no-untyped-call]
            await asyncio.gather(polling, serving, return_exceptions=True)
            await self._switchboard.stop()

    def _respond(self, findings: Findings, now_us: int) -> None:
        """Decide, in one transaction for the whole pass, and push the change without waiting for the next poll."""
        self._case_office.judge(findings, now_us=now_us)
        self._responses += 1
        self._loop.call_soon_threadsafe(self._changed.set)

    async def _full_snapshot(self) -> Snapshot:
        changes = await asyncio.to_thread(self._directory.entries_since, 0)
        # Read after the keys: it may be newer than the version says, never older.
        now_us = self._now_us()
        return Snapshot(
            version=changes.version,
            full=True,
            entries=encode_entries(changes.entries),
            rulebook=await asyncio.to_thread(self._policy_room.packed, now_us=now_us),
            organisations=await asyncio.to_thread(self._policy_room.organisations, since=0, now_us=now_us),
        )

    async def _poll(self) -> None:
        """Push what changed in the database, whoever changed it."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), self._settings.control.poll_seconds)
            self._changed.clear()
            responses = self._responses
            try:
                # A suspension that runs out may leave a demand to verify. Workers go by the end of what they know, so
                # this is the gap between the two: one poll, not one campaign pass.
                await asyncio.to_thread(self._case_office.refresh, now_us=self._now_us())
                await asyncio.to_thread(self._vettings.expire, now_us=self._now_us())
                changes = await asyncio.to_thread(self._directory.entries_since, self._version)
                if changes.version == self._version and not self._policy_room.is_due(self._now_us()):
                    self._pushed = responses
                    await self._confirm()
                    self._is_current = True
                    continue
                room, now_us = self._policy_room, self._now_us()
                rulebook = await asyncio.to_thread(room.packed, now_us=now_us)
                since = min(self._version, changes.version)
                known = await asyncio.to_thread(room.organisations, since=since, now_us=now_us)
                self._cases = await asyncio.to_thread(self._case_office.cases)
            except StillwatchError as error:
                # The workers keep what they have until it is too old; then they fail closed.
                self._is_current = False
                self._database_failures += 1
                _log.error("what workers must know cannot be read: %s", error)
                continue
            # A database that is older than what was pushed has been restored from a copy: all of it counts anew.
            is_restored = changes.version < self._version
            self._version = changes.version
            self._standing.update(
                (entry.account_id, entry.standing)
                for entry in changes.entries
                if entry.standing.rung or entry.account_id in self._standing
            )
            self._switchboard.push(
                Snapshot(
                    version=changes.version,
                    full=is_restored,
                    entries=encode_entries(changes.entries),
                    removed=changes.removed,
                    organisations=known,
                    rulebook=rulebook if is_restored or rulebook != self._rulebook else None,
                )
            )
            self._rulebook = rulebook
            self._is_current = True
            self._pushed = responses

    async def _confirm(self) -> None:
        """Note what every worker goes by. One that is missing may still serve by what it knew: it is waited for."""
        reports = self._switchboard.reports
        if len(reports) < self._settings.gateway.workers:
            return
        version = min(report.version for report in reports)
        confirm = self._policy_room.confirm
        for order in await asyncio.to_thread(confirm, version, workers=len(reports), now_us=self._now_us()):
            what = "is in force" if order.is_standing else "is lifted"
            _log.warning("directive %s %s on all %d workers", order.directive.directive_id, what, len(reports))

    def _admin_server(self) -> Server:
        host, _, port = self._settings.control.listen.rpartition(":")
        app = admin_app(is_ready=self._is_ready, metrics=self._metrics, status=self.status, api=self._api)
        return Server(
            app,
            address=host.strip("[]"),
            port=int(port),
            interface=Interfaces.ASGINL,
            websockets=False,
            log_enabled=False,
        )

    def _is_ready(self) -> bool:
        return self._watch.is_warm and any(report.version >= 0 for report in self._switchboard.reports)

    def _metrics(self) -> bytes:
        return render_metrics(
            self._switchboard, self._watch, now_us=self._now_us(), database_failures=self._database_failures
        )

    def status(self) -> dict[str, Any]:
        """The state of things, for programs that wait for it."""
        watch, reports, now_us = self._watch, self._switchboard.reports, self._now_us()
        return {
            "now_us": now_us,
            "observed": watch.observed,
            "newest_ts_us": watch.newest_ts_us,
            "last_pass_us": watch.last_pass_us,
            "last_pass_seconds": watch.last_pass_seconds,
            "passes": watch.passes,
            "snapshot_version": self._version,
            # Every worker goes by what the last pass decided.
            "is_settled": self._pushed == self._responses
            and all(report.version == self._version for report in reports),
            "workers": [
                {"pid": report.pid, "snapshot_version": report.version, "is_writable": report.is_writable}
                for report in reports
            ],
            "evidence": list(watch.evidence),
            "cases": [msgspec.to_builtins(case) for case in self._cases],
            "standing": {account: int(standing.at(now_us)) for account, standing in self._standing.items()},
        }


def _write_ready(run_dir: Path) -> None:
    """Tell the supervisor that this process has come up."""
    temporary = run_dir / "control.ready.new"
    temporary.write_text(str(os.getpid()))
    temporary.replace(run_dir / "control.ready")


def main() -> int:
    """Run the control process of one settings file."""
    set_up_logging()
    try:
        settings = load_settings(Path(sys.argv[1]))
        asyncio.run(Control(settings, open_clock(settings.clock)).run())
    except StillwatchError as error:
        _log.error("%s", error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    die_with_parent()
    sys.exit(main())
