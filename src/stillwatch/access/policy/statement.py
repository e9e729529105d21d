# SPDX-License-Identifier: Apache-2.0
"""What is signed of a directive: when it was given and by whom, what it says, and from when every worker went by it.

A statement is JSON with sorted keys and no spaces, and the signature is Ed25519 over exactly these bytes, so anybody
who has the public key can check it: ``docs/formats/directive.md``.

Source:
    RFC 8032 (Ed25519).
"""

from collections.abc import Callable
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from stillwatch.access.policy.directive import Directive, shown
from stillwatch.errors import BadInput, IntegrityError

SCHEMA = "stillwatch.directive-statement/1"


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement and its signature."""

    text: str
    """The bytes that were signed, as UTF-8 text."""
    public_key: str
    """Ed25519, 32 bytes in hex."""
    signature: str
    """64 bytes in hex."""


Sign = Callable[[bytes], tuple[bytes, bytes]]
"""Gives the public key and the signature of some bytes."""


def statement(
    directive: Directive,
    *,
    event: str,
    number: int,
    by: str,
    given_us: int,
    in_force_us: int,
    workers: int,
    reason: str = "",
    sign: Sign,
) -> Statement:
    """Sign that a directive was applied or lifted.

    Args:
        directive: What it says.
        event: ``applied`` or ``lifted``.
        number: Counts the times a directive of this id was given.
        by: Who gave or lifted it.
        given_us: When that was.
        in_force_us: From when every worker went by it.
        workers: How many workers those were.
        reason: Why it was lifted.
        sign: Signs.
    """
    said = shown(directive)
    body = {
        "schema": SCHEMA,
        "event": event,
        "directive": said,
        "digest": f"sha256:{sha256(_canonical(said)).hexdigest()}",
        "effective_us": directive.from_us,
        "until_us": directive.until_us,
        "number": number,
        "by": by,
        "given_us": given_us,
        "in_force_us": in_force_us,
        "workers": workers,
        "reason": reason,
    }
    text = _canonical(body)
    public_key, signature = sign(text)
    return Statement(text=text.decode(), public_key=public_key.hex(), signature=signature.hex())


def verify(signed: Statement, *, public_key: str) -> dict[str, object]:
    """Check a statement; give what it says.

    Args:
        signed: The statement.
        public_key: The key that is trusted, in hex. The one in the statement is not: anybody can sign with his own.

    Raises:
        BadInput: The key is no key.
        IntegrityError: The signature does not match, or what was signed is no statement.
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
    except ValueError:
        raise BadInput("The public key is not 32 bytes in hex.", hint="`stillwatch directive key` prints it.") from None
    try:
        key.verify(bytes.fromhex(signed.signature), signed.text.encode())
        body: dict[str, object] = msgspec.json.decode(signed.text, type=dict[str, object])
    except (InvalidSignature, ValueError, msgspec.DecodeError):
        raise IntegrityError("The statement was not signed with this key, or was changed since.") from None
    if body.get("schema") != SCHEMA:
        raise IntegrityError(f"What was signed is no {SCHEMA}.")
    return body


def _canonical(value: object) -> bytes:
    return msgspec.json.encode(value, order="sorted")
