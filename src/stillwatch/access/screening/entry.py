# SPDX-License-Identifier: Apache-2.0
"""What stands on a list, and what identifies a list."""

import hashlib
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What a name is the name of."""

    ORGANISATION = "organisation"
    PERSON = "person"
    THING = "thing"
    """A ship, an aircraft: on the lists, but nobody who could ask for access; not screened against."""
    UNKNOWN = "unknown"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One party on a list."""

    entry_id: str
    """The list's own number where it has one, else made of the name and the day it was listed."""
    kind: Kind
    names: tuple[str, ...]
    """At least one; the first is the one to show."""
    countries: tuple[str, ...] = ()
    """ISO 3166-1 alpha-2, small letters, in order."""
    ids: tuple[str, ...] = ()
    """Numbers it is registered under, as the list writes them."""
    programme: str = ""
    """Under which rule it is listed."""
    starts: str = ""
    ends: str = ""
    """First and last day of the listing, ISO 8601, empty where not stated. From the last day on it does not count."""

    def fingerprint(self) -> str:
        """Sixteen hex digits that change whenever what is screened against changes."""
        said = (self.kind.value, self.names, self.countries, self.ids, self.ends)
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:16]


class ListInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A list's identity: enough to say, of any decision, by which list it was made."""

    name: str
    form: str
    """The format it was read in, a name in the catalogue of formats."""
    digest: str
    """SHA-256 of the file as it came, in hex."""
    date: str
    """The day it is of, ISO 8601: as the file says, else as whoever loaded it says."""
    count: int
    """Entries."""
    source: str = ""
    """The file's name, or an address that the operator gave."""
    loaded_us: int = 0
    loaded_by: str = ""
    reason: str = ""
    """Why it was accepted although it was much shorter than the one before; empty otherwise."""


class ScreeningList(msgspec.Struct, frozen=True, kw_only=True):
    """A list, whole."""

    info: ListInfo
    entries: tuple[Entry, ...]


def made_id(*parts: str) -> str:
    """An id for an entry of a list that numbers nothing: the same whenever the same is said."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
