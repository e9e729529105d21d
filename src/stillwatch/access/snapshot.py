# SPDX-License-Identifier: Apache-2.0
"""What the control process tells the workers about keys: one flat entry a key, as MessagePack.

Everything a decision needs is copied into each key's entry, so that a worker looks up one thing per request. Both ends
run the same release; the bytes are never stored.
"""

from collections.abc import Iterable

import msgspec

from stillwatch.errors import IntegrityError
from stillwatch.records.admission import Admission
from stillwatch.records.grant import TextPolicy
from stillwatch.records.standing import Standing


class KeyEntry(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """One API key, and what there is to know about its account and organisation."""

    key_id: str
    digest: bytes
    """HMAC of the key; see ``api_key.digest``."""
    pepper_id: str
    org_id: str
    account_id: str
    org_active: bool = True
    account_active: bool = True
    standing: Standing = Standing()
    models: tuple[str, ...] | None = None
    """The models it may name; None means every one."""
    cidrs: tuple[str, ...] | None = None
    """The networks it may be used from; None means everywhere."""
    expires_us: int | None = None
    revoked_us: int | None = None
    text_policy: TextPolicy = TextPolicy.KEEP
    payment_fp: str | None = None
    signup_ts_us: int | None = None
    route: str | None = None
    admission: Admission = Admission.UNVETTED
    tier: int = 0
    vetted_until_us: int | None = None
    """When the organisation's approval runs out by itself; None means that it does not."""
    scopes: tuple[str, ...] | None = None
    """What it was made for: actions of policy; None means everything."""
    jkt: str | None = None
    """Thumbprint of the key pair that must sign each of its requests (RFC 9449)."""
    x5t: str | None = None
    """Thumbprint of the certificate that its connections must be made with (RFC 8705)."""
    client_jwk: str | None = None
    """Public key with which its holder gets access tokens, canonical; see ``binding.public_key``."""
    is_honey: bool = False
    """Nobody may hold it: whoever uses it has stolen it."""
    trusted: tuple[str, ...] = ()
    """Public keys that its organisation signs assertions about persons with, canonical."""

    def __repr__(self) -> str:
        return f"KeyEntry(key_id={self.key_id!r}, account_id={self.account_id!r}, org_id={self.org_id!r})"


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[KeyEntry, ...])


def encode_entries(entries: Iterable[KeyEntry]) -> bytes:
    """Pack entries for the way to the workers."""
    return _encoder.encode(tuple(entries))


def decode_entries(packed: bytes) -> tuple[KeyEntry, ...]:
    """Unpack what ``encode_entries`` packed.

    Raises:
        IntegrityError: The bytes are something else. A worker must then ask for a whole snapshot.
    """
    try:
        return _decoder.decode(packed)
    except msgspec.MsgspecError as error:
        raise IntegrityError(f"A snapshot of keys cannot be read: {error}.") from None
