# SPDX-License-Identifier: Apache-2.0
"""The directive switch on four workers under load: refusals within a second of the command, and nobody let in after."""

import asyncio
import json
import os
import signal
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from openai import APIError

from e2e.product import SMALL, Customer, Product, wait_until
from e2e.wire import Answer, ask
from fakes.model_server_process import ModelServerProcess
from stillwatch.records.exchange import Outcome

CHAT = "/v1/chat/completions"
WORKERS = 4
LIMIT_US = 1_000_000

FILE = """
directive: {directive}
models: [{model}]
source: an example order
reason: An order reserves this model.
effective: 2026-11-20T00:00:00+00:00
running: {running}
only:
  organisations: [{org}]
"""


@pytest.fixture(scope="module")
def fleet(model_server: ModelServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with Product(tmp_path_factory.mktemp("fleet"), model_server, workers=WORKERS) as product:
        yield product


def body(prompt: str = "hello", *, stream: bool = False) -> dict[str, object]:
    return {"model": SMALL, "stream": stream, "messages": [{"role": "user", "content": prompt}]}


def said(customer: Customer) -> Answer:
    return ask(customer, CHAT, json.dumps(body()).encode())


def written(tmp_path: Path, directive: str, *, org: str, running: str = "finish") -> str:
    path = tmp_path / f"{directive}.yaml"
    path.write_text(FILE.format(directive=directive, model=SMALL, org=org, running=running))
    return str(path)


class Crowd:
    """Callers of one customer who ask again and again, over many connections."""

    def __init__(self, product: Product, customer: Customer) -> None:
        self._url = product.url + CHAT
        self._headers = {"authorization": f"Bearer {customer.api_key}"}
        self._is_over = False
        self.codes: list[int] = []

    async def _one(self, session: aiohttp.ClientSession) -> None:
        while not self._is_over:
            async with session.post(self._url, json=body()) as answer:
                await answer.read()
                self.codes.append(answer.status)

    async def ask_while(self, doing: "asyncio.Future[object]", *, callers: int) -> None:
        connector = aiohttp.TCPConnector(limit=callers)
        async with aiohttp.ClientSession(headers=self._headers, connector=connector) as session:
            asking = [asyncio.create_task(self._one(session)) for _ in range(callers)]
            await doing
            self._is_over = True
            await asyncio.gather(*asking)


@pytest.mark.slow
async def test_from_the_recorded_instant_on_nobody_else_is_let_in_on_any_worker(fleet: Product, tmp_path: Path) -> None:
    named, other = fleet.customer(), fleet.customer()
    delays = []
    for number in range(3):
        directive = f"d-{number}"
        file = written(tmp_path, directive, org=named.org_id)

        def switch(directive: str = directive, file: str = file) -> None:
            time.sleep(1)
            order = fleet.command("directive", "apply", file)
            assert order["workers"] == WORKERS
            delays.append(order["in_force_us"] - order["applied_us"])
            time.sleep(1)
            fleet.command("directive", "lift", directive, "--reason", "the test is over")

        crowd = Crowd(fleet, other)
        await crowd.ask_while(asyncio.create_task(asyncio.to_thread(switch)), callers=32)
        assert {200, 403} <= set(crowd.codes)
        order = fleet.command("directive", "show", directive)
        lifted_us = order["directive"]["lifted_us"]
        rows = [row for row in fleet.rows() if row.account_id == other.account_id]
        barred = [row for row in rows if order["in_force_us"] <= row.ts_us < lifted_us]
        assert len(barred) > 100
        assert {(row.outcome, row.refusal, row.policy_rules) for row in barred} == {
            (Outcome.REFUSED, "policy_denied", f"directive/{directive}/{SMALL}")
        }
        after = [row for row in rows if row.ts_us >= order["lift_in_force_us"]]
        assert {row.outcome for row in after} <= {Outcome.COMPLETED}
    assert max(delays) < LIMIT_US, f"{statistics.median(delays)} µs in the median, {max(delays)} at most"


def test_the_named_organisation_goes_on_and_its_record_says_by_which_rules(fleet: Product, tmp_path: Path) -> None:
    named, other = fleet.customer(), fleet.customer()
    fleet.command("directive", "apply", written(tmp_path, "named", org=named.org_id))
    good = said(named)
    bad = said(other)
    assert (good.status, bad.status) == (200, 403)
    assert bad.headers["x-stillwatch-refusal"] == "policy_denied"
    row = fleet.row(good.exchange_id)
    assert row.policy_rules == "open/permit"
    assert row.policy_facts is not None
    assert row.policy_facts.startswith("rules=sha256:")
    fleet.command("directive", "lift", "named", "--reason", "over")
    assert said(other).status == 200


@pytest.mark.slow
def test_a_stream_under_way_is_cut_or_finishes_as_the_directive_says(fleet: Product, tmp_path: Path) -> None:
    named, other = fleet.customer(), fleet.customer()
    for running, outcome in (("cut", Outcome.CUT), ("finish", Outcome.COMPLETED)):
        client = other.openai(max_retries=0)
        stream = client.chat.completions.create(**body("say:600 fault:slow:0.02", stream=True))  # type: ignore[call-overload]
        next(iter(stream))
        fleet.command("directive", "apply", written(tmp_path, f"s-{running}", org=named.org_id, running=running))
        if outcome is Outcome.CUT:
            with pytest.raises(APIError, match="policy"):
                list(stream)
        else:
            assert len(list(stream)) > 500
        fleet.command("directive", "lift", f"s-{running}", "--reason", "over")
        rows = [row for row in fleet.rows() if row.account_id == other.account_id]
        assert rows[-1].outcome is outcome


def test_a_worker_that_is_killed_comes_back_with_the_directive(fleet: Product, tmp_path: Path) -> None:
    named, other = fleet.customer(), fleet.customer()
    fleet.command("directive", "apply", written(tmp_path, "kill", org=named.org_id))
    before = fleet.worker_pids()
    os.kill(before[0], signal.SIGKILL)
    wait_until(
        lambda: before[0] not in fleet.worker_pids() and len(fleet.status()["workers"]) == WORKERS,
        what=lambda: "a worker is missing",
        seconds=20,
    )
    assert {said(other).status for _ in range(40)} == {403}
    fleet.command("directive", "lift", "kill", "--reason", "over")
