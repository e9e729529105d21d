# SPDX-License-Identifier: Apache-2.0
"""The smallest distinct hashes of many rows at once: ``sketch``'s sample of features, for all prompts in a few steps.

Rows of like size are sorted together as the lines of a matrix, since sorting many short lines costs a tenth of sorting
one long one. Of a long row only what may be among the smallest is sorted at all.

Symbols: N rows, T numbers in all, F kept in all.
"""

import numpy as np
import numpy.typing as npt

from stillwatch.detection.crc import Hashes, Ints
from stillwatch.detection.sketch import FEATURE_LIMIT

_READ = 2 * FEATURE_LIMIT
"""Of a row's smallest hashes, repetitions counted, this many are looked at: a row of repetitions keeps fewer."""
_SOUGHT = 3 * FEATURE_LIMIT
"""How many hashes of a long row to expect below the bound that is set for it."""
_WIDTHS = np.array([1 << power for power in range(3, 32)])
_NOTHING = np.uint32(0xFFFFFFFF)


def smallest(hashes: Hashes, pairs: Hashes, ends: Ints) -> tuple[npt.NDArray[np.uint16], Ints]:
    """Give each row's smallest distinct hashes, at most ``FEATURE_LIMIT``, in ascending order.

    Args:
        hashes: One a word. Shape (T,).
        pairs: One a word; each row's last is not read. Shape (T,).
        ends: Where each row begins, and the last one's end. Shape (N + 1,).

    Returns:
        The low 16 bits of what is kept, shape (F,); and where each row's begin, and the last one's end, shape (N + 1,).
    """
    sizes = np.diff(ends)
    is_pair = np.ones(len(pairs), np.bool_)
    is_pair[ends[1:][sizes > 0] - 1] = False
    bounds = (float(_SOUGHT) / np.maximum(2 * sizes, _SOUGHT) * float(_NOTHING)).astype(np.uint32)
    while True:
        bound = np.repeat(bounds, sizes)
        keeps_hash, keeps_pair = hashes <= bound, is_pair & (pairs <= bound)
        hash_ends, pair_ends = _kept_ends(keeps_hash, ends), _kept_ends(keeps_pair, ends)
        counts = np.diff(hash_ends) + np.diff(pair_ends)
        is_short = (counts < _READ) & (bounds < _NOTHING)
        if not is_short.any():
            break
        bounds[is_short] = _NOTHING
    return _first_distinct(
        np.compress(keeps_hash, hashes), hash_ends, np.compress(keeps_pair, pairs), pair_ends, counts
    )


def _kept_ends(keeps: npt.NDArray[np.bool_], ends: Ints) -> Ints:
    kept: Ints = np.append(0, np.cumsum(keeps))[ends]
    return kept


def _first_distinct(
    hashes: Hashes, hash_ends: Ints, pairs: Hashes, pair_ends: Ints, counts: Ints
) -> tuple[npt.NDArray[np.uint16], Ints]:
    """Sort the rows by width, and keep of each what it keeps."""
    classes = np.searchsorted(_WIDTHS, counts)
    order = np.argsort(classes, kind="stable")
    widths = _WIDTHS[classes]
    starts = np.empty_like(counts)
    starts[order] = np.cumsum(widths[order]) - widths[order]
    lines = np.full(int(widths.sum()), _NOTHING, np.uint32)
    lines[_places(starts, hash_ends)] = hashes
    lines[_places(starts + np.diff(hash_ends), pair_ends)] = pairs
    kept: list[npt.NDArray[np.uint16]] = []
    kept_counts = np.zeros(len(counts), np.int64)
    at = done = 0
    for one in np.unique(classes).tolist():
        width, rows = int(_WIDTHS[one]), order[done : done + int((classes == one).sum())]
        matrix = lines[at : at + width * len(rows)].reshape(-1, width)
        at, done = at + matrix.size, done + len(rows)
        matrix.sort(axis=1)
        matrix = matrix[:, :_READ]
        is_new = np.arange(matrix.shape[1]) < counts[rows][:, None]
        is_new[:, 1:] &= matrix[:, 1:] != matrix[:, :-1]
        if matrix.shape[1] > FEATURE_LIMIT:
            is_new &= np.cumsum(is_new, axis=1, dtype=np.uint8) <= FEATURE_LIMIT
        kept.append(np.compress(is_new.ravel(), matrix.ravel()).astype(np.uint16))
        kept_counts[rows] = np.count_nonzero(is_new, axis=1)
    ends = np.append(0, np.cumsum(kept_counts))
    in_order = np.append(0, np.cumsum(kept_counts[order]))
    features = np.empty(int(ends[-1]), np.uint16)
    features[_places(ends[:-1][order], in_order)] = np.concatenate(kept) if kept else np.zeros(0, np.uint16)
    return features, ends


def _places(starts: Ints, ends: Ints) -> Ints:
    """Say where each of some rows' numbers goes, when the row is to begin at a place of its own."""
    places: Ints = np.arange(int(ends[-1])) + np.repeat(starts - ends[:-1], np.diff(ends))
    return places
