# SPDX-License-Identifier: Apache-2.0
"""Standing: what the gateway currently allows an account."""

from enum import IntEnum

import msgspec


class Rung(IntEnum):
    """The rungs of the ladder, mildest first. A higher rung includes what the lower ones take away."""

    GOOD = 0
    """Nothing is held back."""
    OBSERVE = 1
    """A person should look; the account notices nothing."""
    WITHHOLD = 2
    """Reasoning and log-probabilities are withheld from the answers."""
    VERIFY = 3
    """Requests are refused until the holder has verified who they are."""
    SUSPEND = 4
    """Requests are refused until the decision is undone or runs out."""


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An account's rung and why."""

    rung: Rung = Rung.GOOD
    until_us: int | None = None
    """When it returns to GOOD by itself, microseconds since the epoch; None means it does not."""
    reason: str = ""
    """In words that the customer may be told."""
    decision_id: str | None = None

    def at(self, now_us: int) -> Rung:
        """The rung in force at an instant: GOOD once ``until_us`` has passed."""
        if self.until_us is not None and now_us >= self.until_us:
            return Rung.GOOD
        return self.rung
