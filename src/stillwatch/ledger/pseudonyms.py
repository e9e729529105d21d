# SPDX-License-Identifier: Apache-2.0
"""Keyed pseudonyms: identifiers that only the holder of a key can turn back.

Deterministic, so that equal identifiers stay equal and can be linked; bound to their column, so that an account and an
organisation of the same name do not look alike; authenticated, so that a wrong key is noticed.

Source:
    RFC 5297, "Synthetic Initialization Vector (SIV) Authenticated Encryption Using AES", deterministic use (section 6).
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from stillwatch.errors import IntegrityError, SettingsError
from stillwatch.records.exchange import Exchange

PREFIX = "psn1_"
KEY_BYTES = 32
CACHE = 100_000
"""Pseudonyms remembered, so that a busy account costs one look-up."""


class Pseudonyms:
    """Replaces identifiers of exchanges, and puts them back.

    Args:
        columns: Fields of ``Exchange`` that are replaced.
        key: At least ``KEY_BYTES`` bytes that are hard to guess.

    Raises:
        SettingsError: The key is too short.

    Example:
        >>> names = Pseudonyms(("account_id",), b"0123456789abcdef0123456789abcdef")
        >>> hidden = names.pseudonym("account_id", "acct-1")
        >>> hidden.startswith("psn1_"), names.identifier("account_id", hidden)
        (True, 'acct-1')
    """

    def __init__(self, columns: Sequence[str], key: bytes) -> None:
        if len(key) < KEY_BYTES:
            raise SettingsError(
                f"The key of the pseudonyms has {len(key)} bytes; it needs {KEY_BYTES} or more.",
                hint="Make one with `openssl rand -hex 32`.",
            )
        self._columns = tuple(columns)
        self._cipher = AESSIV(hashlib.sha512(b"stillwatch pseudonyms 1\0" + key).digest())
        self._cache: dict[tuple[str, str], str] = {}

    def pseudonym(self, column: str, identifier: str) -> str:
        """What stands for an identifier in the log."""
        known = self._cache.get((column, identifier))
        if known is None:
            if len(self._cache) >= CACHE:
                self._cache.clear()
            # SIV takes no empty plaintext, hence the leading byte.
            sealed = self._cipher.encrypt(b"=" + identifier.encode("utf-8", "replace"), [column.encode()])
            known = PREFIX + base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
            self._cache[column, identifier] = known
        return known

    def identifier(self, column: str, pseudonym: str) -> str:
        """What a pseudonym stands for; text that is not a pseudonym, as from before they were switched on, stays.

        Raises:
            IntegrityError: It was made with another key, or for another column.
        """
        if not pseudonym.startswith(PREFIX):
            return pseudonym
        try:
            sealed = pseudonym.removeprefix(PREFIX)
            plain = self._cipher.decrypt(
                base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True), [column.encode()]
            )
        except (InvalidTag, ValueError, binascii.Error):
            raise IntegrityError(
                f"The pseudonym in column {column} was not made with this key.",
                hint="Use the key that the log was written with.",
            ) from None
        return plain[1:].decode()

    def hide(self, exchange: Exchange) -> Exchange:
        """The exchange with pseudonyms for identifiers."""
        return self._replace(exchange, self.pseudonym)

    def show(self, exchange: Exchange) -> Exchange:
        """The exchange with identifiers for pseudonyms. Raises as ``identifier``."""
        return self._replace(exchange, self.identifier)

    def _replace(self, exchange: Exchange, swap: Callable[[str, str], str]) -> Exchange:
        swapped = {}
        for column in self._columns:
            value = getattr(exchange, column)
            if value is not None:
                swapped[column] = swap(column, value)
        return msgspec.structs.replace(exchange, **swapped)
