# SPDX-License-Identifier: Apache-2.0
"""Makes requests that no honest client sends, from a seed: bytes that bend HTTP, and JSON that bends the dialects."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from e2e.product import CLAUDE, LARGE, OTHER_CLIENT, SMALL

PATHS = (
    "/v1/chat/completions",
    "/v1/responses",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/messages",
    "/v1/messages/count_tokens",
)
ODD_PATHS = (
    "/v1/models",
    "/v1/models/small-1",
    "/v1/models/%2e%2e/%2e%2e/etc/passwd",
    "/v1/models/\u00e9",
    "/v1",
    "/v1/",
    "/v1//chat/completions",
    "/v1/chat/completions/",
    "/v1/chat/completions/../../metrics",
    "/v1/chat%2fcompletions",
    "/V1/CHAT/COMPLETIONS",
    "/v1/chat/completions?model=claude-1&stream=true",
    "/v1/messages?beta=true&beta=false",
    "/v1/files",
    "/metrics",
    "/status",
    "/",
    "//",
    "*",
    "http://127.0.0.1:1/v1/chat/completions",
    "/access/v1/evaluation",
    "/ext_authz/v1/chat/completions",
    "/" + "a" * 4_000,
)
METHODS = ("GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "post", "PRI", "BREW")
MODELS = (SMALL, CLAUDE, "gpt-nobody", "", "\u0000", "x" * 300)
SAYINGS = ("hello", "caf\u00e9", "tell me more", "\U0001f4a7" * 40)
QUIRKS = ("", "", "", "fault:unasked", "fault:unasked", "fault:split:1", "fault:split:5 fault:unasked")
"""Of the model server, such as do not make an answer fail."""
CONTENT_TYPES = (
    "application/json",
    "application/json; charset=utf-8",
    "application/json; charset=utf-16",
    "text/plain",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "",
    "application/json, text/html",
    "\u00ff",
)
NUMBERS: Sequence[Any] = (0, -1, 1, 10**18, 10**400, 1.5, -0.0, 1e308, True)
RAW_VALUES = (
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"1e999",
    b"-0",
    b"00",
    b"1.",
    b"9" * 5_000,
    b'"\\ud800"',
    b'"\\udfff\\ud800"',
    b'"\xff\xfe"',
    b'"\xc0\x80"',
    b'"\xed\xa0\x80"',
    b'"\\u0000"',
    b'"sha256:' + b"0" * 64 + b'"',
    b'"\\x41"',
    b"[" * 600 + b"]" * 600,
    b'{"a":' * 300 + b"1" + b"}" * 300,
    b"[" * 100_000,
    b"nul",
    b'"unended',
    b"{}}",
    b"",
)
DEEP_BYTES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One thing to send."""

    kind: str
    """What it is, for whoever reads a failure."""
    data: bytes
    answers: int = 1
    """How many answers are to be read where the gateway keeps the connection open."""
    is_last: bool = False
    """Nothing can be sent on this connection afterwards."""


