# SPDX-License-Identifier: Apache-2.0
"""What a request shows beside its credential: that its sender holds more than that, and for whom it asks."""

import msgspec


class Proof(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Nothing here is verified yet. Most requests have none of it."""

    method: str
    path: str
    """Decoded path."""
    dpop: str | None = None
    """A signed proof of a key pair (RFC 9449), as it came."""
    is_dpop_scheme: bool = False
    """Whether the credential came with the scheme ``DPoP``: its sender takes it for bound."""
    certificate: str | None = None
    """What a trusted proxy says of the client certificate that it verified, as it came."""
    person: str | None = None
    """What an organisation asserts about the person behind the request, as it came."""
