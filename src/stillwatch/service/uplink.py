# SPDX-License-Identifier: Apache-2.0
"""A worker's end of the control socket: takes standing in, gives counts out, and calls again when the line is cut."""

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stillwatch.errors import IntegrityError
from stillwatch.service.channel import Beat, Hello, Report, Snapshot, pack, receive
from stillwatch.service.gate import LiveGate

_log = logging.getLogger("stillwatch.worker")

REPORT_SECONDS = 1.0
RECONNECT_SECONDS = 0.2


class Uplink:
    """Keeps the gate up to date for as long as the worker lives.

    Args:
        path: The control process's Unix socket.
        gate: What snapshots are applied to.
        meters: Gives the worker's counts as a plain dict.
        is_writable: Whether the record can be written.
        on_change: Called when the gate has changed, before the control process is told so.
    """

    def __init__(
        self,
        path: Path,
        *,
        gate: LiveGate,
        meters: Callable[[], dict[str, Any]],
        is_writable: Callable[[], bool],
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = path
        self._gate = gate
        self._meters = meters
        self._is_writable = is_writable
        self._on_change = on_change
        self._first_snapshot = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin calling the control process."""
        self._task = asyncio.get_running_loop().create_task(self._stay_connected())

    async def wait_ready(self, seconds: float) -> bool:
        """Whether the first snapshot came within ``seconds``."""
        try:
            await asyncio.wait_for(self._first_snapshot.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def stop(self) -> None:
        """Hang up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _stay_connected(self) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(str(self._path))
            except OSError:
                await asyncio.sleep(RECONNECT_SECONDS)
                continue
            try:
                await self._converse(reader, writer)
            except (IntegrityError, OSError) as error:
                _log.warning("the control connection broke: %s", error)
            finally:
                writer.close()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(pack(Hello(pid=os.getpid())))
        reporting = asyncio.get_running_loop().create_task(self._report(writer))
        try:
            while (message := await receive(reader)) is not None:
                if isinstance(message, Snapshot):
                    self._gate.apply(message)
                    self._on_change()
                    self._first_snapshot.set()
                    # Said at once: whoever waits for a change to reach every worker waits for this.
                    writer.write(pack(self._state()))
                elif isinstance(message, Beat):
                    self._gate.heard()
        finally:
            reporting.cancel()
            await asyncio.gather(reporting, return_exceptions=True)

    async def _report(self, writer: asyncio.StreamWriter) -> None:
        while True:
            await asyncio.sleep(REPORT_SECONDS)
            writer.write(pack(self._state()))
            await writer.drain()

    def _state(self) -> Report:
        return Report(
            pid=os.getpid(), version=self._gate.version, is_writable=self._is_writable(), meters=self._meters()
        )
