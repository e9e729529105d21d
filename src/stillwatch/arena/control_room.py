# SPDX-License-Identifier: Apache-2.0
"""What Stillwatch itself says, asked at its operators' port: never anything that only the arena knows."""

import asyncio
import time
from typing import Self

import aiohttp
import msgspec

from stillwatch.errors import Unavailable
from stillwatch.records.case import Case
from stillwatch.records.finding import Recommendation

_POLL_SECONDS = 0.01
_PATIENCE_SECONDS = 120.0


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The strongest campaign of one pass."""

    at_us: int
    campaign_id: str
    accounts: int
    log10_e: float
    action: Recommendation


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The state of detection, cases and standing at one moment."""

    observed: int = 0
    last_pass_us: int = 0
    is_settled: bool = False
    evidence: tuple[Evidence, ...] = ()
    cases: tuple[Case, ...] = ()
    standing: dict[str, int] = {}
    """The rung of each account that has, or had, one above good standing."""


class ControlRoom:
    """Asks the control process.

    Args:
        url: Its operators' port, such as ``http://127.0.0.1:9464``.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: aiohttp.ClientSession | None = None
        self._decoder = msgspec.json.Decoder(Status)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def status(self) -> Status:
        """What it says now.

        Raises:
            Unavailable: It does not answer.
        """
        assert self._session is not None  # noqa: S101 - used outside of its "async with", which is a mistake here
        try:
            async with self._session.get(f"{self._url}/status") as response:
                return self._decoder.decode(await response.read())
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError) as error:
            raise Unavailable(f"The control process does not say how things are: {error!r}.") from error

    async def barrier(self, now_us: int) -> Status:
        """Wait until the pass due at an instant is done and every worker goes by what it decided.

        The pass sees every exchange that was answered before the clock came to that instant: answers are durable before
        they are delivered, and the control process reads the clock before it reads the record.

        Raises:
            Unavailable: It takes longer than two minutes.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            status = await self.status()
            if status.last_pass_us >= now_us and status.is_settled:
                return status
            if time.monotonic() > deadline:
                raise Unavailable(f"The hourly pass has not ended within {_PATIENCE_SECONDS:.0f} s.")
            await asyncio.sleep(_POLL_SECONDS)
