# SPDX-License-Identifier: Apache-2.0
"""Verifies an SD-JWT: a JWT of which the holder shows only some claims, with or without proof of holding its key.

Source:
    RFC 9901, sections 4 (form) and 7.1, 7.3 (verification by the verifier). The numbered steps of the code are those of
    section 7.1. Section 6's JSON serialisation is not accepted.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from stillwatch.access import jws
from stillwatch.errors import IntegrityError

ALGORITHMS = ["ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA", "Ed25519"]
"""Asymmetric ones without RSA's old padding. ``none`` and shared secrets are never accepted."""
LENGTH = 65_536
"""Characters that a credential may have."""
DEPTH = 16
"""Nested levels of claims."""
LEEWAY_SECONDS = 60
"""By which the issuer's clock may differ from ours."""

ALWAYS_SHOWN = frozenset({"iss", "exp", "nbf", "iat", "cnf", "vct", "status"})
"""Claims that a holder must not be able to leave out (SD-JWT VC, section 2.2.2): one could hide an expiry."""

_KINDS = frozenset({"EC", "RSA", "OKP"})
_HASHES = {"sha-256": "sha256", "sha-384": "sha384", "sha-512": "sha512"}


class Binding(NamedTuple):
    """What a proof of holding the key must say."""

    audience: str
    nonce: str
    max_age_seconds: int = 300


class Verified(NamedTuple):
    """A credential whose signature, disclosures and times hold."""

    header: dict[str, Any]
    claims: dict[str, Any]
    """What the issuer signed, and the holder showed."""
    is_bound: bool
    """Whether the holder proved to hold the key it names."""


