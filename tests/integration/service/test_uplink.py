# SPDX-License-Identifier: Apache-2.0
import asyncio
import time
from pathlib import Path
from typing import Self

from fakes.keys import empty_keyring, entry_for
from stillwatch.access.snapshot import encode_entries
from stillwatch.service.channel import Beat, Hello, Report, Snapshot, pack, receive
from stillwatch.service.gate import LiveGate
from stillwatch.service.uplink import Uplink


class Peer:
    """A control process of which the test decides what it says, one script a call."""

    def __init__(self, path: Path, *scripts: list[bytes]) -> None:
        self._path = path
        self._scripts = list(scripts)
        self.heard: list[object] = []
        self.calls = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._answer, str(self._path))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self._scripts[min(self.calls, len(self._scripts) - 1)]
        self.calls += 1
        self.heard.append(await receive(reader))
        for data in script:
            writer.write(data)
        while (message := await receive(reader)) is not None:
            self.heard.append(message)
        writer.close()


def _snapshot(version: int) -> bytes:
    return pack(Snapshot(version=version, full=True, entries=encode_entries([entry_for("acct-1")[1]])))


async def test_it_says_who_it_is_and_which_version_it_goes_by_at_once(tmp_path: Path) -> None:
    gate = LiveGate(empty_keyring(), stale_after_seconds=5, monotonic=time.monotonic)
    async with Peer(tmp_path / "s", [_snapshot(7)]) as peer:
        uplink = Uplink(tmp_path / "s", gate=gate, meters=dict, is_writable=lambda: False)
        uplink.start()
        assert await uplink.wait_ready(5)
        await asyncio.sleep(0.1)
        await uplink.stop()
    hello, report = peer.heard[:2]
    assert isinstance(hello, Hello)
    assert isinstance(report, Report)
    assert (report.pid, report.version, report.is_writable) == (hello.pid, 7, False)


async def test_a_message_that_is_none_ends_the_call_and_it_calls_again(tmp_path: Path) -> None:
    gate = LiveGate(empty_keyring(), stale_after_seconds=5, monotonic=time.monotonic)
    async with Peer(tmp_path / "s", [b"\x00\x00\x00\x02{}"], [_snapshot(3)]) as peer:
        uplink = Uplink(tmp_path / "s", gate=gate, meters=dict, is_writable=lambda: True)
        uplink.start()
        assert await uplink.wait_ready(5)
        await uplink.stop()
    assert (peer.calls, gate.version) == (2, 3)


async def test_a_beat_keeps_the_gate_open(tmp_path: Path) -> None:
    seconds = [0.0]
    gate = LiveGate(empty_keyring(), stale_after_seconds=5, monotonic=lambda: seconds[0])
    async with Peer(tmp_path / "s", [_snapshot(1)]):
        uplink = Uplink(tmp_path / "s", gate=gate, meters=dict, is_writable=lambda: True)
        uplink.start()
        assert await uplink.wait_ready(5)
        await uplink.stop()
    seconds[0] = 6.0
    assert gate.is_stale()
    async with Peer(tmp_path / "t", [pack(Beat())]):
        again = Uplink(tmp_path / "t", gate=gate, meters=dict, is_writable=lambda: True)
        again.start()
        for _ in range(200):
            if not gate.is_stale():
                break
            await asyncio.sleep(0.01)
        await again.stop()
    assert not gate.is_stale()


async def test_without_a_control_process_it_waits_and_does_not_fail(tmp_path: Path) -> None:
    gate = LiveGate(empty_keyring(), stale_after_seconds=5, monotonic=time.monotonic)
    uplink = Uplink(tmp_path / "nobody", gate=gate, meters=dict, is_writable=lambda: True)
    uplink.start()
    assert not await uplink.wait_ready(0.3)
    await uplink.stop()
