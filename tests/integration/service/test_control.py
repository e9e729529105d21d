# SPDX-License-Identifier: Apache-2.0
import asyncio
import json
import time
from collections.abc import Callable

from fakes.processes import ask, until
from integration.service.conftest import Start
from stillwatch.records.grant import Denial, Grant
from stillwatch.service.gate import LiveGate
from stillwatch.service.offices import open_directory, open_keyring
from stillwatch.service.uplink import Uplink
from stillwatch.settings import Settings

NOW_US = 1_780_272_000_000_000


async def _until(claim: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.005)


def test_it_pushes_what_any_process_changes_in_the_database_within_a_second(settings: Settings, start: Start) -> None:
    office = open_directory(settings)
    organisation = office.create_organisation(name="Example", now_us=NOW_US)
    account = office.create_account(org_id=organisation.org_id, name="one", now_us=NOW_US)
    made = office.issue_key(account.account_id, now_us=NOW_US)
    start("stillwatch.service.control")
    until((settings.run_dir / "control.ready").exists)

    async def scenario() -> None:
        gate = LiveGate(open_keyring(settings), stale_after_seconds=5, monotonic=time.monotonic)
        uplink = Uplink(settings.control_socket, gate=gate, meters=dict, is_writable=lambda: True)
        uplink.start()

        def judged() -> Grant | Denial:
            return gate.authorize(made.text, client_ip=None, model=None, now_us=time.time_ns() // 1000)

        await _until(lambda: isinstance(judged(), Grant), seconds=5)
        office.revoke_key(made.key_id, now_us=NOW_US)
        await _until(lambda: isinstance(judged(), Denial), seconds=1)
        await uplink.stop()

    asyncio.run(scenario())


def test_operators_are_told_the_state_of_things(settings: Settings, start: Start) -> None:
    start("stillwatch.service.control")
    until(lambda: ask(settings.control.listen, "/healthz")[0] == 200)
    status = json.loads(ask(settings.control.listen, "/status")[1])
    assert status["workers"] == []
    assert status["is_settled"] is True
    assert ask(settings.control.listen, "/readyz")[0] == 503, "without a worker nobody can be served"
    assert b"stillwatch_workers 0.0" in ask(settings.control.listen, "/metrics")[1]


def test_it_stops_in_order_when_told_to(settings: Settings, start: Start) -> None:
    process = start("stillwatch.service.control")
    until((settings.run_dir / "control.ready").exists)
    process.terminate()
    assert process.wait(15) == 0
    assert not settings.control_socket.exists()
