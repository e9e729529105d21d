# SPDX-License-Identifier: Apache-2.0
"""The form of an access token: ``swt_<pepper id>_<key id>_<expiry>_<check>``.

It stands for an API key for a few minutes. Every worker can make and check one, since all hold the pepper; nothing is
stored. Its check is an HMAC that covers the client's public key too, so a token ends with the key it was got by.
"""

import hashlib
import hmac
import re
from typing import NamedTuple

from stillwatch.access.api_key import ID_LENGTH, Peppers

PREFIX = "swt_"
_FORM = re.compile(rf"swt_([0-9a-f]{{8}})_([0-9A-Za-z]{{{ID_LENGTH}}})_([0-9a-f]{{13}})_([0-9a-f]{{64}})")


class Claimed(NamedTuple):
    """What a token says, before its check was looked at."""

    pepper_id: str
    key_id: str
    expires_us: int
    check: str


def make_token(key_id: str, client_jkt: str, *, expires_us: int, peppers: Peppers) -> str:
    """An access token.

    Args:
        key_id: The API key it stands for.
        client_jkt: Thumbprint of the public key that its client proved to hold.
        expires_us: When it ends.
        peppers: The current one makes the check.
    """
    pepper_id = peppers.current_id
    body = f"{PREFIX}{pepper_id}_{key_id}_{expires_us:013x}"
    return f"{body}_{_check(body, client_jkt, peppers.by_id[pepper_id])}"


def read_token(text: str) -> Claimed | None:
    """What a token says; None where the form is wrong."""
    match = _FORM.fullmatch(text)
    return None if match is None else Claimed(match[1], match[2], int(match[3], 16), match[4])


def is_genuine(text: str, claimed: Claimed, client_jkt: str, peppers: Peppers) -> bool:
    """Whether we made it, for that client. Takes as long for one that is not."""
    pepper = peppers.by_id.get(claimed.pepper_id)
    check = _check(text.rpartition("_")[0], client_jkt, pepper or peppers.by_id[peppers.current_id])
    return hmac.compare_digest(check, claimed.check) and pepper is not None


def _check(body: str, client_jkt: str, pepper: bytes) -> str:
    return hmac.digest(pepper, f"access token\n{client_jkt}\n{body}".encode(), hashlib.sha256).hex()
