# SPDX-License-Identifier: Apache-2.0
"""A caller without a connection: its body is given, what it is sent is kept."""

import asyncio
from collections.abc import Callable, Mapping


class ScriptedCaller:
    """See ``Caller``."""

    def __init__(self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        self.method = method
        self.path = path
        self.query = ""
        self.peer: str | None = "192.0.2.1:5000"
        self.body: bytes | None = body
        self.has_left = asyncio.Event()
        self.never_takes = False
        self.answered: tuple[int, dict[str, str], bytes] | None = None
        self.sent: list[bytes] = []
        self.has_ended = False
        self.is_whole = True
        self._tell: Callable[[], None] | None = None
        self._headers = {"content-length": str(len(body)), "content-type": "application/json", **(headers or {})}

    def headers(self) -> list[tuple[str, str]]:
        """See ``Caller``."""
        return list(self._headers.items())

    async def read(self, limit: int) -> bytes | None:
        """See ``Caller``."""
        del limit
        return self.body

    async def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """See ``Caller``."""
        assert self.answered is None, "one answer only"
        self.answered = (status, dict(headers), body)

    async def send(self, status: int, headers: list[tuple[str, str]], data: bytes) -> bool:
        """See ``Caller``."""
        del status, headers
        if self.never_takes:
            await asyncio.Event().wait()
        self.sent.append(data)
        return not self.has_left.is_set()

    async def end(self) -> None:
        """See ``Caller``."""
        self.has_ended = True

    def on_leave(self, tell: Callable[[], None] | None) -> None:
        """See ``Caller``."""
        self._tell = tell
        if tell is not None and self.has_left.is_set():
            tell()

    def leave(self) -> None:
        """Go away."""
        self.has_left.set()
        if self._tell is not None:
            self._tell()
