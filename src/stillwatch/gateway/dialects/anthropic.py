# SPDX-License-Identifier: Apache-2.0
"""How Anthropic's API says no, and lists models."""

from collections.abc import Sequence

import msgspec

from stillwatch.gateway.dialects.interface import Refusal

TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}


class Anthropic:
    """See the module."""

    def refusal(self, refusal: Refusal, exchange_id: str) -> bytes:
        """See ``Dialect``. It has no codes: the ``x-stillwatch-refusal`` header tells the reason."""
        kind = TYPES.get(refusal.status, "invalid_request_error" if refusal.status < 500 else "api_error")
        return _error(kind, refusal.message, exchange_id)

    def stream_error(self, endpoint: str, *, code: str, message: str, exchange_id: str) -> bytes:
        """See ``Dialect``."""
        del endpoint, code
        return b"event: error\ndata: " + _error("api_error", message, exchange_id) + b"\n\n"

    def model_list(self, names: Sequence[str]) -> bytes:
        """See ``Dialect``."""
        return msgspec.json.encode(
            {
                "data": [_model(name) for name in names],
                "has_more": False,
                "first_id": names[0] if names else None,
                "last_id": names[-1] if names else None,
            }
        )

    def model(self, name: str) -> bytes:
        """See ``Dialect``."""
        return msgspec.json.encode(_model(name))


def _error(kind: str, message: str, exchange_id: str) -> bytes:
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": exchange_id}
    return msgspec.json.encode(body)


def _model(name: str) -> dict[str, str]:
    return {"type": "model", "id": name, "display_name": name, "created_at": "1970-01-01T00:00:00Z"}
