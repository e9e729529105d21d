# SPDX-License-Identifier: Apache-2.0
"""Evidence in words: what was seen, against which peers, how rare that is, and what would clear it."""

from collections.abc import Iterable, Mapping
from math import floor, log10

from stillwatch.detection.interface import Evidence, FacetFamily
from stillwatch.records.finding import Facet

COMMON_P = 0.1
"""From this chance on it is a percentage; below it "1 in so many"."""


def odds(p_value: float) -> str:
    """Say a chance.

    Args:
        p_value: In [0, 1]; 0 only where it underflows.

    Example:
        >>> odds(0.31), odds(0.005), odds(3e-27), odds(0.0)
        ('31%', '1 in 200', '1 in 10^26', 'less than 1 in 10^300')
    """
    if p_value >= COMMON_P:
        return f"{p_value:.0%}"
    if p_value < 1e-300:
        return "less than 1 in 10^300"
    # Rounded down, so that nothing is said to be rarer than it is.
    if p_value < 1e-6:
        return f"1 in 10^{floor(-log10(p_value))}"
    many = floor(1.0 / p_value + 1e-6)
    scale = 10 ** max(0, len(str(many)) - 2)
    return f"1 in {many // scale * scale:,}"


def told(evidence: Evidence, family: FacetFamily) -> str:
    """Give the sentence of what was seen, and the one that says against whom, and how rare it is."""
    return f"{evidence.why} Chance of as much among {family.peers}: {odds(evidence.p_value)}."


def facets_of(found: Iterable[Evidence], families: Mapping[str, FacetFamily]) -> tuple[Facet, ...]:
    """Make a campaign's facets of its evidence.

    Args:
        found: One for each family that did not abstain.
        families: By name.
    """
    found = tuple(found)
    total = sum(max(one.log10_e, 0.0) for one in found) or 1.0
    return tuple(
        Facet(
            family=one.family,
            weight=round(max(one.log10_e, 0.0) / total, 4),
            why=told(one, families[one.family]),
            p_value=one.p_value,
            clears=families[one.family].clears,
        )
        for one in found
    )
