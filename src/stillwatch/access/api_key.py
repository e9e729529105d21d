# SPDX-License-Identifier: Apache-2.0
"""The form of an API key: ``swk_live_<id>_<secret>_<crc>``.

The id is 12 and the secret 33 characters of base 62 (192 bits). The check is the CRC-32 of everything before the last
underscore, 6 characters: it tells a typing mistake from a wrong key, and lets a scanner of leaked secrets recognise a
key, without a look-up. The check is no secret, and proves nothing.

Every key has the same length, so that one length test, one look at the characters and one CRC decide the form at
constant cost. Only a keyed hash (HMAC-SHA-256) of a key is ever stored. The secret carries 192 random bits, so a slow
password hash would add nothing but a way to keep the gateway busy.
"""

import hmac
from dataclasses import dataclass, field
from functools import lru_cache
from zlib import crc32

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from stillwatch.errors import SettingsError

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""Base 62: no character that a shell, a URL or a double click treats apart."""

PREFIX = "swk_live_"
ADMIN_PREFIX = "swa_live_"
"""Of an administrator's token, which has the same form. As long as ``PREFIX``: every offset below counts on it."""
ID_BYTES = 9
ID_LENGTH = 12
"""Characters of a key's id; 72 bits are cut to the 12 lowest base-62 digits (71.4 bits)."""
SECRET_BYTES = 24
SECRET_LENGTH = 33
"""Characters of a secret: the fewest that hold 192 bits."""
CRC_LENGTH = 6

_PAIRS = tuple(high + low for high in ALPHABET for low in ALPHABET)
_VALUES = {pair: value for value, pair in enumerate(_PAIRS)}
"""Two digits at a time: a key is checked on every request."""

_ID_END = len(PREFIX) + ID_LENGTH
_BODY_END = _ID_END + 1 + SECRET_LENGTH
LENGTH = _BODY_END + 1 + CRC_LENGTH
"""Characters of every key: 62."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: the one moment at which its text exists here."""

    key_id: str
    text: str = field(repr=False)
    """What the caller sends. Show it once; store it nowhere."""


@dataclass(frozen=True, slots=True)
class Peppers:
    """The secrets that keys are hashed with, by their public ids."""

    current_id: str
    """Which one hashes new keys."""
    by_id: dict[str, bytes] = field(repr=False)

    @classmethod
    def of(cls, *peppers: bytes) -> "Peppers":
        """Name each pepper by its own hash; the first is current.

        Args:
            peppers: At least one, each at least 32 random bytes.

        Raises:
            SettingsError: There is none, or one is too short.
        """
        if not peppers:
            raise SettingsError("There is no pepper to hash API keys with.", hint="Give 32 random bytes in hex.")
        if any(len(pepper) < 32 for pepper in peppers):
            raise SettingsError("A pepper is shorter than 32 bytes.", hint="Make one with: openssl rand -hex 32.")
        by_id = {pepper_id(pepper): pepper for pepper in peppers}
        return cls(current_id=pepper_id(peppers[0]), by_id=by_id)


def pepper_id(pepper: bytes) -> str:
    """A public name for a pepper: 8 hex digits of its keyed hash, which say nothing about a random pepper."""
    return hmac.digest(pepper, b"stillwatch pepper id", "sha256").hex()[:8]


def new_key(*, id_entropy: bytes, secret_entropy: bytes, prefix: str = PREFIX) -> NewKey:
    """Format a key from random bytes.

    Args:
        id_entropy: ``ID_BYTES`` random bytes.
        secret_entropy: ``SECRET_BYTES`` random bytes.
        prefix: ``PREFIX``, or ``ADMIN_PREFIX`` for an administrator's token.

    Raises:
        ValueError: An argument has another length.

    Example:
        >>> made = new_key(id_entropy=bytes(9), secret_entropy=bytes(24))
        >>> made.key_id, made.text
        ('000000000000', 'swk_live_000000000000_000000000000000000000000000000000_31yXy0')
        >>> made
        NewKey(key_id='000000000000')
    """
    if len(id_entropy) != ID_BYTES or len(secret_entropy) != SECRET_BYTES:
        raise ValueError(f"a key takes {ID_BYTES} and {SECRET_BYTES} random bytes")
    key_id = base62(int.from_bytes(id_entropy, "big") % 62**ID_LENGTH, ID_LENGTH)
    body = f"{prefix}{key_id}_{base62(int.from_bytes(secret_entropy, 'big'), SECRET_LENGTH)}"
    return NewKey(key_id=key_id, text=f"{body}_{base62(crc32(body.encode()), CRC_LENGTH)}")


def parse(text: str, prefix: str = PREFIX) -> str | None:
    """The id of a well-formed key, or None where the form or the check is wrong.

    That a key is well formed does not say that it exists. No secret is involved: the time taken tells nothing.

    Args:
        text: What was sent.
        prefix: See ``new_key``.
    """
    if len(text) != LENGTH or not text.startswith(prefix) or not text.isascii():
        return None
    key_id, secret, check = text[len(PREFIX) : _ID_END], text[_ID_END + 1 : _BODY_END], text[_BODY_END + 1 :]
    if text[_ID_END] + text[_BODY_END] != "__" or not (key_id + secret + check).isalnum():
        return None
    stated = (_VALUES[check[:2]] * len(_VALUES) + _VALUES[check[2:4]]) * len(_VALUES) + _VALUES[check[4:]]
    return key_id if stated == crc32(text[:_BODY_END].encode()) else None


def digest(text: str, pepper: bytes) -> bytes:
    """What is stored of a key: HMAC-SHA-256, under the pepper, of its id and secret."""
    keyed = _keyed(pepper).copy()
    keyed.update(text[len(PREFIX) : _BODY_END].encode())
    return keyed.finalize()


@lru_cache(maxsize=16)
def _keyed(pepper: bytes) -> HMAC:
    """An HMAC that has taken in its key and nothing else: setting one up costs three times what using it does."""
    return HMAC(pepper, SHA256())


def base62(number: int, length: int) -> str:
    """The lowest ``length`` base-62 digits of a number that is not negative, most significant first."""
    pairs = []
    for _ in range((length + 1) // 2):
        number, pair = divmod(number, 62 * 62)
        pairs.append(_PAIRS[pair])
    text = "".join(reversed(pairs))
    return text if length % 2 == 0 else text[1:]
