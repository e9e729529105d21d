# SPDX-License-Identifier: Apache-2.0
"""A space in which prompts are vectors: hashed features, weighted by rarity, projected at random.

Model-free, so it works in every language and ships nothing: a prompt's vector is the sum of the random directions of
its features, each weighted by how rare the feature has been in all traffic so far, scaled to length one. Means of such
vectors keep the angles between the traffic of two accounts up to about one part in the square root of ``DIMENSIONS``.

Symbols: F features in all, N prompts, D dimensions.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

from stillwatch.detection.sketch import FEATURE_SPACE

DIMENSIONS = 256
"""Measured on composed traffic: 128 loses a tenth of the hardest accounts, 512 gains nothing."""

RECENT = 512
"""Vectors of recent prompts that are kept to measure how alike two unrelated prompts are by chance."""

Floats = npt.NDArray[np.float32]


class ContentSpace:
    """The rarity of features, learned from what has passed, and the projection.

    Args:
        seed: Of the random directions. Vectors of different seeds cannot be compared.
    """

    def __init__(self, *, seed: int = 0) -> None:
        signs = np.random.default_rng((seed, 0x5711)).integers(0, 2, (FEATURE_SPACE, DIMENSIONS), dtype=np.int8)
        self._directions: Floats = ((signs * 2 - 1) / np.sqrt(DIMENSIONS)).astype(np.float32)
        self._seen = np.zeros(FEATURE_SPACE)
        self._weight = 0.0
        self._recent: Floats = np.zeros((RECENT, DIMENSIONS), np.float32)
        self._recent_at = 0
        self._sum = np.zeros(DIMENSIONS)
        self._sum_weight = 0.0

    def learn(self, features: Sequence[npt.NDArray[np.uint16]], weights: npt.NDArray[np.float64]) -> None:
        """Count the features of prompts that have passed.

        Args:
            features: One array of distinct features a prompt.
            weights: What each prompt counts for: less for each further one of the same account, so that one loud
                account does not decide what is rare. Shape (N,).
        """
        if features:
            sizes = [len(one) for one in features]
            self._seen += np.bincount(np.concatenate(features), np.repeat(weights, sizes), minlength=FEATURE_SPACE)
            self._weight += float(weights.sum())
            vectors = self.embed(features)
            self._sum += (weights[:, None] * vectors).sum(axis=0)
            self._sum_weight += float(weights.sum())

    def centre(self) -> Floats:
        """Give the mean vector of all traffic so far, every account counting about alike. Shape (D,)."""
        mean: Floats = (self._sum / max(self._sum_weight, 1e-9)).astype(np.float32)
        return mean

    def embed(self, features: Sequence[npt.NDArray[np.uint16]]) -> Floats:
        """Give the vectors of prompts, each of length one (zero where there are no features). Shape (N, D)."""
        if not features:
            return np.zeros((0, DIMENSIONS), np.float32)
        ends = np.cumsum([0, *(len(one) for one in features)])
        columns = np.concatenate(features).astype(np.int32)
        weights = np.log((self._weight + 1.0) / (self._seen[columns] + 1.0)).astype(np.float32)
        weights = np.maximum(weights, np.float32(0.0))
        norms = np.sqrt(np.add.reduceat(np.append(weights * weights, np.float32(0.0)), ends[:-1]))
        norms[np.diff(ends) == 0] = 0.0
        scale = np.repeat(1.0 / np.maximum(norms, 1e-6), np.diff(ends))
        rows = sparse.csr_matrix((weights * scale, columns, ends), shape=(len(features), FEATURE_SPACE))
        product: Floats = np.asarray(rows @ self._directions, dtype=np.float32)
        return product

    def remember(self, vectors: Floats) -> None:
        """Keep vectors of recent prompts, each of a different account, as a sample of what prompts are like."""
        for one in vectors[-RECENT:]:
            self._recent[self._recent_at % RECENT] = one
            self._recent_at += 1

    def chance_likeness(self) -> float:
        """Give the standard deviation of the product of two unrelated prompts' vectors, by the median of those seen."""
        kept = self._recent[: min(self._recent_at, RECENT)]
        if len(kept) < 8:
            return 1.0 / float(np.sqrt(DIMENSIONS))
        kept = kept - kept.mean(axis=0)
        products = np.abs((kept @ kept.T)[np.triu_indices(len(kept), 1)])
        return max(float(np.median(products)) / 0.6745, 1e-3)
