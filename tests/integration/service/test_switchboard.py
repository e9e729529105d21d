# SPDX-License-Identifier: Apache-2.0
import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.keys import empty_keyring, entry_for
from stillwatch.access.snapshot import encode_entries
from stillwatch.records.grant import Denial, Grant
from stillwatch.service.channel import Snapshot
from stillwatch.service.gate import LiveGate
from stillwatch.service.switchboard import Switchboard
from stillwatch.service.uplink import Uplink


async def _until(claim: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.005)


def _worker(path: Path) -> tuple[LiveGate, Uplink]:
    gate = LiveGate(empty_keyring(), stale_after_seconds=5, monotonic=time.monotonic)
    uplink = Uplink(
        path, gate=gate, meters=lambda: {"counters": [["stillwatch_requests", 3]]}, is_writable=lambda: True
    )
    uplink.start()
    return gate, uplink


async def test_a_change_reaches_every_worker_within_a_second(tmp_path: Path) -> None:
    api_key, entry = entry_for("acct-1")

    async def nothing_yet() -> Snapshot:
        return Snapshot(version=1, full=True, entries=encode_entries([]))

    board = Switchboard(tmp_path / "control.sock", full_snapshot=nothing_yet)
    await board.start()
    workers = [_worker(tmp_path / "control.sock") for _ in range(3)]
    await _until(lambda: all(gate.is_ready for gate, _ in workers))

    began = time.monotonic()
    board.push(Snapshot(version=2, full=False, entries=encode_entries([entry])))
    await _until(lambda: all(gate.version == 2 for gate, _ in workers), seconds=1.0)

    assert time.monotonic() - began < 1.0
    for gate, _ in workers:
        assert isinstance(gate.authorize(api_key, client_ip=None, model=None, now_us=0), Grant)
    await _until(lambda: [report.version for report in board.reports] == [2, 2, 2])
    for _, uplink in workers:
        await uplink.stop()
    await board.stop()


async def test_a_change_made_while_the_first_snapshot_is_read_is_not_undone_by_it(tmp_path: Path) -> None:
    api_key, entry = entry_for("acct-1")
    reading, go_on = asyncio.Event(), asyncio.Event()

    async def slow_and_old() -> Snapshot:
        reading.set()
        await go_on.wait()
        return Snapshot(version=1, full=True, entries=encode_entries([]))

    board = Switchboard(tmp_path / "control.sock", full_snapshot=slow_and_old)
    await board.start()
    gate, uplink = _worker(tmp_path / "control.sock")
    await reading.wait()
    board.push(Snapshot(version=2, full=False, entries=encode_entries([entry])))
    go_on.set()
    await _until(lambda: gate.version == 2)

    assert isinstance(gate.authorize(api_key, client_ip=None, model=None, now_us=0), Grant)
    await uplink.stop()
    await board.stop()


async def test_a_worker_calls_again_when_the_control_process_is_replaced(tmp_path: Path) -> None:
    async def snapshot() -> Snapshot:
        return Snapshot(version=7, full=True, entries=encode_entries([]))

    first = Switchboard(tmp_path / "control.sock", full_snapshot=snapshot)
    await first.start()
    gate, uplink = _worker(tmp_path / "control.sock")
    await _until(lambda: gate.is_ready)
    await first.stop()
    second = Switchboard(tmp_path / "control.sock", full_snapshot=snapshot)
    await second.start()
    await _until(lambda: len(second.reports) == 1)

    assert second.reports[0].meters == {"counters": [["stillwatch_requests", 3]]}
    await uplink.stop()
    await second.stop()


async def test_while_it_cannot_tell_what_is_forbidden_workers_hear_nothing_and_close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillwatch.service.switchboard.BEAT_SECONDS", 0.05)
    is_current = True

    async def nothing_yet() -> Snapshot:
        return Snapshot(version=1, full=True, entries=encode_entries([]))

    board = Switchboard(tmp_path / "control.sock", full_snapshot=nothing_yet, is_current=lambda: is_current)
    await board.start()
    gate = LiveGate(empty_keyring(), stale_after_seconds=0.4, monotonic=time.monotonic)
    uplink = Uplink(tmp_path / "control.sock", gate=gate, meters=dict, is_writable=lambda: True)
    uplink.start()
    await _until(lambda: gate.is_ready)
    await asyncio.sleep(0.6)
    assert gate.is_ready
    is_current = False
    await _until(lambda: not gate.is_ready, seconds=2.0)
    is_current = True
    await _until(lambda: gate.is_ready, seconds=2.0)
    await uplink.stop()
    await board.stop()


async def test_the_socket_is_for_its_owner_alone(tmp_path: Path) -> None:
    async def snapshot() -> Snapshot:
        return Snapshot(version=1, full=True, entries=encode_entries([]))

    board = Switchboard(tmp_path / "control.sock", full_snapshot=snapshot)
    await board.start()
    assert (tmp_path / "control.sock").stat().st_mode & 0o077 == 0
    await board.stop()


def test_a_gate_without_a_snapshot_refuses() -> None:
    gate = LiveGate(empty_keyring(), stale_after_seconds=5, monotonic=time.monotonic)
    answer = gate.authorize("swk_live_x", client_ip=None, model=None, now_us=0)
    assert isinstance(answer, Denial)
    assert (answer.status, answer.code) == (503, "standing_unknown")


async def test_what_a_worker_that_has_gone_had_counted_still_counts(tmp_path: Path) -> None:
    async def snapshot() -> Snapshot:
        return Snapshot(version=1, full=True, entries=encode_entries([]))

    board = Switchboard(tmp_path / "control.sock", full_snapshot=snapshot)
    await board.start()
    for gone in (1, 2):
        gate, uplink = _worker(tmp_path / "control.sock")
        await _until(lambda gate=gate: gate.is_ready and len(board.reports) == 1)  # type: ignore[misc]
        await uplink.stop()
        await _until(lambda: not board.reports)
        assert board.departed["counters"] == [["stillwatch_requests", 3 * gone]]
    await board.stop()
