# SPDX-License-Identifier: Apache-2.0
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.arena.chart import columns, resampled, sparkline

numbers = st.lists(st.floats(0, 1e6), max_size=400)


@given(numbers, st.integers(1, 60))
def test_resampling_keeps_the_total_and_the_width(values: list[float], width: int) -> None:
    fewer = resampled(values, width)
    assert len(fewer) == min(width, len(values))
    assert abs(sum(fewer) - sum(values)) <= 1e-6 * max(1.0, sum(values))


@given(numbers)
def test_sparkline_has_a_character_for_each_value_and_shows_everything_above_nothing(values: list[float]) -> None:
    line = sparkline(values)
    assert len(line) == len(values)
    assert [cell == " " for cell in line] == [value <= 0 for value in values]


@given(numbers, st.integers(1, 9))
def test_columns_are_as_high_as_asked(values: list[float], height: int) -> None:
    lines = columns(values, height=height, top=100.0)
    assert len(lines) == height
    assert all(len(line) == len(values) for line in lines)


def test_a_value_at_the_top_fills_its_column_and_one_above_is_cut() -> None:
    assert columns([4, 9], height=2, top=4) == ["██", "██"]
