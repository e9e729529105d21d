# SPDX-License-Identifier: Apache-2.0
"""Trees whose answers are added: what a learnt score is made of. They are arrays; nothing here is learnt.

Symbols: N rows, F features, T trees, D their depth. Trees are complete: node n has the children 2n + 1 and 2n + 2.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Forest:
    """T complete trees of depth D."""

    features: Ints
    """(T, 2^D - 1), which feature a node looks at."""
    bounds: Doubles
    """(T, 2^D - 1). To the right goes what is greater; infinite where a node does not split."""
    leaves: Doubles
    """(T, 2^D)."""
    bias: float

    def logits(self, rows: Doubles) -> Doubles:
        """Give the natural logarithm of the odds, one a row of (N, F)."""
        trees, inner = self.features.shape
        at = np.zeros((len(rows), trees), np.int64)
        every, tree = np.arange(len(rows))[:, None], np.arange(trees)[None, :]
        for _ in range(inner.bit_length()):
            is_right = rows[every, self.features[tree, at]] > self.bounds[tree, at]
            at = 2 * at + 1 + is_right
        return np.asarray(self.bias + self.leaves[tree, at - inner].sum(axis=1))
