# SPDX-License-Identifier: Apache-2.0
"""Signed JSON in the compact form, read strictly: one reading for credentials, proofs and assertions.

Every function here raises ``ValueError`` with the end of a sentence, such as ``is no signed JWT``; the caller knows
what the sentence is about.

Source:
    RFC 7515 (JWS), RFC 8725 (JWT best current practices).
"""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry


class Unverified(NamedTuple):
    """What a JWT says, before anybody has looked at its signature."""

    header: dict[str, Any]
    claims: dict[str, Any]


def read(token: str, *, algorithms: Sequence[str]) -> Unverified:
    """Read a JWT without believing it.

    Args:
        token: In the compact form.
        algorithms: The ones its header may name.

    Raises:
        ValueError: It is no such JWT.
    """
    header = _header(token, algorithms)
    return Unverified(header, _object(parsed(token.split(".")[1], what="its payload")))


def verified(token: str, keys: Sequence[Key], *, algorithms: Sequence[str]) -> Unverified:
    """Read a JWT that one of the keys signed.

    Args:
        token: In the compact form.
        keys: The keys that may have signed it. Where its header names one of them by ``kid``, only that one.
        algorithms: The ones that are accepted.

    Raises:
        ValueError: It is no such JWT, or nobody of them signed it.
    """
    unverified = read(token, algorithms=algorithms)
    header = unverified.header
    algorithm = JWSRegistry.algorithms[header["alg"]]
    covered, _, signature = token.rpartition(".")
    named = [key for key in keys if key.kid == header["kid"]] if isinstance(header.get("kid"), str) else []
    for key in named or keys:
        try:
            algorithm.check_key(key)
            # The algorithm itself, since asking for it by name warns of EdDSA's other name, Ed25519.
            if algorithm.verify(covered.encode(), _signature(signature), key):
                return unverified
        except (JoseError, ValueError, TypeError):
            continue
    raise ValueError("is not signed by a key of its issuer")


def parsed(encoded: str, *, what: str) -> Any:
    """JSON in base64url.

    Raises:
        ValueError: It is neither.
    """
    try:
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"cannot be read: {what} is not base64url") from None
    return loaded(raw, what=what)


def loaded(raw: bytes, *, what: str) -> Any:
    """JSON in which no name stands twice: two readers could take two values of it.

    Raises:
        ValueError: It is something else.
    """
    try:
        return json.loads(raw, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise ValueError(f"cannot be read: {what} is not JSON") from None


def encoded(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _header(token: str, algorithms: Sequence[str]) -> dict[str, Any]:
    if token.count(".") != 2:
        raise ValueError("is no signed JWT")
    header = parsed(token.partition(".")[0], what="its header")
    if not isinstance(header, dict) or header.get("alg") not in algorithms:
        raise ValueError("is signed in a way that is not accepted")
    if "crit" in header or header.get("b64") is False:
        raise ValueError("asks for something in its header that is not known here")
    return header


def _signature(text: str) -> bytes:
    """The bytes of a signature, of which there is one way to write them."""
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if encoded(raw) != text:
        raise ValueError("is not signed by a key of its issuer")
    return raw


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("has a payload that is no object")  # noqa: TRY004 - see the module: one kind of error
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")
