# SPDX-License-Identifier: Apache-2.0
import pytest

from fakes.policy import book
from stillwatch.access.policy.trees import clock_edges, context_reads


@pytest.mark.parametrize(
    ("condition", "reads"),
    [
        ("true", set()),
        ("context.standing < 3 && principal.organisation.tier > 1", {"standing"}),
        ('context has country && context.hosting == "no"', {"country", "hosting"}),
        ("context == context", {"*"}),
    ],
)
def test_what_a_rule_reads_of_the_context_is_known(condition: str, reads: set[str]) -> None:
    tree = book(f"permit(principal, action, resource) when {{ {condition} }}").rules[0].tree
    assert context_reads(tree) == reads


@pytest.mark.parametrize(
    ("condition", "edges"),
    [
        ("true", set()),
        ("context.now < 100", {100, 101}),
        ("100 <= context.now || context.now == 7", {100, 101, 7, 8}),
        ("context.now + 5 < 100", None),
        ("context.now < principal.organisation.tier", None),
        ("[context.now].contains(5)", None),
    ],
)
def test_the_instants_at_which_a_rule_may_turn_are_known_or_it_is_said_that_they_are_not(
    condition: str, edges: set[int] | None
) -> None:
    tree = book(f"permit(principal, action, resource) when {{ {condition} }}").rules[0].tree
    assert clock_edges(tree) == edges
