# SPDX-License-Identifier: Apache-2.0
"""Union-find over one facet: accounts with any value in common are one group, and a large group is suspicious."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from stillwatch.arena.grading.baselines.interface import Traffic


class UnionFind:
    """The size of the group that an account is joined into; nominal at five accounts.

    Args:
        facet: ``network``, ``payment`` or ``ja4``.
        words: What the report calls it.
    """

    nominal = 5.0

    def __init__(self, facet: str, words: str) -> None:
        self.name = f"union-find on {words}"
        self._facet = facet

    def scores(self, traffic: Traffic) -> NDArray[np.float64]:
        """Accounts in the connected component."""
        value = traffic.facets[self._facet]
        is_known = value >= 0
        width = traffic.accounts + int(value.max(initial=-1)) + 1
        edges = (traffic.account[is_known], value[is_known] + traffic.accounts)
        graph = coo_matrix((np.ones(int(is_known.sum())), edges), (width, width))
        _, group = connected_components(graph, directed=False)
        group = group[: traffic.accounts]
        sizes: NDArray[np.float64] = np.bincount(group)[group].astype(np.float64)
        return sizes
