# SPDX-License-Identifier: Apache-2.0
"""An issuer of signed credentials: makes SD-JWTs, status lists and proofs of the holder's key as a real one would."""

import base64
import hashlib
import json
import zlib
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, Key

from fakes.dossiers import NOW

SECOND = round(NOW.timestamp())


def issuer_key() -> ECKey:
    """A fresh key pair."""
    return ECKey.generate_key("P-256")


def public(key: Key) -> dict[str, Any]:
    """Its public half, as a JWK."""
    return dict(key.as_dict(private=False))


def signed(payload: Any, key: Key, **header: Any) -> str:
    """A JWT."""
    return jws.serialize_compact({"alg": "ES256"} | header, json.dumps(payload), key, algorithms=["ES256"])


def disclosure(*content: Any) -> str:
    """The text of a disclosure."""
    return encoded(json.dumps(content).encode())


def digest_of(text: str) -> str:
    """What stands for a disclosure in the payload."""
    return encoded(hashlib.sha256(text.encode()).digest())


def sd_jwt(claims: dict[str, Any], key: Key, *hidden: str, typ: str = "dc+sd-jwt", **header: Any) -> str:
    """A credential that shows all of its disclosures.

    Args:
        claims: The payload.
        key: The issuer's.
        hidden: Disclosures, whose digests go into the payload's ``_sd``.
        typ: The header of that name.
        header: More of the header.
    """
    payload = claims | ({"_sd": [digest_of(text) for text in hidden]} if hidden else {})
    return "~".join([signed(payload, key, typ=typ, **header), *hidden]) + "~"


def bound(credential: str, key: Key, **changes: Any) -> str:
    """The credential with the proof that its holder has a key."""
    said = {"iat": SECOND, "aud": "https://gateway.example", "nonce": "n-1", "sd_hash": digest_of(credential)}
    return credential + signed(said | changes, key, typ="kb+jwt")


def status_list(uri: str, statuses: list[int], key: Key, **changes: Any) -> str:
    """The signed list of a credential's status, one bit each."""
    packed = bytearray((len(statuses) + 7) // 8)
    for number, status in enumerate(statuses):
        packed[number // 8] |= status << number % 8
    listed = {"bits": 1, "lst": encoded(zlib.compress(bytes(packed), 9))}
    payload = {"sub": uri, "iat": SECOND - 60, "ttl": 3600, "status_list": listed}
    return signed(payload | changes, key, typ="statuslist+jwt")


def encoded(raw: bytes) -> str:
    """Base64url without its padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
