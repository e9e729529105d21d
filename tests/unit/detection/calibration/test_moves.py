# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.detection.calibration.crowd import Crowd
from stillwatch.detection.calibration.moves import offsets, room_of

HOUR_US = 3_600_000_000


def _crowd(lives: list[tuple[int, int, int]]) -> Crowd:
    """Accounts by first hour, last hour and block."""
    first, last, block = (np.array(column, np.int64) for column in zip(*lives, strict=True))
    _, block = np.unique(block, return_inverse=True)
    return Crowd(
        names=tuple(f"a{number:03}" for number in range(len(lives))),
        org=np.arange(len(lives)),
        block=block.astype(np.int64),
        first_us=np.minimum(first, last) * HOUR_US,
        last_us=np.maximum(first, last) * HOUR_US,
        organisations=tuple(f"o{number:03}" for number in range(len(lives))),
        org_block=block.astype(np.int64),
        cohorts={},
    )


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(0, 9)), min_size=1, max_size=30),
    st.integers(1, 30),
    st.integers(0, 99),
)
def test_blocks_move_by_whole_windows_and_stay_within_the_log(
    lives: list[tuple[int, int, int]], cadence: int, seed: int
) -> None:
    crowd = _crowd(lives)
    moved = room_of(crowd, cadence_us=cadence * HOUR_US).draw(np.random.default_rng(seed))
    assert not (moved % (cadence * HOUR_US)).any()
    assert (crowd.first_us + moved[crowd.block]).min() >= crowd.first_us.min()
    assert (crowd.last_us + moved[crowd.block]).max() <= crowd.last_us.max()


def test_what_fills_the_log_cannot_be_moved() -> None:
    room = room_of(_crowd([(0, 300, 0), (100, 110, 1), (0, 280, 2)]), cadence_us=HOUR_US)
    assert room.can_move().tolist() == [False, True, False]


def test_every_move_that_there_is_room_for_is_as_likely() -> None:
    room = room_of(_crowd([(0, 8, 0), (2, 4, 1)]), cadence_us=HOUR_US)
    draw = np.random.default_rng(1)
    drawn = np.array([room.draw(draw)[1] for _ in range(7_000)]) // HOUR_US
    assert np.unique(drawn).tolist() == [-2, -1, 0, 1, 2, 3, 4]
    assert np.bincount(drawn + 2) == pytest.approx(1_000, abs=150)


def test_accounts_and_organisations_move_with_their_block() -> None:
    accounts, organisations = offsets(_crowd([(0, 1, 0), (0, 1, 1), (5, 9, 0)]), np.array([10, 20]))
    assert accounts.to_pydict() == {"name": ["a000", "a001", "a002"], "offset_us": [10, 20, 10]}
    assert organisations["offset_us"].to_pylist() == [10, 20, 10]
