# SPDX-License-Identifier: Apache-2.0
"""Prompts as vectors for the methods that compare content: hashed words, weighted by rarity, projected by chance.

Symbols: N texts, D dimensions.
"""

import re
import zlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

_WORD = re.compile(r"[^\W_]+")
_BUCKETS = 1 << 15
_LENGTH = 600
"""Characters of a prompt that are read."""
DIMENSIONS = 64


def content_vectors(prompts: Iterable[str | None], *, seed: int = 0) -> NDArray[np.float32]:
    """Embed prompts without a model.

    Args:
        prompts: N texts; None and empty texts give the zero vector.
        seed: Of the projection.

    Returns:
        Unit vectors, shape (N, D).

    Source:
        Random projections keep inner products: Achlioptas, "Database-friendly random projections", 2003.
    """
    cells: list[int] = []
    ends = [0]
    known: dict[str, list[int]] = {}
    for prompt in prompts:
        text = (prompt or "")[:_LENGTH].lower()
        if text not in known:
            known[text] = [zlib.crc32(word.encode()) % _BUCKETS for word in set(_WORD.findall(text))]
        cells += known[text]
        ends.append(len(cells))
    count = len(ends) - 1
    words = csr_matrix((np.ones(len(cells), np.float32), np.array(cells, np.int32), np.array(ends)), (count, _BUCKETS))
    rarity = np.log((1 + count) / (1 + np.bincount(cells, minlength=_BUCKETS))).astype(np.float32)
    signs = np.random.default_rng(seed).choice(np.array([-1.0, 1.0], np.float32), (_BUCKETS, DIMENSIONS))
    vectors = np.asarray(words @ (signs * rarity[:, None]), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
    return vectors
