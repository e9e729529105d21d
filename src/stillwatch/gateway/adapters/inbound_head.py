# SPDX-License-Identifier: Apache-2.0
"""Heads of requests from callers: what llhttp has taken apart, judged and made readable."""

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

import msgspec

_NAMES: dict[bytes, str] = {}
"""A header's name as it came to the name in lower case. Callers may invent names without end, so it is bounded."""
_NAMES_SIZE = 512


class Broken(Exception):  # noqa: N818 - it travels through llhttp, and ends as an answer
    r"""A request that cannot be served, and the whole answer to it. Nobody can tell yet which dialect it speaks.

    Example:
        >>> Broken(400, "is odd").answer.partition(b"\r\n")[0]
        b'HTTP/1.1 400 '
    """

    def __init__(self, status: int, what: str) -> None:
        super().__init__(f"The request {what}.")
        body = f'{{"error":{{"message":"{self}","type":"invalid_request_error"}}}}'
        self.answer = (
            f"HTTP/1.1 {status} \r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
            f"connection: close\r\n\r\n{body}"
        ).encode()


_OLD = "1.0"
_FRAMING = frozenset({"host", "content-length", "transfer-encoding", "expect"})
"""What is looked at here."""


class Head(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One request's head."""

    method: str
    path: str
    """Decoded."""
    query: str
    """Without its question mark."""
    headers: list[tuple[str, str]]
    """Names in lower case, in the order they came."""
    length: int | None
    """Bytes of the body; None where it comes in chunks."""
    has_chunks: bool
    """Whether the caller can take an answer in chunks: HTTP/1.1."""
    expects_continue: bool
    """It waits to be told that its body is wanted."""


def read_head(method: bytes, target: bytes, version: str, raw: Sequence[tuple[bytes, bytes]]) -> Head:
    """Read a head.

    Args:
        method: Such as ``POST``.
        target: What stands between method and version.
        version: Such as ``1.1``.
        raw: Names and values as they came. llhttp has seen to it that a length is one number, and that there is none
            beside a transfer coding.

    Raises:
        Broken: Two readers could take it two ways, or it asks for what is not spoken here.
    """
    if version not in {"1.1", _OLD}:
        raise Broken(400, "is not HTTP/1.1")
    headers = [(_NAMES.get(name) or _name(name), value.decode("latin-1").rstrip(" \t")) for name, value in raw]
    hosts = 0
    length: int | None = 0
    expects_continue = False
    for name, value in [one for one in headers if one[0] in _FRAMING]:
        if name == "host":
            hosts += 1
        elif name == "content-length":
            length = int(value)
        elif name == "transfer-encoding":
            if length is None or value.lower() != "chunked" or version == _OLD:
                raise Broken(400, "has a transfer coding that is not chunked alone")
            length = None
        elif name == "expect":
            if value.lower() != "100-continue":
                raise Broken(417, "expects what is not known here")
            expects_continue = version != _OLD
    if hosts > 1 or (hosts == 0 and version != _OLD):
        raise Broken(400, "does not name one host")
    path, query = _split(target)
    return Head(
        method=method.decode(),
        path=path,
        query=query,
        headers=headers,
        length=length,
        has_chunks=version != _OLD,
        expects_continue=expects_continue,
    )


def _name(raw: bytes) -> str:
    name = raw.decode("latin-1").lower()
    if len(_NAMES) < _NAMES_SIZE:
        _NAMES[raw] = name
    return name


def _split(target: bytes) -> Sequence[str]:
    """Path, decoded, and query of a target.

    Example:
        >>> _split(b"/a%20b?c=%20"), _split(b"http://host/a"), _split(b"*")
        (('/a b', 'c=%20'), ('/a', ''), ('*', ''))
    """
    path, _, query = target.decode("latin-1").partition("?")
    if "#" in path or "#" in query:
        raise Broken(400, "has a fragment in its target")
    if not path.startswith("/") and path != "*":
        try:
            parts = urlsplit(path)
        except ValueError:
            raise Broken(400, "has a target that cannot be read") from None
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise Broken(400, "has a target that cannot be read")
        path = parts.path or "/"
    return (unquote(path) if "%" in path else path), query
