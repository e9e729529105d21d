# SPDX-License-Identifier: Apache-2.0
"""How OpenAI's API says no, and lists models."""

from collections.abc import Sequence

import msgspec

from stillwatch.gateway.dialects.interface import Refusal

CODES = {
    "missing_api_key": "invalid_api_key",
    "revoked_api_key": "invalid_api_key",
    "expired_api_key": "invalid_api_key",
    "conflicting_api_keys": "invalid_api_key",
    "unknown_model": "model_not_found",
}
"""OpenAI's code where it has one of its own; the gateway's own code stands elsewhere."""

TYPES = {
    401: "invalid_request_error",
    403: "permission_error",
    408: "timeout_error",
    429: "rate_limit_error",
    504: "timeout_error",
}


class OpenAI:
    """See the module."""

    def refusal(self, refusal: Refusal, exchange_id: str) -> bytes:
        """See ``Dialect``."""
        del exchange_id
        return msgspec.json.encode(
            {
                "error": {
                    "message": refusal.message,
                    "type": _type(refusal.status),
                    "param": refusal.param,
                    "code": CODES.get(refusal.code, refusal.code),
                }
            }
        )

    def stream_error(self, endpoint: str, *, code: str, message: str, exchange_id: str) -> bytes:
        """See ``Dialect``. Responses have an event for it; elsewhere clients look for an ``error`` object."""
        del exchange_id
        if endpoint == "responses":
            error = {"type": "error", "code": code, "message": message, "param": None, "sequence_number": 0}
            return b"event: error\ndata: " + msgspec.json.encode(error) + b"\n\n"
        body = {"error": {"message": message, "type": "server_error", "param": None, "code": code}}
        return b"data: " + msgspec.json.encode(body) + b"\n\n"

    def model_list(self, names: Sequence[str]) -> bytes:
        """See ``Dialect``."""
        return msgspec.json.encode({"object": "list", "data": [_model(name) for name in names]})

    def model(self, name: str) -> bytes:
        """See ``Dialect``."""
        return msgspec.json.encode(_model(name))


def _type(status: int) -> str:
    return TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "stillwatch"}
