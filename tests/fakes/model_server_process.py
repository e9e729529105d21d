# SPDX-License-Identifier: Apache-2.0
"""Starts the tests' model server in a process of its own, and asks it what it saw."""

import base64
import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request as it reached the model server."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    """In order, names as they were written."""
    body: bytes

    def header(self, name: str) -> str | None:
        """The only value of a header, or None."""
        values = [value for key, value in self.headers if key.lower() == name]
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None

    @property
    def text(self) -> bytes:
        """All of it, to be searched."""
        head = "\n".join([self.method, self.target, *(f"{name}: {value}" for name, value in self.headers)])
        return head.encode("latin-1") + b"\n" + self.body


class ModelServerProcess:
    """The model server, for as long as the ``with`` block lasts."""

    def __enter__(self) -> Self:
        script = Path(__file__).with_name("model_server.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script), "--port", "0", "--with-parent"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.communicate(timeout=10)

    @property
    def url(self) -> str:
        """Base URL of both dialects."""
        return f"http://127.0.0.1:{self.port}/v1"

    def received(self) -> list[Seen]:
        """Every request since the last ``forget``, oldest first."""
        return [
            Seen(
                method=got["method"],
                target=got["target"],
                headers=tuple((name, value) for name, value in got["headers"]),
                body=base64.b64decode(got["body"]),
            )
            for got in self._ask("GET", "/_received")
        ]

    def request(self, exchange_id: str) -> Seen:
        """The request of one exchange: the gateway names it in ``x-request-id``."""
        found = [got for got in self.received() if got.header("x-request-id") == exchange_id]
        assert len(found) == 1, f"{len(found)} requests of {exchange_id} reached the model server"
        return found[0]

    def forget(self) -> None:
        """Forget what was received."""
        self._ask("DELETE", "/_received")

    def state(self) -> dict[str, int]:
        """``requests``, ``completed``, ``cancelled``, ``under_way`` and ``connections``."""
        state: dict[str, int] = self._ask("GET", "/_state")
        return state

    def wait(self, condition: Callable[[dict[str, int]], bool], *, seconds: float = 5.0) -> dict[str, int]:
        """Wait until its state is as wanted."""
        deadline = time.monotonic() + seconds
        while not condition(state := self.state()):
            assert time.monotonic() < deadline, f"the model server's state stayed {state}"
            time.sleep(0.01)
        return state

    def _ask(self, method: str, path: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()