class Gun:
    """Makes shots.

    Args:
        seed: The same seed makes the same shots.
        good: Keys that work.
        bad: Keys that do not.
    """

    def __init__(self, seed: int, *, good: Sequence[str], bad: Sequence[str]) -> None:
        self._random = random.Random(seed)  # noqa: S311 - it must be repeatable
        self._good = good
        self._bad = bad
        self._kinds: list[tuple[Callable[[], Shot], int]] = [
            (self.good_request, 12),
            (self.bent_json, 45),
            (self.bent_bytes, 15),
            (self.odd_head, 14),
            (self.smuggling, 8),
            (self.chunked, 8),
            (self.broken_chunks, 5),
            (self.pipeline, 4),
            (self.cut_off, 4),
            (self.noise, 3),
        ]

    def shot(self) -> Shot:
        """The next one."""
        makers = [maker for maker, _ in self._kinds]
        (maker,) = self._random.choices(makers, [weight for _, weight in self._kinds])
        return maker()

    def good_request(self) -> Shot:
        """Nothing wrong with it."""
        path = self._random.choice(PATHS)
        return self._request("good", path, self._encode(self._body(path)))

    def bent_json(self) -> Shot:
        """Valid HTTP; its JSON has a few values that do not belong there."""
        path = self._random.choice(PATHS)
        body = self._body(path)
        raws: dict[str, bytes] = {}
        for _ in range(self._random.choice([1, 1, 2])):
            self._bend(body, raws)
        data = self._encode(body)
        for name, raw in raws.items():
            data = data.replace(json.dumps(name).encode(), raw)
        if self._random.random() < 0.1:
            data = self._doubled(data)
        if self._random.random() < 0.05:
            data = self._random.choice([b"", b"[]", b'"x"', b"null", b"\xef\xbb\xbf" + data, data[:-1], data + b"x"])
        return self._request("bent-json", path, data)

    def bent_bytes(self) -> Shot:
        """Valid HTTP; bytes of its JSON are changed, cut out or put in."""
        path = self._random.choice(PATHS)
        data = bytearray(self._encode(self._body(path)))
        for _ in range(self._random.randint(1, 6)):
            at = self._random.randrange(len(data) + 1)
            change = self._random.random()
            if change < 0.4 and at < len(data):
                data[at] = self._random.randrange(256)
            elif change < 0.7:
                del data[at : at + self._random.randint(1, 8)]
            else:
                data[at:at] = self._random.randbytes(self._random.randint(1, 4))
        return self._request("bent-bytes", path, bytes(data))

    def odd_head(self) -> Shot:
        """An odd path, method, content type or header, or a key in an odd place."""
        path = self._random.choice(ODD_PATHS) if self._random.random() < 0.5 else self._random.choice(PATHS)
        method = self._random.choice(METHODS) if self._random.random() < 0.3 else "POST"
        extra = self._random.choice(
            [
                b"",
                b"Content-Type: text/plain\r\n",
                b"X-Api-Key: " + self._random.choice(self._good).encode() + b"\r\n",
                b"Authorization: Basic eDp5\r\n",
                b"Connection: authorization, x-api-key, close\r\n",
                b"Content-Encoding: gzip\r\n",
                b"Expect: 100-continue\r\n",
                b"Expect: 200-maybe\r\n",
                b"Upgrade: h2c\r\nConnection: upgrade, http2-settings\r\n",
                b"X-Forwarded-For: 203.0.113.7, \xff\r\n",
                b"Traceparent: " + b"0" * 500 + b"\r\n",
                b"User-Agent: \xc3\x28\xff\r\n",
                b"Host: other.example\r\n",
                b"X-Many: y\r\n" * 60,
                b"X-Long: " + b"z" * 6_000 + b"\r\n",
                b"Accept-Encoding: gzip, br\r\nTE: trailers\r\n",
            ]
        )
        kind = self._random.choice(CONTENT_TYPES)
        base = path.partition("?")[0]
        body = self._encode(self._body(base if base in PATHS else PATHS[0]))
        is_last = b"close" in extra or b"pgrade" in extra or b"Expect" in extra or method in ("CONNECT", "PRI", "post")
        shot = self._request("odd-head", path, body, method=method, extra=extra, content_type=kind)
        return Shot(kind=shot.kind, data=shot.data, is_last=is_last or method == "HEAD" or b"Host: o" in extra)

    def smuggling(self) -> Shot:
        """Lengths that two readers would take differently, with a second request hidden behind."""
        inner = self._request("inner", PATHS[0], self._encode(self._body(PATHS[0]))).data
        body = b"0\r\n\r\n" + inner
        length = str(len(body)).encode()
        trick = self._random.choice(
            [
                b"Content-Length: " + length + b"\r\nTransfer-Encoding: chunked\r\n",
                b"Transfer-Encoding: chunked\r\nContent-Length: " + length + b"\r\n",
                b"Content-Length: " + length + b"\r\nTransfer-Encoding: xchunked\r\n",
                b"Content-Length: " + length + b"\r\nTransfer-Encoding : chunked\r\n",
                b"Content-Length: " + length + b"\r\nTransfer-Encoding:\x0bchunked\r\n",
                b"Content-Length: " + length + b"\r\nX: y\r\n Transfer-Encoding: chunked\r\n",
                b"Transfer-Encoding: chunked, identity\r\n",
                b"Transfer-Encoding: identity\r\nContent-Length: " + length + b"\r\n",
                b"Content-Length: 5\r\nContent-Length: " + length + b"\r\n",
                b"Content-Length: 5, " + length + b"\r\n",
                b"Content-Length: +" + length + b"\r\n",
                b"Content-Length: -1\r\n",
                b"Content-Length: 0x10\r\n",
                b"Content-Length: 99999999999999999999\r\n",
                b"Content-Length:\r\n",
                b"Content-Length: 5\nTransfer-Encoding: chunked\r\n",
            ]
        )
        head = (
            b"POST "
            + PATHS[0].encode()
            + b" HTTP/1.1\r\nHost: x\r\n"
            + self._key()
            + b"Content-Type: application/json\r\n"
        )
        return Shot(kind="smuggling", data=head + trick + b"\r\n" + body, is_last=True)

    def chunked(self) -> Shot:
        """A good request in chunks of odd sizes."""
        path = self._random.choice(PATHS)
        pieces, data = [], self._encode(self._body(path))
        while data:
            size = self._random.randint(1, 400)
            pieces.append(b"%X%b\r\n%b\r\n" % (len(data[:size]), self._random.choice([b"", b";x=y"]), data[:size]))
            data = data[size:]
        end = self._random.choice([b"0\r\n\r\n", b"0\r\n\r\n", b"0\r\nX-Trailer: y\r\n\r\n"])
        return Shot(kind="chunked", data=self._chunked_head(path) + b"".join(pieces) + end)

    def broken_chunks(self) -> Shot:
        """Chunks that do not add up."""
        broken = self._random.choice(
            [
                b"zz\r\nabc\r\n0\r\n\r\n",
                b"-5\r\nabc\r\n0\r\n\r\n",
                b"5\r\nabc\r\n0\r\n\r\n",
                b"ffffffffffffffffff\r\nabc",
                b"3\nabc\n0\n\n",
                b"3\r\nabcdef\r\n0\r\n\r\n",
                b"3;" + b"x" * 20_000 + b"\r\nabc\r\n0\r\n\r\n",
                b"0\r\nX: y",
                b"",
                b"0\r\nContent-Length: 5\r\n\r\n",
            ]
        )
        return Shot(kind="broken-chunks", data=self._chunked_head(PATHS[0]) + broken, is_last=True)

    def pipeline(self) -> Shot:
        """Several good requests at once."""
        number = self._random.randint(2, 4)
        return Shot(
            kind="pipeline",
            data=b"".join(
                self._request("one", PATHS[0], self._encode(self._body(PATHS[0], is_streamed=False))).data
                for _ in range(number)
            ),
            answers=number,
        )

    def cut_off(self) -> Shot:
        """A good request of which the end never comes."""
        data = self.good_request().data
        return Shot(kind="cut-off", data=data[: self._random.randrange(1, len(data))], answers=0, is_last=True)

    def noise(self) -> Shot:
        """Not HTTP."""
        noise = self._random.choice(
            [
                self._random.randbytes(self._random.randint(1, 2_000)),
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + self._random.randbytes(100),
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                b"GET / HTTP/9.9\r\n\r\n",
                b"GET /\r\n\r\n",
                b"\r\n\r\n\r\n",
                b"POST /v1/chat/completions HTTP/1.1\r\n" + b"X: " + b"y" * 200_000,
                b"POST /v1/chat/completions HTTP/1.1\r\n" + b"X: y\r\n" * 2_000 + b"\r\n",
                b"POST /v1/chat/completions HTTP/1.0\r\n\r\n",
                b"GET /healthz HTTP/1.1\nHost: x\n\n",
                b"GET /healthz HTTP/1.1\r\nNo colon\r\n\r\n",
                b"GET /healthz HTTP/1.1\r\nBad\x00Name: x\r\n\r\n",
            ]
        )
        return Shot(kind="noise", data=noise, is_last=True)

    def _key(self) -> bytes:
        key = self._random.choice(self._good if self._random.random() < 0.9 else self._bad)
        form = self._random.choice(["Authorization: Bearer {}", "x-api-key: {}", "authorization: bearer  {}"])
        return form.format(key).encode() + b"\r\n"

    def _chunked_head(self, path: str) -> bytes:
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
        return head.encode() + self._key() + b"\r\n"

    def _request(
        self,
        kind: str,
        path: str,
        body: bytes,
        *,
        method: str = "POST",
        extra: bytes = b"",
        content_type: str = "application/json",
    ) -> Shot:
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n".encode()
        head += b"Content-Type: " + content_type.encode("latin-1") + b"\r\n" if content_type else b""
        return Shot(kind=kind, data=head + self._key() + extra + b"\r\n" + body)

    def _body(self, path: str, *, is_streamed: bool | None = None) -> dict[str, Any]:
        """A good body, or nearly: the model may be of the other dialect."""
        choose = self._random
        said = " ".join([choose.choice(SAYINGS), f"say:{choose.randint(0, 9)}", choose.choice(QUIRKS)])
        spoken = (CLAUDE,) if path.startswith("/v1/messages") else (SMALL, SMALL, LARGE, OTHER_CLIENT)
        body: dict[str, Any] = {"model": choose.choice(spoken if choose.random() < 0.9 else MODELS)}
        if path == "/v1/responses":
            body["input"] = choose.choice([said, [{"role": "user", "content": said}]])
        elif path == "/v1/completions":
            body["prompt"] = choose.choice([said, [said, said], [1, 2, 3]])
        elif path == "/v1/embeddings":
            body["input"] = choose.choice([said, [said, said], [[1, 2]]])
        else:
            body["messages"] = [{"role": "system", "content": "x"}, {"role": "user", "content": said}]
            body["max_tokens"] = 50
        options: dict[str, Any] = {
            "stream": choose.random() < 0.5 if is_streamed is None else is_streamed,
            "stream_options": {"include_usage": choose.random() < 0.5},
            "temperature": 1,
            "tools": [{"type": "function", "function": {"name": "f"}, "name": "f"}],
            "logprobs": True,
            "reasoning_effort": "low",
            "thinking": {"type": "enabled", "budget_tokens": 1_024},
            "metadata": {"user_id": "u"},
            "n": 1,
        }
        return body | {name: value for name, value in options.items() if choose.random() < 0.3}

    def _bend(self, body: dict[str, Any], raws: dict[str, bytes]) -> None:
        """Put something that does not belong there in the place of one value, anywhere in the body."""
        choose = self._random
        places: list[tuple[Any, Any]] = []
        _places(body, places)
        where, key = choose.choice(places)
        if choose.random() < 0.4:
            name = f"@raw-{len(raws)}@"
            raws[name] = choose.choice(RAW_VALUES)
            where[key] = name
            return
        where[key] = choose.choice(
            [None, *NUMBERS, "", "user", "\x00", "\U0001f4a7" * 100, [], {}, [[]], {"a": {"b": None}}, "x" * DEEP_BYTES]
        )

    def _doubled(self, data: bytes) -> bytes:
        """A body in which a name stands twice."""
        name = self._random.choice(
            [b'"model":"large-1"', b'"stream":true', b'"messages":[]', b'"mod\\u0065l":"claude-1"']
        )
        return data.replace(b"{", b"{" + name + b",", 1)

    def _encode(self, body: dict[str, Any]) -> bytes:
        separators = self._random.choice([(",", ":"), (", ", ": "), (" ,\r\n", "\t:\n")])
        return json.dumps(body, ensure_ascii=self._random.random() < 0.5, separators=separators).encode(
            errors="surrogatepass"
        )


def _places(value: Any, found: list[tuple[Any, Any]]) -> None:
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            found.append((value, key))
            _places(value[key], found)
