# SPDX-License-Identifier: Apache-2.0
"""Where a client that has no API key to send gets an access token, for a signed assertion of who it is.

Nothing is recorded here: no exchange takes place, and every use of the token is one.

Source:
    RFC 6749, sections 4.4 (client credentials) and 5 (answers). RFC 7523, section 2.2.
"""

from typing import Final
from urllib.parse import parse_qsl

import msgspec

from stillwatch.gateway.arrival import Arrival
from stillwatch.gateway.interface import Caller, Gate
from stillwatch.records.grant import Denial

PATH: Final = "/access/v1/token"
_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIMIT_BYTES: Final = 32_768
_FIELDS: Final = 16
_HEADERS: Final = [("content-type", "application/json"), ("cache-control", "no-store")]


class _FormError(ValueError):
    """What is wrong with a request, in RFC 6749's words and in ours."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error


async def answer_token_request(caller: Caller, arrival: Arrival, gate: Gate, *, now_us: int) -> None:
    """Answer one request at ``PATH``."""
    headers = [*_HEADERS, ("x-request-id", arrival.exchange_id)]
    if caller.method != "POST":
        await caller.answer(405, [*headers, ("allow", "POST")], _error("invalid_request", "This endpoint takes POST."))
        return
    body = await caller.read(_LIMIT_BYTES)
    if body is None or len(body) > _LIMIT_BYTES:
        await caller.answer(413, headers, _error("invalid_request", "The body is too large or did not come."))
        return
    try:
        assertion = _assertion_in(arrival, body)
    except _FormError as fault:
        await caller.answer(400, headers, _error(fault.error, str(fault)))
        return
    issued = gate.issue_token(assertion, client_ip=arrival.client_ip, now_us=now_us)
    if isinstance(issued, Denial):
        # In RFC 6749 whatever is wrong with a client is this; the header tells which it is.
        error = "temporarily_unavailable" if issued.status >= 500 else "invalid_client"
        headers += [("x-stillwatch-refusal", issued.code), *issued.headers]
        await caller.answer(issued.status, headers, _error(error, issued.message))
        return
    answer = {"access_token": issued.text, "token_type": issued.scheme, "expires_in": issued.seconds}
    await caller.answer(200, headers, msgspec.json.encode(answer))


def _assertion_in(arrival: Arrival, body: bytes) -> str:
    """The assertion of a well-formed request."""
    kind = (arrival.content_type or "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise _FormError("invalid_request", "The body must be a form: application/x-www-form-urlencoded.")
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=_FIELDS)
    except ValueError:
        raise _FormError("invalid_request", "The body is not a form that can be read.") from None
    form = dict(fields)
    if len(form) < len(fields):
        raise _FormError("invalid_request", "A field of the form stands twice.")
    if form.get("grant_type") != "client_credentials":
        raise _FormError("unsupported_grant_type", "The only grant_type is client_credentials.")
    if form.get("client_assertion_type") != _ASSERTION_TYPE or not form.get("client_assertion"):
        raise _FormError("invalid_request", f"Send a client_assertion of the type {_ASSERTION_TYPE}.")
    return form["client_assertion"]


def _error(error: str, message: str) -> bytes:
    return msgspec.json.encode({"error": error, "error_description": message})
