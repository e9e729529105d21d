# SPDX-License-Identifier: Apache-2.0
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.detection.crc import Hashes
from stillwatch.detection.sketch import FEATURE_LIMIT
from stillwatch.detection.smallest import smallest


def _alone(hashes: Hashes, pairs: Hashes) -> list[int]:
    """Of the 128 smallest, the 64 smallest distinct, by their low 16 bits."""
    read = np.sort(np.concatenate((hashes, pairs[:-1])))[: 2 * FEATURE_LIMIT]
    kept: list[int] = (np.unique(read)[:FEATURE_LIMIT] & 0xFFFF).tolist()
    return kept


def _hold(rows: list[tuple[Hashes, Hashes]]) -> None:
    ends = np.cumsum([0, *(len(hashes) for hashes, _ in rows)])
    nothing = np.zeros(0, np.uint32)
    features, kept = smallest(
        np.concatenate([nothing, *(hashes for hashes, _ in rows)]),
        np.concatenate([nothing, *(pairs for _, pairs in rows)]),
        ends,
    )
    for at, (hashes, pairs) in enumerate(rows):
        assert features[kept[at] : kept[at + 1]].tolist() == _alone(hashes, pairs)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 3_000) | st.sampled_from([0, 1, 32, 64, 65, 96, 97, 128]), max_size=8), st.integers(0, 99)
)
def test_each_row_keeps_what_it_keeps_alone(sizes: list[int], seed: int) -> None:
    dice = np.random.default_rng(seed)
    few, many = np.uint32(dice.integers(1, 300)), np.uint32(0xFFFFFFFF)
    _hold(
        [
            (
                dice.integers(0, [few, many][size % 2], size, np.uint32, endpoint=True),
                dice.integers(0, many, size, np.uint32, endpoint=True),
            )
            for size in sizes
        ]
    )


def test_rows_of_one_repeated_hash_keep_it_once_be_it_the_smallest_or_the_largest() -> None:
    for value in (0, 1, 0xFFFFFFFE, 0xFFFFFFFF):
        row = np.full(2_000, value, np.uint32)
        _hold([(row, row), (row[:1], row[:1]), (row[:0], row[:0]), (row[:100], row[:100])])


def test_hashes_that_all_lie_low_are_sorted_all_the_same() -> None:
    dice = np.random.default_rng(0)
    row = dice.integers(0, 5_000, 4_000, np.uint32)
    _hold([(row, row[::-1].copy())] * 3)
