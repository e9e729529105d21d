# SPDX-License-Identifier: Apache-2.0
"""What decisions come to: which are in force, and the standing that an account has from them.

A standing is a function of the set of decisions and the instant, and of nothing else. So undoing a decision restores
exactly what was before it, and no order of events can leave a standing that nobody decided.
"""

from collections.abc import Iterable

from stillwatch.records.case import Decision
from stillwatch.records.standing import Rung, Standing

POLICY = "policy"
"""Who made a decision that the ladder made by itself."""

VERIFIED = "The holder has verified who they are."
"""The reason with which *verify* is undone for an account that has verified. It speaks for that account alone."""

NEVER_US = 1 << 62
"""Later than every instant: when a decision without an end would end."""


def is_in_force(decision: Decision, now_us: int) -> bool:
    """Whether a decision binds its accounts: not undone, and not run out."""
    return decision.undone_us is None and (decision.until_us is None or now_us < decision.until_us)


def effective(decisions: Iterable[Decision], now_us: int) -> Standing:
    """The standing that one account's decisions come to: the most severe in force.

    Of equally severe ones the one that lasts longest counts, then the older, so that renewing a decision does not
    change what the customer was told.

    Args:
        decisions: All decisions about the account, in any order and of any case.
        now_us: The instant asked about, microseconds since the epoch.
    """
    binding = [decision for decision in decisions if is_in_force(decision, now_us)]
    if not binding:
        return Standing()
    top = max(
        binding,
        key=lambda decision: (
            decision.rung,
            NEVER_US if decision.until_us is None else decision.until_us,
            -decision.made_us,
            decision.decision_id,
        ),
    )
    return Standing(rung=top.rung, until_us=top.until_us, reason=top.reason, decision_id=top.decision_id)


def rung_in_force(decisions: Iterable[Decision], now_us: int) -> Rung:
    """The most severe rung in force."""
    return max((decision.rung for decision in decisions if is_in_force(decision, now_us)), default=Rung.GOOD)
