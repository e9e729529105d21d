# SPDX-License-Identifier: Apache-2.0
import json

from fakes.processes import ask, until
from integration.service.conftest import Start
from stillwatch.settings import Settings

BODY = b'{"model":"m","messages":[{"role":"user","content":"hello"}]}'
JSON = {"content-type": "application/json", "authorization": "Bearer swk_live_anything"}


def test_without_the_control_process_every_request_is_refused_with_503(settings: Settings, start: Start) -> None:
    start("stillwatch.service.front")
    until(lambda: ask(settings.gateway.listen, "/healthz")[0] == 200)
    status, body = ask(settings.gateway.listen, "/v1/chat/completions", JSON, BODY)
    assert status == 503
    assert json.loads(body)["error"]["code"] == "standing_unknown"
    assert ask(settings.gateway.listen, "/readyz")[0] == 503


def test_workers_end_with_the_front_however_it_ends(settings: Settings, start: Start) -> None:
    front = start("stillwatch.service.front")
    until(lambda: ask(settings.gateway.listen, "/healthz")[0] == 200)
    front.kill()
    front.wait(5)
    until(lambda: ask(settings.gateway.listen, "/healthz")[0] == 0, seconds=5)
