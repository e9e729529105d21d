# SPDX-License-Identifier: Apache-2.0
from decimal import Decimal
from importlib.resources import files

import pytest

from fakes.ownership import rule
from stillwatch.access.ownership.rule import parse_rules
from stillwatch.access.periods import parse_instant
from stillwatch.errors import BadInput

SHIPPED = parse_rules(files("stillwatch.access.ownership").joinpath("rules.yaml").read_text(), name="rules.yaml")
GOOD = """
rules:
  - {id: a, title: A, source: s, reviewed: never, threshold_percent: 50, inclusive: true, aggregate: true,
     cascade: true, lists: [{list: l, requirement: r}]}
"""


def test_the_shipped_rules_have_sources_and_differ_as_the_law_does() -> None:
    by_id = {one.rule_id: one for one in SHIPPED}
    assert all(one.source and one.reviewed for one in SHIPPED)
    assert by_id["us-ofac-50"].share_in_words == "at least 50 %"
    assert by_id["uk-50"].share_in_words == "more than 50 %"
    assert by_id["house-unsupported-regions"].share_in_words == "more than 50 %"
    assert by_id["eu-50"].is_aggregated
    assert not by_id["uk-50"].is_aggregated


@pytest.mark.parametrize(("day", "holds"), [("2025-11-09", True), ("2025-11-10", False), ("2026-11-21", True)])
def test_the_affiliates_rule_was_suspended_for_a_year(day: str, *, holds: bool) -> None:
    affiliates = next(one for one in SHIPPED if one.rule_id == "us-bis-affiliates")
    assert affiliates.is_in_force(parse_instant(day)) is holds


@pytest.mark.parametrize(("inclusive", "reached"), [(True, True), (False, False)])
def test_exactly_half_is_enough_only_where_the_rule_says_at_least(*, inclusive: bool, reached: bool) -> None:
    assert rule(is_inclusive=inclusive).reaches(Decimal("50.00")) is reached
    assert rule(is_inclusive=inclusive).reaches(Decimal("50.01"))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("threshold_percent: 50", "threshold_percent: 0", "threshold_percent is 0"),
        ("threshold_percent: 50", "threshold_percent: half", "rules[0].threshold_percent"),
        ("lists: [{list: l, requirement: r}]", "lists: []", "bar nobody"),
        ("lists: [{list: l, requirement: r}]", "countries: [XX]", "no country_requirement"),
        ("cascade: true", "cascades: true", "cascade"),
        ("cascade: true", "cascade: true, in_force: soon", 'rule "a"'),
        ("rules:", "rule:", "rule"),
        ("cascade: true", "cascade: [", "list of ownership rules"),
    ],
)
def test_a_rule_that_cannot_hold_is_refused_by_its_place(old: str, new: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_rules(GOOD.replace(old, new), name="own.yaml")
    assert says in str(refused.value)
    assert "own.yaml" in str(refused.value)


def test_two_rules_of_one_id_are_refused() -> None:
    with pytest.raises(BadInput, match="two rules"):
        parse_rules(GOOD + GOOD.replace("rules:", ""), name="own.yaml")


def test_requirements_are_listed_most_restrictive_first() -> None:
    assert rule(countries=("XX",), country_requirement="none from there").requirements == (
        "no dealings",
        "licence for everything",
        "none from there",
    )
