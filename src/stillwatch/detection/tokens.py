# SPDX-License-Identifier: Apache-2.0
"""Who holds which card, network, client program and autonomous system: the inverted side of the census."""

from collections import defaultdict

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

TOKEN_KINDS = ("payment", "network", "client", "asn", "claim", "model")
"""Kinds of infrastructure that accounts can share, the client they claim with the fingerprint they show, and the models
they use."""
HELD_KINDS = frozenset(("payment", "network", "client", "asn"))
"""Kinds of which it is kept who holds what. Of the others nearly everybody holds the same few."""


class Holders:
    """For each token of each kind, the organisations that hold it.

    Most tokens have one holder for life, so only those that are shared have a set.
    """

    def __init__(self) -> None:
        self._only: tuple[dict[int, int], ...] = tuple({} for _ in TOKEN_KINDS)
        self._shared: tuple[dict[int, set[int]], ...] = tuple({} for _ in TOKEN_KINDS)

    def add(self, kind: int, token: int, org: int) -> None:
        """An organisation holds a token."""
        shared = self._shared[kind].get(token)
        if shared is not None:
            shared.add(org)
            return
        only = self._only[kind].setdefault(token, org)
        if only != org:
            del self._only[kind][token]
            self._shared[kind][token] = {only, org}

    def count(self, kind: int, token: int) -> int:
        """How many organisations hold a token; 0 where nobody was seen to."""
        shared = self._shared[kind].get(token)
        return len(shared) if shared is not None else int(token in self._only[kind])

    def shared_counts(self, kind: int) -> Ints:
        """Give the number of holders of every token that has more than one."""
        return np.fromiter(map(len, self._shared[kind].values()), np.int64, len(self._shared[kind]))


def largest_hub(most: int, organisations: int) -> int:
    """Give the number of organisations beyond which a token is a public place: fewer where there are few in all."""
    return min(most, max(3, organisations // 8))


def holders_within(tokens: Ints, orgs: Ints) -> dict[int, set[int]]:
    """For each token that some accounts hold, their organisations.

    Args:
        tokens: Tokens of one kind, one row an account, 0 where there is none. Shape (M, T).
        orgs: Each account's organisation. Shape (M,).
    """
    inside: dict[int, set[int]] = defaultdict(set)
    for held, org in zip(tokens.tolist(), orgs.tolist(), strict=True):
        for token in held:
            if token:
                inside[token].add(org)
    return inside
