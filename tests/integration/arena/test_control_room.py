# SPDX-License-Identifier: Apache-2.0
import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from stillwatch.arena.control_room import ControlRoom
from stillwatch.errors import Unavailable

STATES: list[dict[str, Any]] = [
    {"now_us": 1, "observed": 0, "last_pass_us": 0, "is_settled": True, "workers": [], "unknown": 1},
    {"observed": 5, "last_pass_us": 3600, "is_settled": False},
    {
        "observed": 5,
        "last_pass_us": 3600,
        "is_settled": True,
        "standing": {"acct-1": 4},
        "evidence": [{"at_us": 3600, "campaign_id": "c-1", "accounts": 9, "log10_e": 4.5, "action": "contain"}],
    },
]


@pytest.fixture
async def server() -> AsyncIterator[BaseTestServer]:
    asked = 0

    async def status(_request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.Response(body=json.dumps(STATES[min(asked, len(STATES)) - 1]))

    app = web.Application()
    app.router.add_get("/status", status)
    async with TestServer(app) as server:
        yield server


async def test_barrier_opens_when_the_pass_is_done_and_every_worker_goes_by_it(server: BaseTestServer) -> None:
    async with ControlRoom(str(server.make_url("")).rstrip("/")) as room:
        status = await asyncio.wait_for(room.barrier(3600), 5)
    assert status.standing == {"acct-1": 4}
    assert status.evidence[0].log10_e == 4.5


async def test_barrier_stays_shut_while_the_pass_is_due(server: BaseTestServer) -> None:
    async with ControlRoom(str(server.make_url("")).rstrip("/")) as room:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(room.barrier(7200), 0.3)


async def test_silent_control_process_is_told() -> None:
    async with ControlRoom("http://127.0.0.1:1") as room:
        with pytest.raises(Unavailable):
            await room.status()
