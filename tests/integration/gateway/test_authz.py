# SPDX-License-Identifier: Apache-2.0
"""Other gateways are told a key's standing, and nobody is told about a key that is not theirs."""

import json
from typing import Any

import msgspec
import pytest

from fakes.caller import ScriptedCaller
from fakes.gate import GOOD, GOOD_KEY, DictGate
from stillwatch.errors import SettingsError
from stillwatch.gateway.arrival import Sorter
from stillwatch.gateway.authz import Authz
from stillwatch.gateway.settings import AuthzSettings, TrustedProxySettings
from stillwatch.records.grant import Denial
from stillwatch.records.standing import Rung

OPERATOR = "operator-credential-of-some-length"
SETTINGS = AuthzSettings(evaluation=True, ext_authz=True, operator_credential_env="OPERATOR")
EVALUATION = "/access/v1/evaluation"


def question(api_key: str = GOOD_KEY, **fields: Any) -> dict[str, Any]:
    known = {
        "subject": {"type": "api_key", "id": api_key},
        "action": {"name": "invoke"},
        "resource": {"type": "model", "id": "small"},
    }
    return {**known, **fields}


class Desk:
    """An ``Authz`` and its gate."""

    def __init__(self, settings: AuthzSettings = SETTINGS) -> None:
        self.gate = DictGate()
        self.authz = Authz(settings, gate=self.gate, environment={"OPERATOR": OPERATOR})

    async def send(self, caller: ScriptedCaller) -> tuple[int, dict[str, str], Any] | None:
        arrival = Sorter(TrustedProxySettings()).sort(
            caller.headers(),
            exchange_id="ex_1",
            ts_us=1,
            method=caller.method,
            path=caller.path,
            query="",
            peer=caller.peer,
        )
        if not await self.authz.handle(caller, arrival, now_us=1):
            return None
        assert caller.answered is not None
        status, headers, body = caller.answered
        return status, headers, json.loads(body) if body else None

    async def ask(self, body: Any, *, presented: str | None = OPERATOR) -> tuple[int, Any]:
        headers = {} if presented is None else {"authorization": f"Bearer {presented}"}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        answered = await self.send(ScriptedCaller("POST", EVALUATION, body=raw, headers=headers))
        assert answered is not None
        return answered[0], answered[2]

    async def check(self, path: str, *, method: str = "GET", body: bytes = b"", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.send(ScriptedCaller(method, path, body=body, headers=named))


async def test_an_operator_may_ask_about_any_key() -> None:
    desk = Desk()
    status, told = await desk.ask(question(context={"client_ip": "198.51.100.7"}))
    assert (status, told["decision"]) == (200, True)
    assert told["context"] == {"organisation": "org-1", "account": "acct-1", "rung": "good", "withheld": []}
    assert desk.gate.asked == [(GOOD_KEY, "198.51.100.7", "small")]


async def test_a_holder_may_ask_about_its_own_key_from_where_it_stands() -> None:
    desk = Desk()
    status, told = await desk.ask(question(context={"client_ip": "198.51.100.7"}), presented=GOOD_KEY)
    assert (status, told["decision"]) == (200, True)
    assert desk.gate.asked == [(GOOD_KEY, "192.0.2.1", "small")], "its own word about its address does not count"


@pytest.mark.parametrize("presented", [None, "another-key", OPERATOR[:-1], ""])
async def test_nobody_else_may_ask(presented: str | None) -> None:
    desk = Desk()
    assert (await desk.ask(question(), presented=presented))[0] == 401
    assert desk.gate.asked == []


async def test_without_an_operator_credential_there_is_no_operator() -> None:
    desk = Desk(AuthzSettings(evaluation=True))
    assert (await desk.ask(question(), presented=""))[0] == 401
    assert (await desk.ask(question(""), presented=OPERATOR))[0] == 401
    assert (await desk.ask(question(), presented=GOOD_KEY))[0] == 200


async def test_a_denial_carries_its_reason() -> None:
    desk = Desk()
    desk.gate.stances[GOOD_KEY] = Denial(
        code="account_suspended", status=403, message="Suspended.", account_id="acct-1", rung=Rung.SUSPEND
    )
    _, told = await desk.ask(question())
    assert told["decision"] is False
    assert (told["context"]["code"], told["context"]["rung"]) == ("account_suspended", "suspend")
    assert told["context"]["reason_user"] == {"en": "Suspended."}


async def test_what_is_withheld_is_told() -> None:
    desk = Desk()
    desk.gate.stances[GOOD_KEY] = msgspec.structs.replace(GOOD, rung=Rung.WITHHOLD)
    _, told = await desk.ask(question())
    assert told["context"]["withheld"] == ["reasoning", "logprobs"]


async def test_a_subject_of_another_kind_is_no_key() -> None:
    _, told = await Desk().ask(question(subject={"type": "user", "id": GOOD_KEY}))
    assert told["decision"] is False


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"subject":{}}', b'{"subject":1}'])
async def test_a_question_that_cannot_be_read_is_a_400(body: bytes) -> None:
    assert (await Desk().ask(body))[0] == 400


async def test_a_question_is_posted() -> None:
    answered = await Desk().send(ScriptedCaller("GET", EVALUATION))
    assert answered is not None
    assert answered[0] == 405


