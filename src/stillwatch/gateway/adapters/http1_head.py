# SPDX-License-Identifier: Apache-2.0
"""Heads of HTTP/1.1 messages to and from a model server: what may stand in one, and what is left out.

A request's head is written here and nowhere else, so that no caller's byte can end a line early and begin a second
request (RFC 9112, sec. 11.1 and 11.2). Names are looked up in small bounded tables, because the same twenty names
come with every exchange.
"""

import re
import ssl
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

import msgspec

from stillwatch.errors import BadInput, SettingsError

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}")
"""RFC 9110, sec. 5.6.2, with a bound: no header anyone uses has a longer name."""

FRAMING = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers of a request that belong to the connection, and so are the client's own to write."""

NOT_PASSED_ON = (FRAMING | {"proxy-authenticate", "proxy-authorization"}) - {"host", "expect"}
"""Headers of an answer that speak of this connection alone (RFC 9110, sec. 7.6.1), and its length."""

SENT_WITH_LENGTH = frozenset({"POST", "PUT", "PATCH"})
"""Methods whose request states a length even where it is nothing (RFC 9110, sec. 8.6)."""

_TABLE_SIZE = 512
"""Entries after which a table of names or lines no longer grows: a hostile peer may invent names without end."""

_HEAD_BYTES = bytes([0x09, *range(0x20, 0x7F), *range(0x80, 0x100)])
"""Bytes that may stand inside a line of a head: no control character but the tab."""


class BaseUrl(msgspec.Struct, frozen=True, kw_only=True):
    """Where a model server is, taken apart."""

    is_https: bool
    host: str
    """Name or address to connect to and to verify, without brackets."""
    port: int
    authority: str
    """What stands in the Host header."""
    path: str
    """Prefix of every target, without its last slash."""


def parse_base_url(base_url: str) -> BaseUrl:
    """Take apart the address of a model server.

    Args:
        base_url: Such as ``https://models.example:8443/v1``.

    Raises:
        SettingsError: It is not http or https, names no host, or carries what a base cannot (user, query, fragment).
    """
    hint = "A base URL looks like https://models.example/v1."
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"The base URL {base_url!r} cannot be read: {error}.", hint=hint) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(f"The base URL {base_url!r} is not http:// or https:// with a host.", hint=hint)
    if parts.username is not None or parts.password is not None:
        raise SettingsError(
            "A base URL carries a user name or password.", hint="Name the credential in the upstream's own setting."
        )
    if parts.query or parts.fragment:
        raise SettingsError(f"The base URL {base_url!r} has a query or a fragment.", hint=hint)
    path = parts.path.rstrip("/")
    if not _is_target(path or "/"):
        raise SettingsError(f"The base URL {base_url!r} has characters that must be percent-encoded.", hint=hint)
    is_https = parts.scheme == "https"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return BaseUrl(
        is_https=is_https,
        host=parts.hostname,
        port=port if port is not None else (443 if is_https else 80),
        authority=host if port is None else f"{host}:{port}",
        path=path,
    )


def verifying_context() -> ssl.SSLContext:
    """Give a TLS context that verifies certificate and host name against the system's authorities."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


class RequestHead:
    """Writes the heads of requests to one model server."""

    __slots__ = ("_base", "_lines", "_names")

    def __init__(self, base: BaseUrl) -> None:
        self._base = base
        self._lines: dict[tuple[str, str], str] = {}
        self._names: dict[str, str] = {}

    def encode(self, method: str, target: str, headers: Iterable[tuple[str, str]], body_length: int) -> bytes:
        """Give the bytes of a head, ending in its empty line.

        Args:
            method: Such as ``POST``.
            target: Path and query below the base URL, beginning with a slash.
            headers: All but the ones that belong to the connection.
            body_length: Bytes that will follow.

        Raises:
            BadInput: Something in it could be read as more than one line, or as framing.
        """
        line = self._lines.get((method, target)) or self._request_line(method, target)
        names = self._names
        lines = [(names.get(name) or self._name(name)) + value for name, value in headers]
        if body_length or method in SENT_WITH_LENGTH:
            lines.append(f"Content-Length: {body_length}")
        lines += ("", "")
        try:
            # Servers in front of us read headers as UTF-8: so what came goes on byte for byte.
            head = (line + "\r\n".join(lines)).encode()
        except UnicodeEncodeError as error:
            raise BadInput("A header of the request to the model server is not text.") from error
        # What is left when every byte that may stand in a line is taken out must be the line ends written here.
        if head.translate(None, _HEAD_BYTES) != b"\r\n" * (len(lines) + 1):
            raise BadInput("A header of the request to the model server has control characters.", hint="Remove them.")
        return head

    def _request_line(self, method: str, target: str) -> str:
        if not TOKEN.fullmatch(method):
            raise BadInput(f"{method!r} is not an HTTP method.")
        if not target.startswith("/") or not _is_target(target):
            raise BadInput(f"{target!r} is not the path of a request.", hint="Percent-encode it.")
        line = f"{method} {self._base.path}{target} HTTP/1.1\r\nHost: {self._base.authority}\r\n"
        if len(self._lines) < _TABLE_SIZE:
            self._lines[method, target] = line
        return line

    def _name(self, name: str) -> str:
        checked_name(name)
        prefix = f"{name}: "
        if len(self._names) < _TABLE_SIZE:
            self._names[name] = prefix
        return prefix


def checked_name(name: str) -> str:
    """Give back the name of a request's header.

    Raises:
        BadInput: It is no token, or belongs to the connection.
    """
    if not TOKEN.fullmatch(name):
        raise BadInput(f"{name!r} is not the name of a header.")
    if name.lower() in FRAMING:
        raise BadInput(f"The header {name} belongs to the connection to the model server.", hint="Leave it out.")
    return name


def _is_target(target: str) -> bool:
    return target.isascii() and target.isprintable() and " " not in target and "#" not in target


_ANSWER_NAMES: dict[bytes, str] = {name.encode(): "" for name in NOT_PASSED_ON}
"""A name as it came to the name as it is passed on: lower case, or empty where it is not passed on."""


def passed_on(raw: Sequence[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """Give an answer's headers as the caller may see them.

    Args:
        raw: Names and values as they came, names in any case.

    Returns:
        Names in lower case; without what speaks of this connection, be it by the standard or by the answer's own
        Connection header, and without Content-Length.
    """
    known = _ANSWER_NAMES
    headers = []
    nominated: set[str] = set()
    for raw_name, raw_value in raw:
        name = known.get(raw_name)
        if name is None:
            name = raw_name.decode("latin-1").lower()
            if name in NOT_PASSED_ON:
                name = ""
            if len(known) < _TABLE_SIZE:
                known[raw_name] = name
        if name:
            value = raw_value.rstrip(b" \t")
            headers.append((name, value.decode() if value.isascii() else _text(value)))
        elif raw_name.lower() == b"connection":
            nominated.update(option.strip().lower() for option in raw_value.decode("latin-1").split(","))
    if nominated:
        return [(name, value) for name, value in headers if name not in nominated]
    return headers


def _text(value: bytes) -> str:
    """Read a header's value as UTF-8, and as Latin-1 where it is not: every byte has a meaning there."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
