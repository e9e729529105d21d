# SPDX-License-Identifier: Apache-2.0
"""Rows of a log that are not of the contract: refused, or skipped and counted."""

from dataclasses import dataclass, field

from stillwatch.errors import BadInput

NAMED = 20
"""Bad rows that are named one by one."""


@dataclass(slots=True)
class BadRows:
    """Rows that were skipped."""

    count: int = 0
    named: list[str] = field(default_factory=list)

    def add(self, what: str) -> None:
        """Count one, and name it while there are few."""
        self.count += 1
        if len(self.named) < NAMED:
            self.named.append(what)

    def skip(self, what: str, *, hint: str, may_skip: bool) -> None:
        """Count one, or refuse the log for it.

        Raises:
            BadInput: Rows may not be skipped.
        """
        if not may_skip:
            raise BadInput(f"{what}.", hint=hint)
        self.add(what)

    def merge(self, other: "BadRows") -> None:
        """Count those of another file, or of another part of this one."""
        self.count += other.count
        self.named += other.named[: NAMED - len(self.named)]
