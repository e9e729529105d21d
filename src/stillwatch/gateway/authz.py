# SPDX-License-Identifier: Apache-2.0
"""Tells other gateways a key's standing without proxying: AuthZEN evaluations and Envoy's ext_authz checks.

Both are off unless the settings turn them on. Nothing is recorded here: no exchange takes place.

Source:
    OpenID AuthZEN, Authorization API 1.0, section 5 (Access Evaluation API). Envoy, HTTP ext_authz filter: a check
    carries the original request's headers, and 200 lets it through with the headers of the answer added.
"""

import hmac
from collections.abc import Mapping

import msgspec

from stillwatch.errors import BadInput, SettingsError
from stillwatch.gateway.arrival import Arrival, peer_address
from stillwatch.gateway.dialects.catalog import DIALECTS, ENDPOINTS
from stillwatch.gateway.dialects.interface import Refusal
from stillwatch.gateway.dialects.reading import Name, read_request
from stillwatch.gateway.interface import Caller, Gate
from stillwatch.gateway.settings import AuthzSettings
from stillwatch.records.grant import Denial, Grant
from stillwatch.records.standing import Rung

EVALUATION_PATH = "/access/v1/evaluation"
EXT_AUTHZ_PATH = "/ext_authz"
_LIMIT_BYTES = 1 << 20
_JSON = ("content-type", "application/json")


class Subject(msgspec.Struct):
    """Whose access is asked about: ``{"type": "api_key", "id": "<the key>"}``."""

    type: str
    id: str


class Action(msgspec.Struct):
    """What it wants to do. Any name: a key that may use a model may do with it what there is to do."""

    name: str


class Resource(msgspec.Struct):
    """What it wants to use: ``{"type": "model", "id": "<name>"}``; another type asks about the key alone."""

    type: str
    id: str


class Context(msgspec.Struct):
    """What else is known."""

    client_ip: str | None = None


class Evaluation(msgspec.Struct):
    """An AuthZEN access evaluation request."""

    subject: Subject
    action: Action
    resource: Resource
    context: Context = msgspec.field(default_factory=Context)


class Named(msgspec.Struct):
    """The model a forwarded body names."""

    model: Name


_EVALUATION = msgspec.json.Decoder(Evaluation)
_NAMED = msgspec.json.Decoder(Named)


