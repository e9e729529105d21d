# SPDX-License-Identifier: Apache-2.0
"""Plays a plan on the data's clock: requests in order of time, a barrier at every hour.

The clock moves only when a request is sent and at the barrier, so nothing depends on the machine's speed. Requests in
flight together are never further apart than ``SKEW_US`` on the data's clock, so the instants on record stay close to
the planned ones. Nobody's next message leaves before the answer to the one before it.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import count

from stillwatch.arena.client import Answered
from stillwatch.arena.operator import Operator
from stillwatch.arena.schedule import HOUR_US, START_US, Plan, Planned

SKEW_US = 240 * 1_000_000
"""Most simulated time between the oldest and the newest request in flight."""

Send = Callable[[Planned], Awaitable[Answered]]
"""Sends a request and gives its answer."""
Barrier = Callable[[int], Awaitable[object]]
"""Waits until the product has done all that is due at an instant."""
Watch = Callable[[Planned, Answered], None]
"""Is told each answer as it comes."""


class Driver:
    """Plays one plan.

    Args:
        plan: What is to be sent.
        send: How.
        set_clock: Moves the data's clock, microseconds since the epoch.
        barrier: What to wait for at every hour.
        operator: Reacts when accounts of the hydra are refused.
        watch: Is told every answer.
        concurrency: Most requests in flight.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        send: Send,
        set_clock: Callable[[int], None],
        barrier: Barrier,
        operator: Operator,
        watch: Watch,
        concurrency: int = 6,
    ) -> None:
        self._plan = plan
        self._send = send
        self._set_clock = set_clock
        self._barrier = barrier
        self._operator = operator
        self._watch = watch
        self._concurrency = concurrency
        self._numbers = count()
        self._ahead = [(request.at_us, next(self._numbers), request) for request in plan.requests]
        heapq.heapify(self._ahead)
        self._in_flight: deque[tuple[int, asyncio.Task[None]]] = deque()
        self._latest: dict[str, asyncio.Task[None]] = {}
        """The newest request of each account."""

    async def play(self) -> None:
        """From the first instant to the last.

        Raises:
            UpstreamError: The gateway broke off.
            Unavailable: The barrier never opened.
            CancelledError: It was told to stop.
        """
        try:
            for boundary in range(START_US + HOUR_US, self._plan.end_us + 1, HOUR_US):
                while self._ahead and self._ahead[0][0] < boundary:
                    _, _, request = heapq.heappop(self._ahead)
                    await self._issue(request)
                    _heed_cancellation()
                await self._land_all()
                _heed_cancellation()
                self._set_clock(boundary)
                await self._barrier(boundary)
        finally:
            for _, task in self._in_flight:
                task.cancel()

    async def _issue(self, request: Planned) -> None:
        account = request.caller.account_id
        # One account is one program: its requests follow each other.
        earlier = self._latest.pop(account, None)
        if earlier is not None:
            await earlier
        while self._in_flight and (
            len(self._in_flight) >= self._concurrency or self._in_flight[0][0] < request.at_us - SKEW_US
        ):
            await self._in_flight.popleft()[1]
        # Asked only now: the answers waited for may have been refusals.
        if account in self._operator.lost:
            return
        self._set_clock(request.at_us)
        task = asyncio.create_task(self._exchange(request))
        self._latest[account] = task
        self._in_flight.append((request.at_us, task))

    async def _land_all(self) -> None:
        while self._in_flight:
            await self._in_flight.popleft()[1]
        self._latest.clear()

    async def _exchange(self, request: Planned) -> None:
        answered = await self._send(request)
        self._watch(request, answered)
        if request.caller.is_hydra and answered.is_barred:
            self._replace(request)

    def _replace(self, refused: Planned) -> None:
        """Let the operator go on with another account."""
        account = refused.caller.account_id
        unfinished = sorted(entry for entry in self._ahead if entry[2].caller.account_id == account)
        work = self._operator.on_refusal(refused.caller, refused.at_us, [refused, *(entry[2] for entry in unfinished)])
        for request in work:
            heapq.heappush(self._ahead, (request.at_us, next(self._numbers), request))


def _heed_cancellation() -> None:
    """Stop where the task was told to. Waiting for a task hands that on to it, and one that just ends loses it."""
    own = asyncio.current_task()
    if own is not None and own.cancelling():
        raise asyncio.CancelledError
