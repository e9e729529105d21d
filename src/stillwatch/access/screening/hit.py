# SPDX-License-Identifier: Apache-2.0
"""What screening finds, and what people make of it."""

import hashlib
from enum import StrEnum

import msgspec

from stillwatch.access.screening.entry import Entry
from stillwatch.access.screening.subject import Role, Subject


class HitState(StrEnum):
    """Where a hit stands."""

    OPEN = "open"
    """Nobody has looked at it yet: treated as if it were right."""
    CLEARED = "cleared"
    """A person has looked: it is somebody else."""
    CONFIRMED = "confirmed"
    """A person has looked: it is the one who is listed."""


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A subject is, or may be, on a list."""

    subject: Subject
    list_name: str
    list_digest: str
    entry: Entry
    query: str
    """The subject's name that was found."""
    listed: str
    """The entry's name that it was found by."""
    score: float
    """In (0, 1); a hit begins at a half."""
    why: tuple[str, ...]
    """The reasons, in words a customer could be told."""

    @property
    def hit_id(self) -> str:
        """Of the subject and the entry as they are: where either changes it is another hit, and not yet cleared."""
        said = (
            self.subject.org_id,
            self.subject.subject_id,
            self.subject.fingerprint(),
            self.list_name,
            self.entry.entry_id,
            self.entry.fingerprint(),
        )
        return f"hit-{hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:16]}"


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody decided about a hit."""

    state: HitState
    by: str
    reason: str
    at_us: int


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A match that was recorded, and every ruling on it, the last one in force."""

    hit_id: str
    org_id: str
    subject_id: str
    subject_name: str
    role: Role
    list_name: str
    list_digest: str
    """Of the list as it was when the hit was last found."""
    entry_id: str
    entry_name: str
    score: float
    why: tuple[str, ...]
    state: HitState
    is_current: bool
    """The last screening found it too. A hit that is not current weighs nothing, and is kept for the record."""
    found_us: int
    rulings: tuple[Ruling, ...] = ()
