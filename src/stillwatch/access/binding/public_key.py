# SPDX-License-Identifier: Apache-2.0
"""Public keys that callers and partners enrol: their one form, and the thumbprint they are known by.

Source:
    RFC 7517 (JWK), RFC 7638 (thumbprints), RFC 8037 (Ed25519).
"""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from stillwatch.access import jws
from stillwatch.errors import BadInput

ALGORITHMS: Final = ("ES256", "EdDSA", "Ed25519")
"""Two kinds of key, both quick to check: P-256 and Ed25519."""

_MEMBERS = {("EC", "P-256"): ("crv", "kty", "x", "y"), ("OKP", "Ed25519"): ("crv", "kty", "x")}


def canonical(jwk: Any) -> str:
    """A public key in its one form: the members its thumbprint is made of, as JSON in their order.

    Raises:
        ValueError: It is not a public key of an accepted kind. The message ends a sentence, as those of ``jws`` do.
    """
    if not isinstance(jwk, Mapping):
        raise ValueError("is no JSON Web Key")  # noqa: TRY004 - see ``jws``
    if "d" in jwk or "k" in jwk:
        raise ValueError("is a private or secret key, which nobody else may ever see")
    kind, curve = jwk.get("kty"), jwk.get("crv")
    members = _MEMBERS.get((kind, curve)) if isinstance(kind, str) and isinstance(curve, str) else None
    if members is None or not all(isinstance(jwk.get(name), str) for name in members):
        raise ValueError("is not a P-256 or Ed25519 public key")
    return json.dumps({name: jwk[name] for name in members}, separators=(",", ":"), sort_keys=True)


@lru_cache(maxsize=16_384)
def thumbprint(canonical_jwk: str) -> str:
    """What a key is known by: SHA-256 of its canonical form, base64url.

    Example:
        >>> thumbprint('{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}')
        'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'
    """
    return jws.encoded(hashlib.sha256(canonical_jwk.encode()).digest())


@lru_cache(maxsize=4_096)
def key_of(canonical_jwk: str) -> Key:
    """The key itself, ready to verify with.

    Raises:
        ValueError: Its numbers are no point on its curve.
    """
    try:
        key = import_key(json.loads(canonical_jwk), parameters={"kid": thumbprint(canonical_jwk)})
        # Reading is lazy; a point that is not on the curve must be noticed here.
        _ = key.public_key
    except (JoseError, ValueError, TypeError) as error:
        raise ValueError("is not a P-256 or Ed25519 public key") from error
    return key


def read_enrolled(text: str) -> str:
    """A public key from what somebody wants to enrol, in its canonical form.

    Args:
        text: A JWK as JSON.

    Raises:
        BadInput: It is none, of another kind, or a private key.
    """
    hint = "Give the public key as a JSON Web Key: EC with P-256, or OKP with Ed25519."
    try:
        found = canonical(jws.loaded(text.encode(errors="replace"), what="it"))
        key_of(found)
    except ValueError as error:
        raise BadInput(f"The key {error}.", hint=hint) from None
    return found
