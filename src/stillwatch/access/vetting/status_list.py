# SPDX-License-Identifier: Apache-2.0
"""Reads a token status list: whether the issuer of a credential has taken it back.

Source:
    IETF, "Token Status List" (draft-ietf-oauth-status-list), sections 4 (the list), 5.1 (as a JWT), 8.3 (validation).
"""

import base64
import binascii
import zlib
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from joserfc.jwk import Key

from stillwatch.access.vetting.sd_jwt import verify_jwt
from stillwatch.errors import IntegrityError

MAX_BYTES = 16 * 1024 * 1024
"""Of an unpacked list: a small one may not unpack into all of our memory."""

TYPE = "statuslist+jwt"


class Status(IntEnum):
    """What a list says. Any other value is one that is not known here, and so no good sign."""

    VALID = 0
    INVALID = 1
    SUSPENDED = 2


class Reference(NamedTuple):
    """Where a credential's status stands."""

    uri: str
    place: int


def reference_of(claims: Mapping[str, Any]) -> Reference | None:
    """Where the status of a credential stands; None where it offers none.

    Raises:
        IntegrityError: It offers one that cannot be read.
    """
    status = claims.get("status")
    if status is None:
        return None
    place = status.get("status_list") if isinstance(status, dict) else None
    if isinstance(place, dict):
        uri, index = place.get("uri"), place.get("idx")
        if isinstance(uri, str) and isinstance(index, int) and not isinstance(index, bool) and index >= 0:
            return Reference(uri, index)
    raise IntegrityError("The credential offers a status that cannot be read.")


def status_at(packed: str, *, bits: int, index: int) -> int:
    """The status at an index of a list as it is written.

    Args:
        packed: The list: deflated (zlib) and base64url.
        bits: 1, 2, 4 or 8 of each status. The first status is in the lowest bits of the first byte.
        index: From 0.

    Raises:
        IntegrityError: The list cannot be unpacked, or is shorter.

    Example:
        >>> [status_at("eNrbuRgAAhcBXQ", bits=1, index=index) for index in range(8)]
        [1, 0, 0, 1, 1, 1, 0, 1]
    """
    if bits not in (1, 2, 4, 8):
        raise IntegrityError("The status list has a number of bits that there is not.")
    try:
        raw = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj()
        listed = unpacker.decompress(raw, MAX_BYTES)
    except (binascii.Error, ValueError, zlib.error):
        raise IntegrityError("The status list cannot be unpacked.") from None
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise IntegrityError("The status list is cut short, or longer than is accepted.")
    place, shift = divmod(index * bits, 8)
    if place >= len(listed):
        raise IntegrityError("The status list is too short for the credential that refers to it.")
    return listed[place] >> shift & (1 << bits) - 1


def check_status(token: str, keys: Sequence[Key], reference: Reference, *, now_us: int) -> None:
    """Check, against the issuer's signed list, that a credential still holds.

    Raises:
        IntegrityError: The list is not the issuer's, not the one referred to, or out of date; or it says that the
            credential was taken back or suspended, or something that is not known.
    """
    claims = verify_jwt(token, keys, now_us=now_us, types=frozenset({TYPE}))
    listed = claims.get("status_list")
    ttl, issued = claims.get("ttl"), claims.get("iat")
    if claims.get("sub") != reference.uri or not isinstance(listed, dict) or not isinstance(issued, int | float):
        raise IntegrityError("The status list is not the one that the credential refers to.")
    if isinstance(ttl, int | float) and now_us / 1_000_000 > issued + ttl:
        raise IntegrityError("The status list is out of date.", hint="Fetch it again.")
    packed, bits = listed.get("lst"), listed.get("bits")
    if not isinstance(packed, str) or not isinstance(bits, int):
        raise IntegrityError("The status list cannot be read.")
    status = status_at(packed, bits=bits, index=reference.place)
    if status != Status.VALID:
        said: dict[int, str] = {Status.INVALID: "was taken back", Status.SUSPENDED: "is suspended"}
        raise IntegrityError(f"The credential {said.get(status, 'has a status that is not known')} by its issuer.")