class Authz:
    """Answers both kinds of question.

    Args:
        settings: Which of them to answer.
        gate: Knows the answers.
        environment: Where the operator's credential is.

    Raises:
        SettingsError: The settings name a credential that is not there.
    """

    def __init__(self, settings: AuthzSettings, *, gate: Gate, environment: Mapping[str, str]) -> None:
        self._settings = settings
        self._gate = gate
        self._operator = ""
        if settings.evaluation and settings.operator_credential_env is not None:
            self._operator = environment.get(settings.operator_credential_env, "")
            if len(self._operator) < 16:
                raise SettingsError(
                    f"gateway.authz: the environment variable {settings.operator_credential_env} holds no credential.",
                    hint="Put at least 16 random characters there.",
                )

    async def handle(self, caller: Caller, arrival: Arrival, *, now_us: int) -> bool:
        """Answer where the path is one of these; False where it is not."""
        path = arrival.path
        if self._settings.evaluation and path == EVALUATION_PATH:
            status, headers, body = await self._evaluate(caller, arrival, now_us)
        elif self._settings.ext_authz and (path == EXT_AUTHZ_PATH or path.startswith(EXT_AUTHZ_PATH + "/")):
            status, headers, body = await self._check(caller, arrival, now_us)
        else:
            return False
        await caller.answer(status, [*headers, ("x-request-id", arrival.exchange_id)], body)
        return True

    async def _evaluate(
        self, caller: Caller, arrival: Arrival, now_us: int
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        if caller.method != "POST":
            return 405, [_JSON, ("allow", "POST")], b'{"error":"This endpoint takes POST."}'
        presented = arrival.api_key or ""
        if not presented or arrival.is_conflicting:
            return 401, [_JSON], b'{"error":"Present the operator credential, or the key itself."}'
        body = await self._read(caller, arrival)
        if body is None:
            return 413, [_JSON], b'{"error":"The body is too large or did not come."}'
        try:
            asked = read_request(_EVALUATION, body)
        except BadInput as error:
            return 400, [_JSON], msgspec.json.encode({"error": str(error)})
        is_operator = bool(self._operator) and hmac.compare_digest(presented.encode(), self._operator.encode())
        if not is_operator and not hmac.compare_digest(presented.encode(), asked.subject.id.encode()):
            return 401, [_JSON], b'{"error":"Present the operator credential, or the key itself."}'
        stance = self._gate.authorize(
            asked.subject.id if asked.subject.type == "api_key" else None,
            client_ip=peer_address(asked.context.client_ip) if is_operator else arrival.client_ip,
            model=asked.resource.id if asked.resource.type == "model" else None,
            now_us=now_us,
        )
        return 200, [_JSON], msgspec.json.encode(_decision(stance))

    async def _check(self, caller: Caller, arrival: Arrival, now_us: int) -> tuple[int, list[tuple[str, str]], bytes]:
        path = arrival.path.removeprefix(EXT_AUTHZ_PATH)
        model = None
        if arrival.content_length and path in ENDPOINTS:
            body = await self._read(caller, arrival)
            if body is None:
                # Let through unread, it could name a model that is closed to this key.
                unread = Denial(code="body_too_large", status=413, message="The body is too large or did not come.")
                return self._denied(unread, arrival, path)
            try:
                model = read_request(_NAMED, body).model
            except BadInput as error:
                unreadable = Denial(code="invalid_request", status=403, message=str(error))
                return self._denied(unreadable, arrival, path)
        api_key = None if arrival.is_conflicting else arrival.api_key
        proof = None if arrival.proof is None else msgspec.structs.replace(arrival.proof, path=path)
        stance = self._gate.authorize(api_key, client_ip=arrival.client_ip, model=model, now_us=now_us, proof=proof)
        if isinstance(stance, Denial):
            return self._denied(stance, arrival, path)
        headers = [
            ("x-stillwatch-organisation", stance.org_id),
            ("x-stillwatch-account", stance.account_id),
            ("x-stillwatch-key", stance.key_id),
            ("x-stillwatch-rung", stance.rung.name.lower()),
        ]
        return 200, headers, b""

    @staticmethod
    def _denied(stance: Denial, arrival: Arrival, path: str) -> tuple[int, list[tuple[str, str]], bytes]:
        is_anthropic = arrival.speaks_anthropic or path.startswith("/v1/messages")
        refusal = Refusal(status=stance.status, code=stance.code, message=stance.message)
        body = DIALECTS["anthropic" if is_anthropic else "openai"].refusal(refusal, arrival.exchange_id)
        headers = [_JSON, ("x-stillwatch-refusal", stance.code), ("x-should-retry", "false"), *stance.headers]
        return stance.status, headers, body

    @staticmethod
    async def _read(caller: Caller, arrival: Arrival) -> bytes | None:
        if (arrival.content_length or 0) > _LIMIT_BYTES:
            return None
        body = await caller.read(_LIMIT_BYTES)
        return body if body is not None and len(body) <= _LIMIT_BYTES else None


def _decision(stance: Grant | Denial) -> dict[str, object]:
    """The answer, with its reason and the account's standing as context."""
    context: dict[str, object] = {
        "organisation": stance.org_id,
        "account": stance.account_id,
        "rung": stance.rung.name.lower(),
    }
    if isinstance(stance, Denial):
        context |= {"code": stance.code, "reason_user": {"en": stance.message}}
    else:
        context["withheld"] = ["reasoning", "logprobs"] if stance.rung >= Rung.WITHHOLD else []
    return {"decision": isinstance(stance, Grant), "context": context}