async def test_envoy_is_told_who_a_key_belongs_to() -> None:
    status, headers, body = await Desk().check("/ext_authz/anything", authorization=f"Bearer {GOOD_KEY}")
    assert (status, body) == (200, None)
    assert headers["x-stillwatch-account"] == "acct-1"
    assert headers["x-stillwatch-rung"] == "good"


async def test_envoys_check_of_a_forwarded_body_asks_about_its_model() -> None:
    desk = Desk()
    desk.gate.closed_models = {"secret"}
    body = b'{"model":"secret","messages":[]}'
    status, _, told = await desk.check(
        "/ext_authz/v1/chat/completions", method="POST", body=body, authorization=f"Bearer {GOOD_KEY}"
    )
    assert (status, told["error"]["code"]) == (403, "model_not_allowed")


async def test_envoy_is_told_no_in_the_callers_dialect() -> None:
    status, headers, told = await Desk().check("/ext_authz/v1/messages", x_api_key="bad")
    assert (status, told["type"]) == (401, "error")
    assert headers["x-should-retry"] == "false"


async def test_a_forwarded_body_that_names_two_models_is_denied() -> None:
    body = b'{"model":"small","model":"secret"}'
    status, _, told = await Desk().check(
        "/ext_authz/v1/chat/completions", method="POST", body=body, authorization=f"Bearer {GOOD_KEY}"
    )
    assert (status, told["error"]["code"]) == (403, "invalid_request")


@pytest.mark.parametrize("body", [b"{}", b'{"model":null}', b'{"model":""}', b"x" * 5])
async def test_a_forwarded_body_that_names_no_model_is_denied(body: bytes) -> None:
    desk = Desk()
    status, headers, told = await desk.check(
        "/ext_authz/v1/chat/completions", method="POST", body=body, authorization=f"Bearer {GOOD_KEY}"
    )
    assert (status, told["error"]["code"]) == (403, "invalid_request")
    assert headers["x-stillwatch-refusal"] == "invalid_request"
    assert desk.gate.asked == []


@pytest.mark.parametrize("is_announced", [True, False])
async def test_a_forwarded_body_that_cannot_be_read_whole_is_denied(*, is_announced: bool) -> None:
    desk = Desk()
    caller = ScriptedCaller(
        "POST",
        "/ext_authz/v1/chat/completions",
        body=b'{"model":"small","messages":[]}'.ljust((1 << 20) + 1),
        headers={"authorization": f"Bearer {GOOD_KEY}"} | ({} if is_announced else {"content-length": "7"}),
    )
    answered = await desk.send(caller)
    assert answered is not None
    assert (answered[0], answered[2]["error"]["code"]) == (413, "body_too_large")
    assert desk.gate.asked == []


async def test_a_check_that_forwards_no_body_asks_about_the_key_alone() -> None:
    desk = Desk()
    for path, body in (("/ext_authz/v1/chat/completions", b""), ("/ext_authz/v1/models", b'{"model":"small"}')):
        status, _, _ = await desk.check(path, method="POST", body=body, authorization=f"Bearer {GOOD_KEY}")
        assert status == 200
    assert desk.gate.asked == [(GOOD_KEY, "192.0.2.1", None)] * 2


async def test_a_check_with_two_keys_has_none() -> None:
    desk = Desk()
    status, headers, _ = await desk.check("/ext_authz", authorization=f"Bearer {GOOD_KEY}", x_api_key="another")
    assert (status, headers["x-stillwatch-refusal"]) == (401, "missing_api_key")
    assert "x-stillwatch-account" not in headers


@pytest.mark.parametrize("path", ["/ext_authzv1/messages", "/ext_auth", "/access/v1/evaluation/", "/v1/messages"])
async def test_other_paths_are_not_for_it(path: str) -> None:
    assert await Desk().check(path, authorization=f"Bearer {GOOD_KEY}") is None


@pytest.mark.parametrize("presented", [OPERATOR, "unknown"])
async def test_every_decision_has_the_same_shape_whoever_asks_about_whatever(presented: str) -> None:
    desk = Desk()
    desk.gate.closed_models = {"closed"}
    for key, model in ((GOOD_KEY, "small"), (GOOD_KEY, "closed"), ("unknown", "small"), ("", "small")):
        status, told = await desk.ask(question(key, resource={"type": "model", "id": model}), presented=presented)
        if status == 401:
            assert told == {"error": "Present the operator credential, or the key itself."}
            continue
        assert status == 200
        assert set(told) == {"decision", "context"}
        assert {"organisation", "account", "rung"} < set(told["context"])
        assert not key or key not in json.dumps(told)


async def test_neither_is_served_unless_asked_for() -> None:
    desk = Desk(AuthzSettings())
    assert await desk.send(ScriptedCaller("POST", EVALUATION)) is None
    assert await desk.check("/ext_authz") is None


def test_an_operator_credential_that_is_not_there_stops_the_gateway() -> None:
    for value in ("", "short"):
        with pytest.raises(SettingsError, match="OPERATOR"):
            Authz(SETTINGS, gate=DictGate(), environment={"OPERATOR": value})
