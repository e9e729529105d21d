# SPDX-License-Identifier: Apache-2.0
"""What screening needs from the world: where lists lie, and where hits are recorded."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from stillwatch.access.screening.entry import ListInfo, ScreeningList
from stillwatch.access.screening.hit import Hit, HitState, Match


class ListShelf(Protocol):
    """The entries of lists, by the list's name and digest. What is in force says ``ScreeningLog``."""

    def put(self, made: ScreeningList) -> None:
        """Keep a list, whole or not at all, beside the one that is there.

        Raises:
            Unavailable: It cannot be written.
        """
        ...

    def get(self, info: ListInfo) -> ScreeningList:
        """Give the list.

        Raises:
            IntegrityError: It is missing or damaged.
        """
        ...

    def keep_only(self, infos: Sequence[ListInfo]) -> None:
        """Forget every other list."""
        ...


class Outcome(NamedTuple):
    """What a screening changed."""

    found: tuple[Hit, ...]
    """Hits of the subjects, the worst first, those that were there before too."""
    new: int
    """Of them, those that were not known."""
    gone: int
    """Hits that were current before and were not found again."""


class ScreeningLog(Protocol):
    """Which lists are in force, and what was found by them.

    Every change is one transaction. Every method raises ``BadInput`` for an id that does not exist and for a text that
    cannot be used, and ``Unavailable`` where the log cannot be reached.
    """

    def lists(self) -> tuple[ListInfo, ...]:
        """The lists in force, by name."""
        ...

    def set_list(self, info: ListInfo) -> None:
        """Put a list in force in place of the one of its name."""
        ...

    def remove_list(self, name: str) -> ListInfo:
        """Take a list out of force, and give what it was."""
        ...

    def record(self, org_ids: Sequence[str], matches: Sequence[Match], *, now_us: int) -> Outcome:
        """Record what a screening of all subjects of these organisations found.

        A hit that was ruled on keeps its ruling as long as subject and entry are as they were.
        """
        ...

    def hits(
        self, *, org_id: str | None = None, state: HitState | None = None, is_current: bool | None = True
    ) -> tuple[Hit, ...]:
        """Hits, the worst first; None for any."""
        ...

    def touched(self, since: int) -> frozenset[str]:
        """The organisations of which a hit was found, lost or ruled on after a version of the database."""
        ...

    def hit(self, hit_id: str) -> Hit:
        """One of them."""
        ...

    def rule(self, hit_id: str, *, state: HitState, by: str, reason: str, now_us: int) -> Hit:
        """Clear or confirm a hit. Earlier rulings stay on record."""
        ...
