# SPDX-License-Identifier: Apache-2.0
"""How surprising it is that members of a group share tokens: cards, networks, client fingerprints."""

from collections import defaultdict

import numpy as np
import numpy.typing as npt
from scipy import special

from stillwatch.detection.interface import Case, Evidence
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
    census = case.census
    members = set(case.rows.tolist())
    inside: dict[int, set[int]] = defaultdict(set)
    known = 0
    for row in members:
        tokens = census.sets[row].tokens
        known += any(kind in tokens for kind in kinds)
        for kind in kinds:
            for token in tokens.get(kind, ()):
                inside[token].add(int(census.org[row]))
    if known < KNOWN_SHARE * len(members):
        return None
    shared = {token: orgs for token, orgs in inside.items() if len(orgs) > 1}
    holders = census.holders()
    population = len(census.orgs)
    group_orgs = len({int(census.org[row]) for row in members})
    hub = min(hub, max(3, population // 8))
    counted = {token: orgs for token, orgs in shared.items() if len(holders[token]) <= hub}
    seen = sum(len(orgs) - 1 for orgs in counted.values())
    kinds_of = {token_id: kind for (kind, _), token_id in census.token_ids.items() if kind in kinds}
    degrees = np.array([len(holders[token]) for token in kinds_of if 1 < len(holders[token]) <= hub], float)
    expected = FLOOR + _expected_excess(degrees, group_orgs, population)
    log10_p = float(poisson_log10_tail(seen, expected))
    linked = len(set().union(*counted.values())) if counted else 0
    words = " or ".join(
        spoken for kind, spoken in kinds.items() if any(kinds_of[token] == kind for token in counted)
    ) or " or ".join(kinds.values())
    return Evidence(
        family=family,
        p_value=float(10.0**log10_p),
        log10_e=log10_e_of_p(log10_p),
        why=f"{linked} of its {group_orgs} organisations share {words} with another of them; {expected:.1f} such "
        f"coincidences would be expected by chance, {seen} were seen.",
    )


def linked_rows(case: Case, *, kinds: tuple[str, ...], hub: int) -> set[int]:
    """Give the members that share a token, held by at most ``hub`` organisations, with a member of another one."""
    census = case.census
    holders = census.holders()
    orgs: dict[int, set[int]] = defaultdict(set)
    mine: dict[int, list[int]] = {}
    hub = min(hub, max(3, len(census.orgs) // 8))
    for row in case.rows.tolist():
        tokens = census.sets[row].tokens
        mine[row] = [token for kind in kinds for token in tokens.get(kind, ()) if len(holders[token]) <= hub]
        for token in mine[row]:
            orgs[token].add(int(census.org[row]))
    return {row for row, tokens in mine.items() if any(len(orgs[token]) > 1 for token in tokens)}


def _expected_excess(degrees: npt.NDArray[np.float64], drawn: int, population: int) -> float:
    """Mean of the sum of (h - 1) over tokens, h hypergeometric, where h is at least 1."""
    if not len(degrees):
        return 0.0
    none = special.gammaln(population - degrees + 1) - special.gammaln(np.maximum(population - degrees - drawn, 0) + 1)
    none -= special.gammaln(population + 1) - special.gammaln(population - drawn + 1)
    chance_none = np.where(population - degrees >= drawn, np.exp(none), 0.0)
    return float(np.sum(drawn * degrees / population - (1.0 - chance_none)))
