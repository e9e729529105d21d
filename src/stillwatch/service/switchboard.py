# SPDX-License-Identifier: Apache-2.0
"""The control process's end of the socket: pushes changes of standing to every worker, and gathers their counts."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stillwatch.errors import IntegrityError
from stillwatch.gateway.meters import merge
from stillwatch.service.channel import Beat, Message, Report, Snapshot, pack, receive

_log = logging.getLogger("stillwatch.control")

BEAT_SECONDS = 1.0
MAX_UNSENT_BYTES = 256 << 20
"""A worker that has not read this much is cut off; it calls again and gets a fresh snapshot."""


@dataclass(eq=False)
class Line:
    """One worker's connection. ``report`` is its newest word."""

    writer: asyncio.StreamWriter
    report: Report | None = None
    held: list[bytes] | None = field(default_factory=list)
    """Changes pushed while the line's first snapshot was being read; None once it has been sent. Sent after it, since a
    snapshot that overtook a newer change would undo it."""

    @property
    def pid(self) -> int:
        """The worker's process id; 0 before its first word."""
        return 0 if self.report is None else self.report.pid


class Switchboard:
    """Every worker's line.

    Args:
        path: The Unix socket to listen on; made with mode 0600.
        full_snapshot: Reads everything a worker that calls for the first time must know.
        is_current: Whether what was pushed is all there is to know. While it is not, workers hear nothing, and in time
            refuse everything: what they know may be what has been forbidden since.
    """

    def __init__(
        self,
        path: Path,
        *,
        full_snapshot: Callable[[], Awaitable[Snapshot]],
        is_current: Callable[[], bool] = lambda: True,
    ) -> None:
        self._path = path
        self._full_snapshot = full_snapshot
        self._is_current = is_current
        self._lines: set[Line] = set()
        self._server: asyncio.Server | None = None
        self._beating: asyncio.Task[None] | None = None
        self.departed: dict[str, Any] = {}
        """What workers that have gone had counted: it still counts."""

    @property
    def reports(self) -> list[Report]:
        """The newest report of each connected worker."""
        return [line.report for line in self._lines if line.report is not None]

    async def start(self) -> None:
        """Listen. A left-over socket of an earlier process is removed first."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve_worker, str(self._path))
        self._path.chmod(0o600)
        self._beating = asyncio.get_running_loop().create_task(self._beat())

    async def stop(self) -> None:
        """Hang up on everybody."""
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)
        if self._server is not None:
            self._server.close()
        for line in list(self._lines):
            line.writer.close()
        self._path.unlink(missing_ok=True)

    def push(self, snapshot: Snapshot) -> None:
        """Send changes to every worker, without waiting for any."""
        self._send_all(snapshot)

    def _send_all(self, message: Message) -> None:
        data = pack(message)
        for line in list(self._lines):
            transport = line.writer.transport
            if line.held is not None:
                line.held.append(data)
            elif transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
                _log.error("worker %d does not read its control messages and is cut off", line.pid)
                transport.abort()
            else:
                line.writer.write(data)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            if self._is_current():
                self._send_all(Beat())

    async def _serve_worker(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(writer)
        # The line is on the board before the snapshot is read, so that no change made in between is missed; a change
        # that is in the snapshot too is applied twice, which does no harm.
        self._lines.add(line)
        try:
            writer.write(pack(await self._full_snapshot()))
            held, line.held = line.held or [], None
            writer.write(b"".join(held))
            while (message := await receive(reader)) is not None:
                if isinstance(message, Report):
                    line.report = message
        except (IntegrityError, OSError) as error:
            _log.warning("the line to worker %d broke: %s", line.pid, error)
        finally:
            self._lines.discard(line)
            if line.report is not None:
                # A gauge says how things are; of a worker that has gone it says nothing.
                self.departed = merge([self.departed, {**line.report.meters, "gauges": {}}])
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
