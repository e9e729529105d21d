# SPDX-License-Identifier: Apache-2.0
"""Who is screened."""

import hashlib
from enum import StrEnum

import msgspec

from stillwatch.access.screening.entry import Kind


class Role(StrEnum):
    """What somebody is to the organisation for whose sake he is screened."""

    SELF = "self"
    OFFICER = "officer"
    OWNER = "owner"
    RESELLER = "reseller"


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """One party to look for on every list: an organisation, or who runs, owns or resells it."""

    org_id: str
    """The organisation for whose sake."""
    subject_id: str
    """Unique within the organisation, and the same from one screening to the next."""
    kind: Kind
    names: tuple[str, ...]
    """Legal name first, then aliases, in any script."""
    role: Role = Role.SELF
    countries: tuple[str, ...] = ()
    """ISO 3166-1 alpha-2."""
    ids: tuple[str, ...] = ()
    """Registration numbers, LEI."""

    def fingerprint(self) -> str:
        """Sixteen hex digits that change whenever what is screened changes."""
        said = (self.kind.value, sorted(self.names), sorted(self.countries), sorted(self.ids))
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:16]
