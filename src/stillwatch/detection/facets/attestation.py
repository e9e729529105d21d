# SPDX-License-Identifier: Apache-2.0
"""Finds groups whose accounts claim a client by its name and do not show its fingerprint.

Catches: home-made clients that imitate a vendor's SDK or command-line agent by name, each with a fingerprint of its
own too. Misses: operators that run the real client, or a library that many customers of the same name run; proxies
that set user agents and fingerprints alike; logs without either column. False alarms: offices whose proxy opens TLS
anew, and the first users of a client on a new TLS library: both are in the population too, so a group must have far
more of them; and the family only corroborates.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.detection.claims import names_of
from stillwatch.detection.interface import Case, Evidence
from stillwatch.detection.matching import POPULATION, one_of_each
from stillwatch.detection.tokens import TOKEN_KINDS
from stillwatch.stats.calibrate import log10_e_of_p
from stillwatch.stats.tails import binomial_log10_tail

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

KIND = TOKEN_KINDS.index("claim")
WELL_KNOWN = 20
"""Organisations outside the group that must claim a name before it is known what goes with it."""
SEVERAL = 5
USUAL_SHARE = 0.02
"""A fingerprint is usual for a name where so many organisations outside the group show it, and this share of those
that claim the name: members of a campaign that are not in the group yet must not make their own client usual."""
KNOWN_SHARE = 0.3
"""Share of the group's organisations of which it must be known; below it, or below ``FEWEST``, the family abstains."""
FEWEST = 5
PEERS = 50
"""Organisations outside the group that there must be to compare with."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """Compares the share of the group's organisations with an unusual pair with that of all others.

    One account of each organisation counts. Null: the group's organisations show a fingerprint that is unusual for the
    client they claim as often as others do, each by itself. Binomial tail.
    """

    name: str = "attestation"
    is_independent: bool = True
    weight: float = 0.1
    peers: str = "as many organisations that claim well-known clients"
    clears: str = (
        "A proxy or a build of these customers' own that opens TLS in its own way, or a release that changed the "
        "client's fingerprint in those days."
    )

    def weigh(self, case: Case) -> Evidence | None:
        """Weigh claims that the fingerprints do not bear out."""
        census, rows = case.census, case.rows
        everyone = np.union1d(census.drawn(POPULATION), rows)
        held, org = census.tokens[everyone, KIND], census.org[everyone]
        own = np.searchsorted(everyone, rows)
        inside = np.isin(org, org[own])
        known, unusual = _unusual(held, org, inside)
        draw = np.random.default_rng((case.chance, 5))
        picked = one_of_each(org, own[known[own]], draw)
        if len(picked) < max(FEWEST, KNOWN_SHARE * len(np.unique(org[own]))):
            return None
        others = np.flatnonzero(known & ~inside)
        of_org = np.unique(org[others], return_inverse=True)[1]
        if not len(others) or of_org.max() + 1 < PEERS:
            return None
        share = np.bincount(of_org, unusual[others]) / np.bincount(of_org)
        rate = (float(share.sum()) + 1.0) / (len(share) + 2.0)
        seen = int(unusual[picked].sum())
        log10_p = binomial_log10_tail(seen, len(picked), rate)
        return Evidence(
            family=self.name,
            p_value=float(10.0**log10_p),
            log10_e=log10_e_of_p(log10_p),
            why=f"{seen} of its {len(picked)} organisations claim a well-known client and show a TLS fingerprint that "
            f"hardly anybody else shows with it; {share.mean():.1%} of other organisations do.",
        )


def _unusual(held: Ints, org: Ints, inside: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], Doubles]:
    """Say of which accounts it is known whether what they show goes with what they claim, and of which it does not.

    Args:
        held: Tokens of claims, 0 where there is none. Shape (A, kept).
        org: Each account's organisation. Shape (A,).
        inside: Accounts of the group's organisations, from which nothing is learnt. Shape (A,).
    """
    learnt = (held != 0) & ~inside[:, None]
    owner = np.broadcast_to(org[:, None], held.shape)
    pairs, pair_orgs = _organisations(held[learnt], owner[learnt])
    names, name_orgs = _organisations(names_of(held[learnt]), owner[learnt])
    # An account's own organisation does not make its pair usual.
    shown_by = _look_up(held, pairs, pair_orgs) - learnt
    claimed_by = _look_up(names_of(held), names, name_orgs) - learnt
    is_known = (held != 0) & (claimed_by >= WELL_KNOWN)
    is_unusual = is_known & (shown_by < np.maximum(SEVERAL, USUAL_SHARE * claimed_by))
    return is_known.any(axis=1), is_unusual.any(axis=1).astype(np.float64)


def _organisations(tokens: Ints, org: Ints) -> tuple[Ints, Ints]:
    """Give each token, ascending, and by how many organisations it is held."""
    order = np.lexsort((org, tokens))
    token, org = tokens[order], org[order]
    is_other = np.ones(len(order), np.bool_)
    is_other[1:] = (token[1:] != token[:-1]) | (org[1:] != org[:-1])
    found, counts = np.unique(token[is_other], return_counts=True)
    return found, counts


def _look_up(tokens: Ints, found: Ints, counts: Ints) -> Ints:
    """Give the count of each token, 0 where it was not found. Shape of ``tokens``."""
    if not len(found):
        return np.zeros(tokens.shape, np.int64)
    at = np.minimum(np.searchsorted(found, tokens), len(found) - 1)
    return np.where(found[at] == tokens, counts[at], 0)
