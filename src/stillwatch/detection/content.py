# SPDX-License-Identifier: Apache-2.0
"""A space in which prompts are vectors: hashed features, weighted by rarity, projected at random.

Model-free, so it works in every language and ships nothing: a prompt's vector is the sum of the random directions of
its features, each weighted by how rare the feature has been in all traffic so far, scaled to length one before it is
projected. Each direction has few entries that are not zero, which costs a thirtieth of a dense one and keeps angles as
well (Kane & Nelson, "Sparser Johnson-Lindenstrauss transforms", JACM 61(1), 2014): up to about one part in the square
root of ``DIMENSIONS``.

Symbols: F features in all, N prompts, D dimensions.
"""

import numpy as np
import numpy.typing as npt

from stillwatch.detection.sketch import FEATURE_SPACE

DIMENSIONS = 256
"""Measured on composed traffic: 128 loses a tenth of the hardest accounts, 512 gains nothing."""
ENTRIES = 8
"""Entries of a direction that are not zero."""
RECENT = 512
"""Vectors of recent prompts that are kept to measure how alike two unrelated prompts are by chance."""
BLOCK = 8_192
"""Prompts that are projected at a time, so that memory stays bounded."""

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


class Prompts:
    """Features of N prompts, end to end.

    Args:
        features: Distinct hashed features of all prompts. Shape (sum of sizes,).
        sizes: How many of them each prompt has. Shape (N,).
    """

    __slots__ = ("features", "sizes")

    def __init__(self, features: npt.NDArray[np.uint16], sizes: npt.NDArray[np.int64]) -> None:
        self.features = features
        self.sizes = sizes

    def __len__(self) -> int:
        return len(self.sizes)

    def block(self, start: int, stop: int) -> "Prompts":
        """The prompts from ``start`` to before ``stop``."""
        ends = np.concatenate(([0], np.cumsum(self.sizes)))
        return Prompts(self.features[ends[start] : ends[stop]], self.sizes[start:stop])


class ContentSpace:
    """The rarity of features, learned from what has passed, and the projection.

    Args:
        seed: Of the random directions. Vectors of different seeds cannot be compared.
    """

    def __init__(self, *, seed: int = 0) -> None:
        draw = np.random.default_rng((seed, 0x5711))
        self._columns = draw.integers(0, DIMENSIONS, (FEATURE_SPACE, ENTRIES), dtype=np.int16)
        signs = draw.integers(0, 2, (FEATURE_SPACE, ENTRIES), dtype=np.int8)
        self._entries: Floats = ((signs * 2 - 1) / np.sqrt(ENTRIES)).astype(np.float32)
        self._seen = np.zeros(FEATURE_SPACE)
        self._weight = 0.0
        self._recent: Floats = np.zeros((RECENT, DIMENSIONS), np.float32)
        self._recent_at = 0
        self._sum = np.zeros(DIMENSIONS)
        self._sum_weight = 0.0

    def learn(self, prompts: Prompts, weights: Doubles) -> None:
        """Count the features of prompts that have passed.

        Args:
            prompts: The prompts.
            weights: What each counts for: less for each further one of the same account, so that one loud account does
                not decide what is rare. Shape (N,).
        """
        if not len(prompts):
            return
        self._seen += np.bincount(prompts.features, np.repeat(weights, prompts.sizes), minlength=FEATURE_SPACE)
        self._weight += float(weights.sum())
        self._sum += weights @ self.embed(prompts)
        self._sum_weight += float(weights.sum())

    def centre(self) -> Floats:
        """Give the mean vector of all traffic so far, every account counting about alike. Shape (D,)."""
        mean: Floats = (self._sum / max(self._sum_weight, 1e-9)).astype(np.float32)
        return mean

    def embed(self, prompts: Prompts) -> Floats:
        """Give the vectors of prompts, each of length about one (zero where there are no features). Shape (N, D)."""
        rarity = np.maximum(np.log((self._weight + 1.0) / (self._seen + 1.0)), 0.0).astype(np.float32)
        vectors = np.zeros((len(prompts), DIMENSIONS), np.float32)
        for start in range(0, len(prompts), BLOCK):
            stop = min(start + BLOCK, len(prompts))
            vectors[start:stop] = self._project(prompts.block(start, stop), rarity)
        return vectors

    def _project(self, prompts: Prompts, rarity: Floats) -> Floats:
        size = len(prompts)
        owner = np.repeat(np.arange(size), prompts.sizes)
        weights = rarity[prompts.features]
        lengths = np.sqrt(np.bincount(owner, weights * weights, minlength=size))
        weights /= np.maximum(lengths, 1e-6).astype(np.float32)[owner]
        at = owner[:, None] * DIMENSIONS + self._columns[prompts.features]
        values = weights[:, None] * self._entries[prompts.features]
        summed = np.bincount(at.ravel(), values.ravel(), minlength=size * DIMENSIONS)
        return np.asarray(summed, np.float32).reshape(size, DIMENSIONS)

    def remember(self, vectors: Floats) -> None:
        """Keep vectors of recent prompts, each of a different account, as a sample of what prompts are like."""
        kept = vectors[-RECENT:]
        at = (self._recent_at + np.arange(len(kept))) % RECENT
        self._recent[at] = kept
        self._recent_at += len(kept)

    def chance_likeness(self) -> float:
        """Give the standard deviation of the product of two unrelated prompts' vectors, by the median of those seen."""
        kept = self._recent[: min(self._recent_at, RECENT)]
        if len(kept) < 8:
            return 1.0 / float(np.sqrt(DIMENSIONS))
        kept = kept - kept.mean(axis=0)
        products = np.abs((kept @ kept.T)[np.tri(len(kept), dtype=np.bool_).T ^ np.eye(len(kept), dtype=np.bool_)])
        return max(float(np.median(products)) / 0.6745, 1e-3)
