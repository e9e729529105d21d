# SPDX-License-Identifier: Apache-2.0
"""The keys of an OpenID provider, fetched where its discovery document says and kept for a while.

Source:
    OpenID Connect Discovery 1.0, section 4.
"""

import json
import threading
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from stillwatch.errors import Unavailable

FETCH_SECONDS = 5.0
MOST_BYTES = 1 << 20
FRESH_SECONDS = 600.0
"""How long keys are taken for the provider's without asking again."""
AGAIN_SECONDS = 30.0
"""Between two fetches for the sake of a key that is not known: nobody may make us ask at will."""


class OidcProvider:
    """One provider.

    Args:
        issuer: Its URL.
    """

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._lock = threading.Lock()
        self._keys: tuple[Key, ...] = ()
        self._fetched_at = float("-inf")

    def keys(self, key_id: str | None) -> tuple[Key, ...]:
        """Its keys, fetched anew where they are old, or the one named is not among them.

        Raises:
            Unavailable: They cannot be had, and those that are known are too old.
        """
        with self._lock:
            age = time.monotonic() - self._fetched_at
            is_known = key_id is None or any(key.kid == key_id for key in self._keys)
            if age > FRESH_SECONDS or (not is_known and age > AGAIN_SECONDS):
                self._keys = self._fetched()
                self._fetched_at = time.monotonic()
            return self._keys

    def _fetched(self) -> tuple[Key, ...]:
        described = _get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        url = described.get("jwks_uri")
        if described.get("issuer") != self._issuer or not isinstance(url, str):
            raise Unavailable(f"The identity provider {self._issuer} describes itself as another.")
        if urlsplit(url).scheme != urlsplit(self._issuer).scheme:
            raise Unavailable(f"The identity provider {self._issuer} gives its keys over another scheme.")
        found = []
        for jwk in _get(url).get("keys", []):
            try:
                if isinstance(jwk, dict) and jwk.get("use", "sig") == "sig" and jwk.get("kty") in {"EC", "RSA", "OKP"}:
                    found.append(import_key(jwk))
            except (JoseError, ValueError, KeyError, TypeError):
                # One key of a kind that we do not know must not keep the others from counting.
                continue
        return tuple(found)


def _get(url: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(url, timeout=FETCH_SECONDS) as answer:  # noqa: S310 - the settings check the scheme
            found = json.loads(answer.read(MOST_BYTES))
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise Unavailable(f"The identity provider cannot be asked: {type(error).__name__}.") from None
    if not isinstance(found, dict):
        raise Unavailable("The identity provider's answer cannot be read.")
    return found
