# SPDX-License-Identifier: Apache-2.0
"""Finds, among all names of all lists, the few that are worth a closer look.

Each name is the set of its groups of three letters and of its words' consonants, those rare on the lists weighing
more (TF-IDF); names that share
weight come up. Symbols: N names, G groups, Q queries, K candidates.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from stillwatch.access.screening.normalise import Normal

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

BATCH = 512
"""Queries whose scores are made at once: with fifty thousand names, some tens of megabytes."""


class Found(NamedTuple):
    """Candidates of one query, best first."""

    at: Ints
    """(K,) positions of names."""
    cosine: Floats
    """(K,) in [0, 1]."""


class Blocks:
    """An index over names, made once and never changed.

    Args:
        names: N of them.
    Cost: some 15 µs a name.
    """

    def __init__(self, names: Sequence[Normal]) -> None:
        self._vocabulary: dict[str, int] = {}
        rows, columns = [], []
        for row, name in enumerate(names):
            for gram in sorted(name.grams):
                rows.append(row)
                columns.append(self._vocabulary.setdefault(gram, len(self._vocabulary)))
        size = (len(names), max(1, len(self._vocabulary)))
        counts = np.bincount(np.asarray(columns, np.int64), minlength=size[1])
        self._weights = (np.log((1 + len(names)) / (1 + counts)) + 1.0).astype(np.float32)
        held = sparse.csr_matrix((self._weights[columns], (rows, columns)), shape=size, dtype=np.float32)
        lengths = np.sqrt(np.asarray(held.multiply(held).sum(axis=1)).ravel())
        self._by_gram = sparse.csr_matrix((sparse.diags(1.0 / np.maximum(lengths, 1e-9)) @ held).T, dtype=np.float32)
        self._unknown = np.float32(np.log(1 + len(names)) + 1.0)

    def __len__(self) -> int:
        return int(self._by_gram.shape[1])

    def find(self, queries: Sequence[Normal], *, most: int, least: float) -> list[Found]:
        """Give each query's candidates.

        Args:
            queries: Q of them.
            most: Candidates of one query.
            least: Cosine below which a name is no candidate.
        """
        found: list[Found] = []
        for start in range(0, len(queries), BATCH):
            found += self._find(queries[start : start + BATCH], most, least)
        return found

    def _find(self, queries: Sequence[Normal], most: int, least: float) -> list[Found]:
        asked = self._asked(queries)
        if len(queries) == 1:
            # One query: adding up a few rows of postings is faster than a product of matrices.
            scores = np.zeros(len(self), np.float32)
            for gram, weight in zip(asked.indices, asked.data, strict=True):
                start, end = self._by_gram.indptr[gram], self._by_gram.indptr[gram + 1]
                scores[self._by_gram.indices[start:end]] += weight * self._by_gram.data[start:end]
            at = np.flatnonzero(scores >= least)
            return [_best(at, scores[at], most)]
        product = (asked @ self._by_gram).tocsr()
        found = []
        for row in range(len(queries)):
            start, end = product.indptr[row], product.indptr[row + 1]
            at, scores = product.indices[start:end], product.data[start:end]
            is_kept = scores >= least
            found.append(_best(at[is_kept].astype(np.int64), scores[is_kept], most))
        return found

    def _asked(self, queries: Sequence[Normal]) -> sparse.csr_matrix:
        """(Q, G), each row of length one; groups that no list has count towards the length and match nothing."""
        rows, columns, values = [], [], []
        for row, name in enumerate(queries):
            grams = sorted(name.grams)
            known = [column for gram in grams if (column := self._vocabulary.get(gram)) is not None]
            weights = self._weights[known]
            length = np.sqrt(float((weights**2).sum()) + (len(grams) - len(known)) * float(self._unknown) ** 2)
            rows += [row] * len(known)
            columns += known
            values.append(weights / np.float32(max(length, 1e-9)))
        data = np.concatenate(values) if values else np.zeros(0, np.float32)
        shape = (len(queries), self._by_gram.shape[0])
        return sparse.csr_matrix((data, (rows, columns)), shape=shape, dtype=np.float32)


def _best(at: Ints, scores: Floats, most: int) -> Found:
    if len(at) > most:
        kept = np.argpartition(-scores, most)[:most]
        at, scores = at[kept], scores[kept]
    order = np.lexsort((at, -scores))
    return Found(at[order], scores[order])
