# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.detection.catalog import FAMILIES
from stillwatch.detection.explanation import facets_of, odds
from stillwatch.detection.interface import Evidence


@pytest.mark.parametrize(
    ("p_value", "said"),
    [
        (1.0, "100%"),
        (0.1, "10%"),
        (1 / 12, "1 in 12"),
        (1 / 199.9, "1 in 190"),
        (1 / 200, "1 in 200"),
        (1.01e-6, "1 in 990,000"),
        (9.9e-8, "1 in 10^7"),
        (1e-300, "1 in 10^300"),
        (0.0, "less than 1 in 10^300"),
    ],
)
def test_nothing_is_said_to_be_rarer_than_it_is(p_value: float, said: str) -> None:
    assert odds(p_value) == said


def test_a_facet_says_what_was_seen_against_whom_how_rare_it_is_and_what_would_clear_it() -> None:
    found = (
        Evidence(family="rate", p_value=1e-8, log10_e=6.0, why="They keep one time."),
        Evidence(family="client", p_value=1.0, log10_e=-0.3, why="They share nothing."),
    )
    families = {family.name: family for family in FAMILIES}
    rate, client = facets_of(found, families)
    assert rate.why.startswith("They keep one time. Chance of as much among groups of accounts")
    assert rate.why.endswith(": 1 in 10^8.")
    assert rate.clears == families["rate"].clears
    assert (rate.weight, client.weight) == (1.0, 0.0)
