# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.processes import ask, until
from integration.service.conftest import Start
from stillwatch.records.exchange import Outcome
from stillwatch.service.log_room import open_reader
from stillwatch.service.offices import open_directory
from stillwatch.settings import Settings

NOW_US = 1_780_272_000_000_000
MODEL_SERVER = Path(__file__).parents[2] / "fakes" / "model_server.py"


@pytest.fixture
def model_server(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    port = settings.upstreams["main"].base_url.rsplit(":", 1)[1].removesuffix("/v1")
    process = subprocess.Popen([sys.executable, str(MODEL_SERVER), "--port", port], stdout=subprocess.DEVNULL)
    yield process
    process.kill()
    process.wait(5)


@pytest.mark.usefixtures("model_server")
def test_an_answer_that_was_delivered_is_in_the_record_though_everything_is_killed_at_once(
    settings: Settings, start: Start
) -> None:
    office = open_directory(settings)
    organisation = office.create_organisation(name="Example", now_us=NOW_US)
    account = office.create_account(org_id=organisation.org_id, name="one", now_us=NOW_US)
    made = office.issue_key(account.account_id, now_us=NOW_US)
    processes = [start("stillwatch.service.control"), start("stillwatch.service.front")]
    until(lambda: ask(settings.gateway.listen, "/readyz")[0] == 200, seconds=60)
    headers = {"content-type": "application/json", "authorization": f"Bearer {made.text}"}
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hello there"}]}).encode()
    status, answer = ask(settings.gateway.listen, "/v1/chat/completions", headers, body)
    for process in processes:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)

    assert (status, json.loads(answer)["object"]) == (200, "chat.completion")
    rows = list(open_reader(settings).exchanges())
    assert [(row.prompt, row.outcome, row.account_id) for row in rows] == [
        ("hello there", Outcome.COMPLETED, account.account_id)
    ]
    assert rows[0].sketch is None
