# SPDX-License-Identifier: Apache-2.0
"""How a request is bound to the holder of its credential, and what is attested of the person behind it."""

from enum import IntEnum, StrEnum


class Binding(IntEnum):
    """How strongly a request is bound to the key's holder, weakest first."""

    BEARER = 0
    """Whoever knows the key can use it."""
    NETWORK = 1
    """The key works from its holder's networks only."""
    DPOP = 2
    """The request is signed by a key pair that the holder enrolled (RFC 9449)."""
    MTLS = 3
    """The connection is authenticated by the holder's certificate (RFC 8705)."""


class ExportClass(StrEnum):
    """What a partner attests of a person for export control. The class alone is kept, never a passport."""

    UNATTESTED = "unattested"
    """Nobody has attested anything."""
    US_PERSON = "us_person"
    """Citizen, lawful permanent resident, or protected individual (8 USC 1324b(a)(3))."""
    A5_A6 = "a5_a6"
    """National of a country in Country Group A:5 or A:6 (15 CFR 740, Supplement 1)."""
    OTHER = "other"
    """National of another country."""
    D5 = "d5"
    """National of a country in Country Group D:5, those under a US arms embargo."""
