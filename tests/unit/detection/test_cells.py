# SPDX-License-Identifier: Apache-2.0
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.detection.cells import NONE, Cells
from stillwatch.detection.content import DIMENSIONS

SYSTEMS = st.sampled_from([0, 0, 11, 22])
WINDOWS = st.lists(st.lists(st.tuples(st.integers(0, 3), SYSTEMS), min_size=1, max_size=6), max_size=8)


def _played(windows: list[list[tuple[int, int]]]) -> tuple[Cells, dict[int, list[int]]]:
    """Play windows of (account, system) into cells as the census does; every exchange's vector is all ones."""
    cells, counts = Cells(), np.zeros(4)
    all_of: dict[int, list[int]] = {account: [] for account in range(4)}
    for window in windows:
        rows = np.array([account for account, _ in window])
        systems = np.array([system for _, system in window])
        inside, made, is_whole = cells.choose(rows, systems, counts)
        cells.count[cells.of(made[is_whole])] = counts[made[is_whole]]
        cells.add(rows[inside], np.zeros(int(inside.sum())), np.ones((int(inside.sum()), DIMENSIONS), np.float32))
        for account, system in window:
            all_of[account].append(system)
            counts[account] += 1
    return cells, all_of


@given(WINDOWS)
def test_a_cell_holds_what_came_under_the_first_shared_system_prompt_if_anything_else_came_too(
    windows: list[list[tuple[int, int]]],
) -> None:
    cells, all_of = _played(windows)
    for account, systems in all_of.items():
        cell = int(cells.of(np.array([account]))[0])
        chosen = next((system for system in systems if system), 0)
        assert int(cells.systems(np.array([account]))[0]) == chosen
        inside = [system for system in systems if system and system == chosen]
        assert (cell != NONE) == (0 < len(inside) < len(systems))
        if cell != NONE:
            assert cells.count[cell] == len(inside)


def test_who_has_one_stream_holds_no_cell() -> None:
    cells, _ = _played([[(0, 0), (1, 11)], [(0, 0), (1, 11)]])
    assert len(cells) == 0


def test_instants_and_lengths_are_those_of_the_cell_alone() -> None:
    cells = Cells()
    rows, systems, at_s = np.zeros(3, np.int64), np.array([0, 11, 11]), np.array([1.0, 5.0, 9.0])
    inside, made, is_whole = cells.choose(rows, systems, np.zeros(1))
    vectors = np.full((3, DIMENSIONS), 2.0, np.float32)
    cells.add(rows[inside], at_s[inside], vectors[inside])
    assert (made.tolist(), is_whole.tolist()) == ([0], [False])
    assert (cells.first[0], cells.last[0], cells.count[0]) == (5.0, 9.0, 2.0)
    assert cells.square[0] == 2 * 4.0 * DIMENSIONS
    assert (cells.content[0] == 4.0).all()


def test_an_old_cell_begins_anew() -> None:
    cells, _ = _played([[(0, 0), (0, 11)]])
    cells.begin_anew(np.array([0, 3]))
    assert cells.count[0] == 0
    assert np.isinf(cells.first[0])
    assert not cells.content[0].any()
