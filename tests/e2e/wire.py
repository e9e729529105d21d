# SPDX-License-Identifier: Apache-2.0
"""Requests of exactly the bytes one wants, for what the official clients would never send."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from e2e.product import Customer
from fakes.model_server import ANTHROPIC_KEY, OPENAI_KEY


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def exchange_id(self) -> str:
        """What the gateway calls the exchange."""
        return self.headers["x-request-id"]


def post(url: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """POST a body and read the whole answer, streamed or not."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.request("POST", path, body, {"content-type": "application/json", **headers})
        answer = connection.getresponse()
        received = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(status=answer.status, headers=received, body=answer.read())
    finally:
        connection.close()


def ask(customer: Customer, path: str, body: bytes, **headers: str) -> Answer:
    """POST to the gateway with a customer's key, in the way of the path's dialect."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return post(customer.url, path, body, _credential(path, customer.api_key, customer.api_key) | named)


def ask_directly(model_server_url: str, path: str, body: bytes) -> Answer:
    """POST to the model server itself, as if no gateway were there."""
    root = model_server_url.removesuffix("/v1")
    return post(root, path, body, _credential(path, OPENAI_KEY, ANTHROPIC_KEY))


def _credential(path: str, bearer: str, api_key: str) -> dict[str, str]:
    if path.startswith("/v1/messages"):
        return {"x-api-key": api_key, "anthropic-version": "2023-06-01"}
    return {"authorization": f"Bearer {bearer}"}
