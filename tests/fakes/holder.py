# SPDX-License-Identifier: Apache-2.0
"""Somebody who holds a key pair, the same each time, and signs with it what a real client would."""

import hashlib
import json
from itertools import count
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from stillwatch.access.binding.public_key import canonical, thumbprint
from stillwatch.access.jws import encoded

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Holder:
    """Signs as ES256, or as EdDSA.

    Args:
        name: Another name has another key pair.
        is_edwards: Ed25519 instead of P-256.
    """

    def __init__(self, name: str = "holder", *, is_edwards: bool = False) -> None:
        seed = hashlib.sha256(name.encode()).digest()
        self.algorithm = "EdDSA" if is_edwards else "ES256"
        self._edwards = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        self._p256 = ec.derive_private_key(int.from_bytes(seed, "big") % (_ORDER - 1) + 1, ec.SECP256R1())
        self._numbers = count()

    @property
    def jwk(self) -> dict[str, str]:
        """The public key."""
        if self.algorithm == "EdDSA":
            return {"kty": "OKP", "crv": "Ed25519", "x": encoded(self._edwards.public_key().public_bytes_raw())}
        numbers = self._p256.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": _field(numbers.x), "y": _field(numbers.y)}

    @property
    def canonical(self) -> str:
        """The public key in its one form."""
        return canonical(self.jwk)

    @property
    def jkt(self) -> str:
        """Its thumbprint."""
        return thumbprint(self.canonical)

    def sign(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """A JWT; ``alg`` is added to the header where it is not there."""
        whole = {"alg": self.algorithm} | header
        signed = f"{_part(whole)}.{_part(claims)}"
        if self.algorithm == "EdDSA":
            return f"{signed}.{encoded(self._edwards.sign(signed.encode()))}"
        r, s = decode_dss_signature(self._p256.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def proof(
        self,
        *,
        url: str,
        credential: str,
        nonce: str | None,
        now_us: int,
        method: str = "POST",
        header: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """A DPoP proof, the next one; ``claims`` replace its own, None takes one away."""
        said = {
            "jti": f"jti-{next(self._numbers)}",
            "htm": method,
            "htu": url,
            "iat": now_us // 1_000_000,
            "ath": encoded(hashlib.sha256(credential.encode()).digest()),
            "nonce": nonce,
        } | claims
        said = {name: value for name, value in said.items() if value is not None}
        return self.sign({"typ": "dpop+jwt", "jwk": self.jwk} | (header or {}), said)

    def client_assertion(self, client: str, *, audience: str, now_us: int, **claims: Any) -> str:
        """An assertion for an access token."""
        now = now_us // 1_000_000
        said = {
            "iss": client,
            "sub": client,
            "aud": audience,
            "jti": f"jti-{next(self._numbers)}",
            "iat": now,
            "exp": now + 60,
        } | claims
        return self.sign({}, {name: value for name, value in said.items() if value is not None})

    def person(self, org_id: str, *, audience: str, now_us: int, typ: str | None = None, **claims: Any) -> str:
        """An assertion about a person."""
        now = now_us // 1_000_000
        said = {
            "iss": org_id,
            "sub": "p-7",
            "aud": audience,
            "export_class": "us_person",
            "evidence": "sha256:" + "0" * 64,
            "iat": now,
            "exp": now + 600,
        } | claims
        said = {name: value for name, value in said.items() if value is not None}
        return self.sign({"typ": typ or "stillwatch-person+jwt", "kid": self.jkt}, said)


def _part(value: dict[str, Any]) -> str:
    return encoded(json.dumps(value).encode())


def _field(number: int) -> str:
    return encoded(number.to_bytes(32, "big"))
