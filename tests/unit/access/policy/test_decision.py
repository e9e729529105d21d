# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.access.policy.decision import Decision, Reason


@pytest.mark.parametrize(
    ("until", "held"),
    [(None, [False, True, True, True]), (30, [False, True, False, False]), (20, [False, False, False, False])],
)
def test_a_decision_holds_from_when_it_was_made_until_something_changes(until: int | None, held: list[bool]) -> None:
    made = Decision(
        is_allowed=True, reason=Reason.PERMITTED, book_digest="b", fact_digests=(), decided_us=20, until_us=until
    )
    assert [made.holds_at(now) for now in (19, 20, 30, 40)] == held
