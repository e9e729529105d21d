# SPDX-License-Identifier: Apache-2.0
"""Nonces that the gateway gives and need not remember: an instant, and its HMAC under the epoch's secret.

Source:
    RFC 9449, section 8 (authorization server's nonce) and 9 (resource server's).
"""

import hashlib
import hmac
import re

from stillwatch.access.binding.replay import SLACK_US
from stillwatch.access.jws import encoded

_FORM = re.compile(r"([0-9a-f]{14})([A-Za-z0-9_-]{22})")


def make_nonce(epoch: bytes, now_us: int) -> str:
    """A fresh nonce.

    Args:
        epoch: The secret it is made with.
        now_us: The instant.
    """
    instant = f"{now_us:014x}"
    return instant + _mac(epoch, instant)


def issued_us(nonce: str, epoch: bytes, *, now_us: int, lasts_us: int) -> int | None:
    """When a nonce was given, or None where it was not given under this epoch, or too long ago.

    Args:
        nonce: What came.
        epoch: See ``make_nonce``.
        now_us: The instant.
        lasts_us: How long it counts.
    """
    match = _FORM.fullmatch(nonce)
    if match is None or not hmac.compare_digest(_mac(epoch, match[1]), match[2]):
        return None
    issued = int(match[1], 16)
    return issued if now_us - lasts_us < issued <= now_us + SLACK_US else None


def _mac(epoch: bytes, instant: str) -> str:
    return encoded(hmac.digest(epoch, b"nonce" + instant.encode(), hashlib.sha256)[:16])
