# SPDX-License-Identifier: Apache-2.0
"""Asks an ASGI application as a server would."""

import asyncio
from collections.abc import MutableMapping
from typing import Any, NamedTuple

import msgspec
from starlette.types import ASGIApp


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return msgspec.json.decode(self.body)


def ask(
    app: ASGIApp, method: str, path: str, *, headers: dict[str, str] | None = None, body: bytes = b"", cut: bool = False
) -> Answer:
    """One request and its answer.

    Args:
        app: The application.
        method: The request's method.
        path: Its path, with a query or without.
        headers: By their names in small letters.
        body: Sent in two pieces.
        cut: Whether the caller goes away after the first piece.
    """
    sent: list[MutableMapping[str, Any]] = []
    middle = len(body) // 2
    gone: MutableMapping[str, Any] = {"type": "http.disconnect"}
    pieces: list[MutableMapping[str, Any]] = [
        {"type": "http.request", "body": body[:middle], "more_body": True},
        gone if cut else {"type": "http.request", "body": body[middle:], "more_body": False},
    ]

    async def receive() -> MutableMapping[str, Any]:
        return pieces.pop(0) if pieces else gone

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    plain, _, query = path.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "scheme": "http",
        "server": ("operators", 80),
        "method": method,
        "path": plain,
        "raw_path": plain.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
        "root_path": "",
    }

    async def served() -> None:
        await app(scope, receive, send)

    asyncio.run(served())
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))
