# SPDX-License-Identifier: Apache-2.0
from zlib import crc32

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.detection.crc import LONGEST, PADDING, crc32_many

SIZES = st.integers(0, 20) | st.sampled_from([LONGEST - 1, LONGEST, LONGEST + 1, 3 * LONGEST])


@given(st.binary(min_size=1, max_size=600), st.lists(st.tuples(st.integers(0, 600), SIZES), max_size=30))
def test_each_piece_has_the_crc_that_zlib_gives(text: bytes, pieces: list[tuple[int, int]]) -> None:
    data = PADDING + text
    starts = np.array([min(len(PADDING) + at, len(data)) for at, _ in pieces], np.int64)
    ends = np.minimum(starts + np.array([size for _, size in pieces], np.int64), len(data))
    expected = [crc32(data[start:end]) for start, end in zip(starts, ends, strict=True)]
    assert crc32_many(data, starts, ends).tolist() == expected


def test_a_piece_of_a_megabyte_is_a_piece() -> None:
    data = PADDING + b"word " + b"x" * 1_000_000
    found = crc32_many(data, np.array([8, 13]), np.array([12, len(data)]))
    assert found.tolist() == [crc32(b"word"), crc32(b"x" * 1_000_000)]
