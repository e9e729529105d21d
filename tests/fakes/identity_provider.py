# SPDX-License-Identifier: Apache-2.0
"""A small OpenID provider over real HTTP: its discovery document, its keys, and the tokens it signs."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from fakes.holder import Holder


class IdentityProvider:
    """Listens on a free port. ``holder`` signs; put another there to rotate."""

    def __init__(self) -> None:
        self.holder = Holder("provider")
        self.asked: list[str] = []
        self.says_issuer: str | None = None
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(self.path)
                body = json.dumps(provider.page(self.path)).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def page(self, path: str) -> Any:
        """What is answered at a path."""
        if path == "/keys":
            encrypting = {"kty": "RSA", "use": "enc", "n": "x", "e": "AQAB"}
            return {"keys": [encrypting, {"kty": "new"}, self.holder.jwk | {"kid": self.holder.jkt, "use": "sig"}]}
        return {"issuer": self.says_issuer or self.issuer, "jwks_uri": f"{self.issuer}/keys"}

    def token(self, now_us: int, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """An ID token about somebody who may administer, unless ``claims`` say otherwise."""
        now = now_us // 1_000_000
        said = {
            "iss": self.issuer,
            "sub": "248289761001",
            "aud": "stillwatch",
            "email": "ann@example.com",
            "email_verified": True,
            "groups": ["everybody", "safety"],
            "iat": now,
            "exp": now + 300,
        } | claims
        said = {name: value for name, value in said.items() if value is not None}
        return self.holder.sign({"kid": self.holder.jkt} | (header or {}), said)
