# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.access.policy.proof.invariants import Claim, parse_invariants
from stillwatch.errors import BadInput

GOOD = """
invariants:
  - id: a
    says: Nobody with hits.
    never: principal.organisation.open_hits > 0
  - {id: b, says: Somebody., some: "principal is Key && principal.binding == 3"}
"""


def test_claims_are_read_with_their_conditions() -> None:
    first, second = parse_invariants(GOOD, name="own.yaml")
    assert (first.invariant_id, first.claim, first.condition) == (
        "a",
        Claim.NEVER,
        "principal.organisation.open_hits > 0",
    )
    assert (second.claim, len(second.tree.clauses)) == (Claim.SOME, 1)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("invariants:", "invariant:", "not a list of invariants"),
        ("never:", "sometimes:", "sometimes"),
        ("open_hits > 0", "open_hits >", "not Cedar"),
        ("open_hits > 0", "open_hitz > 0", "does not fit the schema"),
        ("open_hits > 0", "tier", "does not fit the schema"),
        ("open_hits > 0", "open_hits > 0 }; permit (principal, action, resource) when { true", "more than one"),
        ("open_hits > 0", "open_hits > 0 } unless { false", "more than one"),
        ("says: Nobody with hits.", "says: Nobody with hits.\n    some: 'true'", "one of `never` and `some`"),
    ],
)
def test_what_is_no_condition_is_refused_by_its_place(old: str, new: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_invariants(GOOD.replace(old, new, 1), name="own.yaml")
    assert says in str(refused.value)
    assert "own.yaml" in str(refused.value)
    assert "\n" not in str(refused.value)
