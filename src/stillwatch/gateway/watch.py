# SPDX-License-Identifier: Apache-2.0
"""Cuts short what an exchange waits for: the caller leaves, its body is slow, it takes no more of its stream."""

import asyncio

from stillwatch.gateway.interface import Caller


class Watch:
    """One exchange's watch. The task is cancelled only while ``is_guarding``: the record is never cut short.

    Args:
        caller: Whose leaving counts.
        stall_seconds: Longest wait for the caller to take a piece of its stream.
    """

    __slots__ = (
        "_caller",
        "_loop",
        "_sending_since",
        "_stall_seconds",
        "_task",
        "_timer",
        "has_cut",
        "is_guarding",
    )

    def __init__(self, caller: Caller, *, stall_seconds: float) -> None:
        self._caller = caller
        self._stall_seconds = stall_seconds
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._timer: asyncio.TimerHandle | None = None
        self._sending_since: float | None = None
        self.is_guarding = False
        """Whether what the task waits for now may be cut short."""
        self.has_cut = False
        """Whether it was, or should have been."""

    def limit(self, seconds: float) -> None:
        """Cut the wait after so long."""
        self.stop_timer()
        self._timer = self._loop.call_later(seconds, self.cut)

    def look(self) -> None:
        """From now on, cut the wait when the caller leaves."""
        self._caller.on_leave(self.cut)

    def absolve(self) -> bool:
        """Whether a cancellation just caught was this watch's own; the task then goes on."""
        if self.has_cut and self._task is not None:
            self._task.uncancel()
            return True
        return False

    def stop_timer(self) -> None:
        """Forget the time limit."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def stop(self) -> None:
        """Watch no more."""
        self.is_guarding = False
        self.stop_timer()
        self._caller.on_leave(None)

    async def send(self, status: int, headers: list[tuple[str, str]], data: bytes) -> bool:
        """Send a piece of a stream; False where the caller left."""
        self._sending_since = self._loop.time()
        if self._timer is None:
            self._check_stall()
        is_taken = await self._caller.send(status, headers, data)
        self._sending_since = None
        return is_taken

    def cut(self) -> None:
        """Cut short what the exchange waits for."""
        self.has_cut = True
        if self.is_guarding and self._task is not None:
            self._task.cancel()

    def _check_stall(self) -> None:
        since = self._sending_since
        if since is not None and self._loop.time() - since >= self._stall_seconds:
            self.cut()
        else:
            self._timer = self._loop.call_later(self._stall_seconds / 4, self._check_stall)
