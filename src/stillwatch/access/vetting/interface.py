# SPDX-License-Identifier: Apache-2.0
"""What vetting needs from the world: somewhere to keep dossiers and decisions, and somebody who screens."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from stillwatch.access.vetting.dossier import Dossier
from stillwatch.access.vetting.states import Act, Decision, Vetting

Progress = Callable[[int, int], None]
"""Told how many of how many are done."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a dossier, as it was recorded."""

    dossier: Dossier
    version: int
    """Counts an organisation's versions from 1."""
    recorded_us: int
    recorded_by: str
    digest: str
    """SHA-256 of its JSON text, in hex."""


class OnFile(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation's newest dossier, and where it stands."""

    recorded: Recorded
    vetting: Vetting
    version: int
    """Of the change that last touched either; see ``database.tables``."""


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did, or would do: ids of organisations."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What screening an organisation and all who are behind it came to."""

    hits: tuple[str, ...]
    """Ids of the hits that nobody has cleared."""
    lists: str
    """Digest of the lists it was compared with; empty where there was none, which is no screening."""


class Screen(Protocol):
    """Compares organisations, and all who own, run or resell them, with the lists."""

    def __call__(self, recorded: Sequence[Recorded], *, now_us: int, progress: Progress) -> Mapping[str, Outcome]:
        """The outcome for each organisation, by its id.

        Raises:
            BadInput: There is no list.
            Unavailable: The lists cannot be read.
        """
        ...

    def lists(self) -> str:
        """The digest of the lists in force: what an outcome of now would carry."""
        ...


class Vettings(Protocol):
    """The organisations' dossiers, decisions, and what they come to.

    Every change is one transaction: of several organisations, all or none. Every method raises ``BadInput`` for what
    cannot be done or does not exist, and ``Unavailable`` where the database cannot be reached.
    """

    def record(
        self,
        dossiers: Iterable[Dossier],
        *,
        by: str,
        now_us: int,
        is_dry_run: bool = False,
        progress: Progress | None = None,
    ) -> Imported:
        """Keep dossiers, each as a new version where it says something new. New organisations are made, and apply.

        Raises:
            BadInput: Two organisations have one entry in a register, or one comes twice. Nothing was kept then.
        """
        ...

    def dossier(self, org_id: str, version: int | None = None) -> Recorded:
        """One version of a dossier; the newest by default."""
        ...

    def dossiers(self) -> tuple[Recorded, ...]:
        """The newest version of each, by organisation."""
        ...

    def on_file(self, *, since: int = 0) -> tuple[OnFile, ...]:
        """The organisations of which anything changed after a version, by organisation; 0 gives all."""
        ...

    def vetting(self, org_id: str) -> Vetting:
        """Where an organisation stands."""
        ...

    def vettings(self) -> tuple[Vetting, ...]:
        """Where each stands, by organisation."""
        ...

    def history(self, org_id: str) -> tuple[Decision, ...]:
        """Every decision about an organisation, oldest first."""
        ...

    def decide(
        self, org_ids: Sequence[str], act: Act, *, by: str, reason: str, now_us: int, tier: int = 0
    ) -> tuple[Decision, ...]:
        """Take one step for each organisation."""
        ...

    def screened(
        self, outcomes: Mapping[str, tuple[int, Outcome]], *, by: str, reason: str, now_us: int
    ) -> tuple[Decision, ...]:
        """Note what screening came to.

        Args:
            outcomes: By organisation, the version of the dossier that was screened, and its outcome. What would change
                nothing (an approved organisation without hits, against the same lists) is not noted again.
            by: Who let it be screened.
            reason: Why.
            now_us: When.
        """
        ...

    def expire(self, *, now_us: int) -> tuple[Decision, ...]:
        """Note the approvals that have run out. Workers go by the instant itself; this is for the record."""
        ...
