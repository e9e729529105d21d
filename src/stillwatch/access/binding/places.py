# SPDX-License-Identifier: Apache-2.0
"""The URLs the gateway is reached by, and whether what was signed names one of them."""

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote, urlsplit

_PORTS = {"http": 80, "https": 443}

Place = tuple[str, str, int, str]
"""Scheme, host, port and decoded path."""


class Places:
    """Where the gateway is.

    Args:
        public_urls: See ``settings.BindingSettings``.
    """

    def __init__(self, public_urls: Iterable[str]) -> None:
        self.public_urls = tuple(public_urls)
        self._bases = tuple(place for url in self.public_urls if (place := place_of(url)) is not None)

    def __bool__(self) -> bool:
        return bool(self._bases)

    def is_target(self, url: str, path: str) -> bool:
        """Whether a URL, its query and fragment left aside, is the gateway's own at a path (RFC 9449, section 4.3)."""
        found = place_of(url)
        return found is not None and any(
            found == (scheme, host, port, base.rstrip("/") + path) for scheme, host, port, base in self._bases
        )

    def is_audience(self, claim: object, *paths: str) -> bool:
        """Whether a claim ``aud`` means the gateway: one of its URLs, bare or followed by one of the paths."""
        named = claim if isinstance(claim, list) else [claim]
        if not all(isinstance(one, str) for one in named):
            return False
        wanted = {url + path for url in self.public_urls for path in ("", "/", *paths)}
        return not wanted.isdisjoint(named)


@lru_cache(maxsize=4_096)
def place_of(url: str) -> Place | None:
    """A URL in its one form; None where it is none.

    Example:
        >>> place_of("HTTPS://API.example.com:443/v1/chat%2Fx?q#f")
        ('https', 'api.example.com', 443, '/v1/chat/x')
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host or parts.username is not None:
        return None
    return parts.scheme, host, port or _PORTS[parts.scheme], unquote(parts.path) or "/"
