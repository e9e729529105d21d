# SPDX-License-Identifier: Apache-2.0
"""How surprising it is that members of a group share tokens: cards, networks, client fingerprints."""

import numpy as np
import numpy.typing as npt
from scipy import special

from stillwatch.detection.interface import Case, Evidence
from stillwatch.detection.tokens import TOKEN_KINDS, holders_within, largest_hub
from stillwatch.stats.calibrate import log10_e_of_p
from stillwatch.stats.tails import poisson_log10_tail

KNOWN_SHARE = 0.3
"""Share of the members that must have the column at all; below it the family abstains."""
FLOOR = 0.02
"""Expected coincidences are never taken below this: columns have errors of their own."""


def weigh_shared(case: Case, *, family: str, kinds: dict[str, str], hub: int) -> Evidence | None:
    """Weigh the members that share a token with a member of another organisation.

    A token held by h organisations of the group counts h - 1 times. Under the null, the group's organisations are
    drawn at random, so h is hypergeometric, and the sum over tokens is compared with a Poisson of the same mean: right
    where tokens are many and rare, which the hub limit sees to.

    Args:
        case: The group and its population.
        family: Name of the family.
        kinds: Kinds of token, each with its name in words.
        hub: Organisations beyond which a token is a public place.
    """
    census, rows = case.census, case.rows
    numbers = [TOKEN_KINDS.index(kind) for kind in kinds]
    if (census.tokens[rows][:, numbers] != 0).any(axis=(1, 2)).sum() < KNOWN_SHARE * len(rows):
        return None
    orgs = census.org[rows]
    population, group_orgs = len(census.orgs), len(np.unique(orgs))
    hub = largest_hub(hub, population)
    seen, expected = 0, FLOOR
    linked: set[int] = set()
    words = []
    for number, spoken in zip(numbers, kinds.values(), strict=True):
        inside = holders_within(census.tokens[rows, number], orgs)
        counted = [
            held for token, held in inside.items() if len(held) > 1 and census.holders.count(number, token) <= hub
        ]
        if counted:
            words.append(spoken)
            linked.update(*counted)
        seen += sum(len(held) - 1 for held in counted)
        degrees = census.holders.shared_counts(number)
        expected += _expected_excess(degrees[degrees <= hub].astype(np.float64), group_orgs, population)
    log10_p = float(poisson_log10_tail(seen, expected))
    told = " or ".join(words or kinds.values())
    return Evidence(
        family=family,
        p_value=float(10.0**log10_p),
        log10_e=log10_e_of_p(log10_p),
        why=f"{len(linked)} of its {group_orgs} organisations share {told} with another of them; {expected:.1f} such "
        f"coincidences would be expected by chance, {seen} were seen.",
    )


def linked_rows(case: Case) -> set[int]:
    """Give the members that share a card or network, held by few organisations, with a member of another one."""
    rows, rare = case.rows, case.chosen.rare[case.group.members]
    inside = holders_within(rare, case.chosen.org[case.group.members])
    places = [token for token, orgs in inside.items() if len(orgs) > 1]
    return set(rows[np.isin(rare, places).any(axis=1)].tolist())


def _expected_excess(degrees: npt.NDArray[np.float64], drawn: int, population: int) -> float:
    """Mean of the sum of (h - 1) over tokens, h hypergeometric, where h is at least 1."""
    if not len(degrees):
        return 0.0
    none = special.gammaln(population - degrees + 1) - special.gammaln(np.maximum(population - degrees - drawn, 0) + 1)
    none -= special.gammaln(population + 1) - special.gammaln(population - drawn + 1)
    chance_none = np.where(population - degrees >= drawn, np.exp(none), 0.0)
    return float(np.sum(drawn * degrees / population - (1.0 - chance_none)))
