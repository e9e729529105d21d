# SPDX-License-Identifier: Apache-2.0
"""Sorts texts by what they are about, so that a caller who draws from one topic is coherent.

Symbols: N texts, D hash buckets, C topics.
"""

import re
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[^\W\d_]+")
_BUCKETS = 1_024
_LENGTH = 400
"""A text's first characters say what it is about."""


def topics(texts: Sequence[str], *, count: int, seed: int, rounds: int = 8) -> list[list[int]]:
    """Group texts by their words.

    Args:
        texts: The N texts.
        count: At most so many groups; empty ones are left out.
        seed: Where the search begins. The same seed gives the same groups.
        rounds: How often the groups are improved.

    Returns:
        The positions of the texts of each group.

    Source:
        Spherical k-means on hashed words, weighted by rarity: Dhillon and Modha, "Concept Decompositions for Large
        Sparse Text Data", Machine Learning 42, 2001, sec. 3.

    Cost:
        About N * D * C * rounds multiplications.
    """
    vectors = _vectors(texts)
    chance = np.random.default_rng(seed)
    centres = vectors[chance.choice(len(texts), min(count, len(texts)), replace=False)]
    nearest = np.zeros(len(texts), np.int64)
    for _ in range(rounds):
        nearest = (vectors @ centres.T).argmax(axis=1)
        for index in range(len(centres)):
            members = vectors[nearest == index]
            if len(members):
                total = members.sum(axis=0)
                centres[index] = total / (np.linalg.norm(total) + 1e-9)
    groups = [np.flatnonzero(nearest == index).tolist() for index in range(len(centres))]
    return [group for group in groups if group]


def _vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """One unit vector a text, shape (N, D)."""
    counts = np.zeros((len(texts), _BUCKETS), np.float32)
    for row, text in enumerate(texts):
        for word in _WORD.findall(text[:_LENGTH].lower()):
            counts[row, zlib.crc32(word.encode()) % _BUCKETS] = 1.0
    counts *= np.log((1 + len(texts)) / (1 + counts.sum(axis=0)))
    counts /= np.linalg.norm(counts, axis=1, keepdims=True) + 1e-9
    return counts
