# SPDX-License-Identifier: Apache-2.0
"""What a policy decision is: a yes or no with everything it was made from."""

from enum import StrEnum

import msgspec


class Reason(StrEnum):
    """Why a decision is what it is."""

    PERMITTED = "permitted"
    """A rule permits it and none forbids it."""
    FORBIDDEN = "forbidden"
    NOT_PERMITTED = "not_permitted"
    """No rule permits it: the default."""
    ERROR = "error"
    """A rule could not be evaluated. What it would have said is not known, so the answer is no."""
    FACTS = "facts"
    """The facts do not belong together."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an action is allowed, and by what."""

    is_allowed: bool
    reason: Reason
    rules: tuple[str, ...] = ()
    """Ids of the rules that made it: those that permit, those that forbid, or those that erred."""
    errors: tuple[str, ...] = ()
    """What Cedar said of the rules that erred."""
    book_digest: str
    """Of the rules."""
    fact_digests: tuple[tuple[str, str], ...]
    """Of every fact used: ``organisation``, ``principal``, ``model``, and ``list:NAME`` of each list."""
    decided_us: int
    until_us: int | None
    """Until when the same question has the same answer; None: as long as the facts and rules are the same. Not after
    ``decided_us`` where a rule looks at the clock in a way nobody can foresee."""

    def holds_at(self, now_us: int) -> bool:
        """Whether it may still be given at an instant, facts and rules being the same. Not before it was made."""
        return self.decided_us <= now_us and (self.until_us is None or now_us < self.until_us)
