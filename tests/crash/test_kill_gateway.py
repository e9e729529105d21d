# SPDX-License-Identifier: Apache-2.0
"""The whole gateway, killed at random moments under load: each answer that was completed is in the log exactly once."""

import asyncio
import contextlib
import os
import signal
import time
from collections import Counter
from pathlib import Path
from random import Random

import aiohttp
import duckdb
import pytest

from e2e.product import SMALL, Customer, Product
from fakes.model_server_process import ModelServerProcess
from stillwatch.ledger.adapters.log_check import check_log

KILLS = 105
SEED = 20261121
CLIENTS = 16
PROVEN = 3
"""Answers completed since the last kill before the next may come, so that each falls into load."""
PATIENCE_SECONDS = 60.0


class Load:
    """Customers that ask without pause, streaming and not, and note each answer that reached them whole."""

    def __init__(self, customer: Customer) -> None:
        self._url = f"{customer.url}/v1/chat/completions"
        self._headers = {"authorization": f"Bearer {customer.api_key}"}
        self.completed: list[tuple[str, int]] = []
        """The ids of whole answers, and their status."""
        self.broken = 0
        """Requests that were cut off on the way."""

    async def run(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            await asyncio.gather(*(self._client(session, number) for number in range(CLIENTS)))

    async def _client(self, session: aiohttp.ClientSession, number: int) -> None:
        turn = 0
        while True:
            turn += 1
            is_stream = (number + turn) % 2 == 0
            # Every fourth takes a while, so that a kill finds answers that are half sent.
            prompt = f"fault:slow:0.02 question {turn}" if turn % 4 == 0 else f"question {turn} of customer {number}"
            body = {"model": SMALL, "stream": is_stream, "messages": [{"role": "user", "content": prompt}]}
            try:
                async with session.post(self._url, json=body, headers=self._headers) as answer:
                    data = await answer.read()
            except aiohttp.ClientConnectorError:
                # Nobody listens while it starts again.
                await asyncio.sleep(0.1)
                continue
            except (aiohttp.ClientError, OSError, TimeoutError):
                self.broken += 1
                continue
            if answer.status == 200 and is_stream:
                assert data.rstrip().endswith(b"data: [DONE]"), data[-300:]
            self.completed.append((answer.headers["x-request-id"], answer.status))
            if answer.status != 200:
                await asyncio.sleep(0.02)


async def kill_something(product: Product, dice: Random) -> str:
    """Kill a worker, the control process, the front with its workers, or everything; what was killed comes back."""
    what = dice.choices(("worker", "control", "front", "all"), weights=(76, 16, 4, 4))[0]
    if what == "all":
        victims = product.pids()
    elif what == "control":
        victims = product.pids("stillwatch.service.control")
    elif what == "front":
        victims = [pid for pid in product.pids("stillwatch.service.front") if pid not in product.worker_pids()]
    else:
        # Not the youngest: one that dies at once, twice, makes the front give up and start anew, which takes seconds.
        victims = [dice.choice(workers[:-1])] if len(workers := product.worker_pids()) > 1 else []
    if not victims:
        return ""
    for pid in victims:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if what == "all":
        product.process.wait()
        while product.pids():  # noqa: ASYNC110 - a process has no event
            await asyncio.sleep(0.01)
        await asyncio.to_thread(product.start)
    return what


def times_in_the_log(directory: Path) -> dict[str, tuple[int, str]]:
    """How often each exchange is in the folder, and how it ended, as DuckDB reads it."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT exchange_id, count(*), any_value(outcome) FROM read_parquet($1) GROUP BY 1",
            [str(directory / "log" / "**" / "*.parquet")],
        ).fetchall()
    return {exchange_id: (times, outcome) for exchange_id, times, outcome in rows}


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_each_completed_answer_is_in_the_log_exactly_once_however_the_gateway_is_killed(tmp_path: Path) -> None:
    dice = Random(SEED)  # noqa: S311 - chance, not a secret
    kills: Counter[str] = Counter()
    with ModelServerProcess() as model_server:
        product = Product(tmp_path, model_server, workers=3)
        product.start()
        try:
            load = Load(product.customer())
            task = asyncio.create_task(load.run())
            while kills.total() < KILLS:
                served = len(load.completed)
                deadline = time.monotonic() + PATIENCE_SECONDS
                while len(load.completed) < served + PROVEN:
                    assert time.monotonic() < deadline, product.log()[-3000:]
                    assert not task.done(), task.exception()
                    await asyncio.sleep(0.005)
                await asyncio.sleep(dice.uniform(0, 0.5))
                if what := await kill_something(product, dice):
                    kills[what] += 1
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            # The last kill may have hit the control process: what lies in the spool is rolled by the next one.
            await asyncio.to_thread(product.stop)
            await asyncio.to_thread(product.start)
        finally:
            await asyncio.to_thread(product.stop)
    found = times_in_the_log(product.settings.ledger.directory)
    completed = [exchange_id for exchange_id, status in load.completed if status == 200]
    print(f"kills {dict(kills)}; {len(completed)} answers completed, {load.broken} cut off; {len(found)} rows")  # noqa: T201 - what the run was
    assert kills.total() >= 100
    assert all(kills[what] for what in ("worker", "control", "front", "all"))
    assert load.broken > 50
    assert len(completed) == len(set(completed)) > 20 * KILLS
    twice = [exchange_id for exchange_id, (times, _) in found.items() if times > 1]
    assert not twice
    missing = [exchange_id for exchange_id, _ in load.completed if exchange_id not in found]
    assert not missing
    assert all(found[exchange_id][1] == "completed" for exchange_id in completed)
    assert any(outcome == "interrupted" for _, outcome in found.values())
    check = check_log(product.settings.ledger.directory)
    assert check.is_good, check.damage
    assert (check.rows, check.unrolled) == (len(found), 0)
