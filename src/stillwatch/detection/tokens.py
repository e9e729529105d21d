# SPDX-License-Identifier: Apache-2.0
"""Who holds which card, network, client program and autonomous system: the inverted side of the census."""

from array import array
from bisect import bisect_left
from collections import defaultdict

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

TOKEN_KINDS = ("payment", "network", "client", "asn", "claim", "model")
"""Kinds of infrastructure that accounts can share, the client they claim with the fingerprint they show, and the models
they use."""
HELD_KINDS = frozenset(("payment", "network", "client", "asn"))
"""Kinds of which it is kept who holds what. Of the others nearly everybody holds the same few."""


RECENT = 16_384
"""Tokens of one kind that are kept as they came before they are sorted in with the others."""


COUNTED = 64
"""Holders of one token that are counted: twice as many as make it a public place for whoever asks."""


class Holders:
    """For each token of each kind, the organisations that hold it, up to ``COUNTED``.

    Most tokens have one holder for life, so only those that are shared have a set.
    """

    def __init__(self) -> None:
        self._only: tuple[_Owners, ...] = tuple(_Owners() for _ in TOKEN_KINDS)
        self._shared: tuple[dict[int, set[int]], ...] = tuple({} for _ in TOKEN_KINDS)

    def add(self, kind: int, token: int, org: int) -> None:
        """An organisation holds a token."""
        shared = self._shared[kind].get(token)
        if shared is not None:
            if len(shared) < COUNTED:
                shared.add(org)
            return
        only = self._only[kind].setdefault(token, org)
        if only != org:
            self._only[kind].discard(token)
            self._shared[kind][token] = {only, org}

    def count(self, kind: int, token: int) -> int:
        """How many organisations hold a token, ``COUNTED`` standing for more; 0 where nobody was seen to."""
        shared = self._shared[kind].get(token)
        return len(shared) if shared is not None else int(token in self._only[kind])

    def shared_counts(self, kind: int) -> Ints:
        """Give the number of holders of every token that has more than one."""
        return np.fromiter(map(len, self._shared[kind].values()), np.int64, len(self._shared[kind]))


class _Owners:
    """Tokens with one owner each, in twelve bytes where a dictionary takes a hundred and fifty.

    They are sorted arrays, and a small dictionary of what came since these were last sorted.
    """

    def __init__(self) -> None:
        self._tokens = array("q")
        self._orgs = array("i")
        """Owners of the sorted tokens; -1 where a token was discarded."""
        self._recent: dict[int, int] = {}

    def __contains__(self, token: int) -> bool:
        return token in self._recent or self._place(token) >= 0

    def setdefault(self, token: int, org: int) -> int:
        """Give a token's owner, which is the organisation given where it had none."""
        at = self._place(token)
        if at >= 0:
            return self._orgs[at]
        owner = self._recent.setdefault(token, org)
        if len(self._recent) >= max(RECENT, len(self._tokens) // 8):
            self._sort_in()
        return owner

    def discard(self, token: int) -> None:
        """Forget a token."""
        at = self._place(token)
        if at >= 0:
            self._orgs[at] = -1
        self._recent.pop(token, None)

    def _place(self, token: int) -> int:
        """Where a token stands among the sorted ones; -1 where it does not."""
        at = bisect_left(self._tokens, token)
        return at if at < len(self._tokens) and self._tokens[at] == token and self._orgs[at] >= 0 else -1

    def _sort_in(self) -> None:
        orgs = np.frombuffer(self._orgs, np.int32)
        kept = orgs >= 0
        tokens = np.concatenate((np.frombuffer(self._tokens, np.int64)[kept], np.fromiter(self._recent, np.int64)))
        orgs = np.concatenate((orgs[kept], np.fromiter(self._recent.values(), np.int32)))
        order = np.argsort(tokens, kind="stable")
        self._tokens, self._orgs = array("q", tokens[order].tobytes()), array("i", orgs[order].tobytes())
        self._recent = {}


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