class _Claims:
    """Puts the disclosed claims where their digests stand."""

    def __init__(self, disclosures: Sequence[str], algorithm: str) -> None:
        self._by_digest: dict[str, list[Any]] = {}
        self._used: set[str] = set()
        self._met: set[str] = set()
        for text in disclosures:
            digest = jws.encoded(hashlib.new(algorithm, text.encode()).digest())
            content = _json(text, what="a disclosure")
            if not isinstance(content, list) or len(content) not in (2, 3) or not isinstance(content[0], str):
                raise _broken("has a disclosure that is no list of two or three")
            if digest in self._by_digest:
                raise _broken("shows a disclosure twice")
            self._by_digest[digest] = content

    def whole(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Step 3: the payload with what was disclosed, without digests."""
        claims = self._mapping(payload, 0)
        # Step 4. A digest that stands twice, or a disclosure that no digest stands for, spoils all of it.
        if self._used != self._by_digest.keys():
            raise _broken("shows a disclosure that its issuer did not sign")
        if (claims.keys() - payload.keys()) & ALWAYS_SHOWN:
            raise _broken("lets its holder hide a claim that must always be shown")
        return claims

    def _taken(self, digest: Any, length: int) -> list[Any] | None:
        if not isinstance(digest, str) or digest in self._met:
            raise _broken("holds a digest twice, or one that is no text")
        self._met.add(digest)
        content = self._by_digest.get(digest)
        if content is None:
            return None
        if len(content) != length:
            raise _broken("has a disclosure of the wrong kind for its place")
        self._used.add(digest)
        return content

    def _mapping(self, value: dict[str, Any], depth: int) -> dict[str, Any]:
        if "..." in value:
            raise _broken("has a claim named by three dots")
        found = {name: self._value(inner, depth + 1) for name, inner in value.items() if name not in ("_sd", "_sd_alg")}
        digests = value.get("_sd", [])
        if not isinstance(digests, list):
            raise _broken("has an _sd that is no list")
        for digest in digests:
            content = self._taken(digest, 3)
            if content is None:
                continue
            name = content[1]
            if not isinstance(name, str) or name in ("_sd", "...") or name in value or name in found:
                raise _broken("discloses a claim that is there already, or may not be disclosed")
            found[name] = self._value(content[2], depth + 1)
        return found

    def _value(self, value: Any, depth: int) -> Any:
        if depth > DEPTH:
            raise _broken("is nested too deeply")
        if isinstance(value, dict):
            return self._mapping(value, depth)
        if not isinstance(value, list):
            return value
        found = []
        for item in value:
            if isinstance(item, dict) and item.keys() == {"..."}:
                content = self._taken(item["..."], 2)
                if content is not None:
                    found.append(self._value(content[1], depth + 1))
            else:
                found.append(self._value(item, depth + 1))
        return found


def verify(
    text: str,
    issuer_keys: Sequence[Key],
    *,
    now_us: int,
    types: frozenset[str],
    binding: Binding | None = None,
) -> Verified:
    """Check a credential, and give what it says.

    Args:
        text: ``<JWT>~<disclosure>~...~``, with a key-binding JWT at its end or without.
        issuer_keys: The keys its issuer may have signed with. They come from the operator, never from the credential.
        now_us: When it is looked at.
        types: The ``typ`` headers that are accepted.
        binding: What a key-binding JWT must say; without it one that is there is refused, for nobody asked for it.

    Raises:
        IntegrityError: Anything about it does not hold; the message says what.
    """
    if len(text) > LENGTH or "~" not in text:
        raise _broken("is no SD-JWT")
    token, *disclosures, key_binding = text.split("~")
    # Steps 1 and 2.
    header, payload = _signed(token, issuer_keys)
    _check_type(header, types)
    algorithm = payload.get("_sd_alg", "sha-256")
    if algorithm not in _HASHES:
        raise _broken("uses a hash that is not accepted")
    claims = _Claims(disclosures, _HASHES[algorithm]).whole(payload)
    _check_times(claims, now_us)
    if binding is None:
        if key_binding:
            raise _broken("comes with a proof of its key that nobody asked for")
        return Verified(header, claims, is_bound=False)
    covered = text[: len(text) - len(key_binding)]
    _check_binding(key_binding, covered, claims, binding, hashed_with=_HASHES[algorithm], now_us=now_us)
    return Verified(header, claims, is_bound=True)


def verify_jwt(token: str, keys: Sequence[Key], *, now_us: int, types: frozenset[str]) -> dict[str, Any]:
    """Check a plain signed JWT, and give its claims.

    Args:
        token: In the compact form.
        keys: See ``verify``.
        now_us: See ``verify``.
        types: See ``verify``.

    Raises:
        IntegrityError: See ``verify``.
    """
    header, payload = _signed(token, keys)
    _check_type(header, types)
    _check_times(payload, now_us)
    return payload


def keys_of(jwks: Mapping[str, Any]) -> list[Key]:
    """The public keys of a JWK, or of a set of them.

    Raises:
        ValueError: It is neither, or holds a private or a secret key.
    """
    listed = jwks.get("keys", [jwks])
    if not isinstance(listed, list) or not listed:
        raise ValueError("there is no key")
    if any(not isinstance(key, dict) or key.get("kty") not in _KINDS or "d" in key for key in listed):
        raise ValueError("only public keys for signatures are used here")
    try:
        return [import_key(dict(key)) for key in listed]
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"no key can be read: {error}") from None


def _signed(token: str, keys: Sequence[Key]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and payload of a JWT that one of the keys signed."""
    try:
        return jws.verified(token, keys, algorithms=ALGORITHMS)
    except ValueError as error:
        raise _broken(str(error)) from None


def _check_type(header: Mapping[str, Any], types: frozenset[str]) -> None:
    if str(header.get("typ", "")).lower() not in types:
        raise _broken(f"is of the type {str(header.get('typ'))[:40]!a}, which is not accepted here")


def _check_times(claims: Mapping[str, Any], now_us: int) -> None:
    now = now_us / 1_000_000
    for name in {"exp", "nbf", "iat"} & claims.keys():
        if isinstance(claims[name], bool) or not isinstance(claims[name], int | float):
            raise _broken(f"has an {name} that is no time")
    if now >= claims.get("exp", now + 1):
        raise _broken("has expired")
    if now + LEEWAY_SECONDS < max(claims.get("nbf", 0), claims.get("iat", 0)):
        raise _broken("is not valid yet")


def _check_binding(
    token: str, covered: str, claims: Mapping[str, Any], binding: Binding, *, hashed_with: str, now_us: int
) -> None:
    """Section 7.3, step 5."""
    confirmation = claims.get("cnf")
    if not token or not isinstance(confirmation, dict) or not isinstance(confirmation.get("jwk"), dict):
        raise _broken("comes without the proof that its holder has the key")
    try:
        keys = keys_of(confirmation["jwk"])
    except ValueError:
        raise _broken("names a holder's key that cannot be read") from None
    header, said = _signed(token, keys)
    age = now_us / 1_000_000 - said["iat"] if isinstance(said.get("iat"), int | float) else None
    if header.get("typ") != "kb+jwt" or said.get("aud") != binding.audience or said.get("nonce") != binding.nonce:
        raise _broken("comes with a proof of its key that was made for somebody else")
    if age is None or not -LEEWAY_SECONDS <= age <= binding.max_age_seconds:
        raise _broken("comes with a proof of its key that is too old")
    if said.get("sd_hash") != jws.encoded(hashlib.new(hashed_with, covered.encode()).digest()):
        raise _broken("comes with a proof of its key that covers other claims")


def _json(encoded: str, *, what: str) -> Any:
    try:
        return jws.parsed(encoded, what=what)
    except ValueError as error:
        raise _broken(str(error)) from None


def _broken(what: str) -> IntegrityError:
    return IntegrityError(f"The credential {what}.", hint="Ask its holder for a new one.")
