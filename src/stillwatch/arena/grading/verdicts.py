# SPDX-License-Identifier: Apache-2.0
"""What detection said, read from a findings document (``stillwatch.findings/1``): from us, or from anybody else."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec

from stillwatch.errors import BadInput


class _Account(msgspec.Struct):
    account_id: str
    flagged_at: datetime
    action: str = "contain"


class _Campaign(msgspec.Struct):
    accounts: list[str]
    campaign_id: str = ""
    action: str = "contain"


class _Document(msgspec.Struct):
    accounts: list[_Account]
    campaigns: list[_Campaign] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """Whom detection would contain or watch, and since when."""

    contained_us: dict[str, int]
    """When each account was first contained, by id."""
    watched: frozenset[str]
    """Accounts that a person should look at; those contained are not among them."""
    groups: tuple[tuple[str, frozenset[str]], ...]
    """The campaigns named: id and accounts."""

    @property
    def noticed(self) -> frozenset[str]:
        """Contained or watched."""
        return self.watched | self.contained_us.keys()

    def joined(self, earlier: dict[str, int]) -> "Verdicts":
        """With the containments of earlier rounds, which stay in force."""
        first = {**self.contained_us}
        for name, at_us in earlier.items():
            first[name] = min(at_us, first.get(name, at_us))
        return replace(self, contained_us=first, watched=self.watched - first.keys())


def verdicts_from(document: bytes) -> Verdicts:
    """Read a findings document; an account without an action counts as contained.

    Raises:
        BadInput: It is not one, or an instant has no offset.
    """
    try:
        read = msgspec.json.decode(document, type=_Document)
    except msgspec.DecodeError as error:
        raise BadInput(f"This is no findings document: {error}.", hint="See docs/formats/findings.md.") from None
    naive = next((one for one in read.accounts if one.flagged_at.tzinfo is None), None)
    if naive is not None:
        raise BadInput(f"The finding about {naive.account_id} has an instant without offset.")
    contained: dict[str, int] = {}
    for one in read.accounts:
        if one.action == "contain":
            at_us = round(one.flagged_at.timestamp() * 1_000_000)
            contained[one.account_id] = min(at_us, contained.get(one.account_id, at_us))
    return Verdicts(
        contained_us=contained,
        watched=frozenset(one.account_id for one in read.accounts) - contained.keys(),
        groups=tuple((one.campaign_id, frozenset(one.accounts)) for one in read.campaigns),
    )


def read_verdicts(path: Path) -> Verdicts:
    """Read a file of findings.

    Raises:
        BadInput: It cannot be read, or see ``verdicts_from``.
    """
    try:
        return verdicts_from(path.read_bytes())
    except OSError as error:
        raise BadInput(f"The findings {path} cannot be read: {error.strerror}.") from None
