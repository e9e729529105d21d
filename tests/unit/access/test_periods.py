# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.access.periods import (
    ALWAYS,
    Period,
    earliest,
    in_force,
    next_change,
    parse_instant,
    parse_periods,
    shown_instant,
    shown_periods,
    written_periods,
)
from stillwatch.errors import BadInput

AFFILIATES = parse_periods("2025-09-29/2025-11-10, 2026-11-10/")


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        ("2025-09-28", False),
        ("2025-09-29", True),
        ("2025-11-09", True),
        ("2025-11-10", False),
        ("2026-11-09", False),
        ("2026-11-10", True),
        ("2040-01-01", True),
    ],
)
def test_a_rule_is_in_force_suspended_and_in_force_again(day: str, *, holds: bool) -> None:
    assert in_force(AFFILIATES, parse_instant(day)) is holds


def test_the_last_microsecond_of_a_suspension_is_still_suspended() -> None:
    assert not in_force(AFFILIATES, parse_instant("2026-11-10") - 1)


def test_the_next_change_is_the_next_edge_and_then_none() -> None:
    assert next_change(AFFILIATES, parse_instant("2025-09-29")) == parse_instant("2025-11-10")
    assert next_change(AFFILIATES, parse_instant("2026-01-01")) == parse_instant("2026-11-10")
    assert next_change(AFFILIATES, parse_instant("2026-11-10")) is None
    assert next_change(ALWAYS, 0) is None


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=6, unique=True), st.integers(-1100, 1100))
def test_nothing_changes_before_the_next_change(edges: list[int], now: int) -> None:
    edges.sort()
    if len(edges) % 2:
        edges.append(2000)
    periods = [Period(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True)]
    assert parse_periods(written_periods(periods)) == tuple(periods)
    until = next_change(periods, now) or now + 50
    assert {in_force(periods, instant) for instant in range(now, until)} == {in_force(periods, now)}


@pytest.mark.parametrize(
    "text",
    [
        "", "2026-11-10", "soon/", "2026-11-10/2026-11-10", "2026-11-10/2025-11-10", "2025-01-01/,2026-01-01/", "/,/",
        "2026-01-01T00:30/",
    ],
)  # fmt: skip
def test_what_is_no_list_of_periods_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(BadInput, match=r"Write periods"):
        parse_periods(text)


def test_an_instant_needs_an_offset_and_a_day_does_not() -> None:
    assert parse_instant("2026-11-10T01:00:00+01:00") == parse_instant("2026-11-10")
    with pytest.raises(BadInput, match="offset"):
        parse_instant("2026-11-10T01:00:00")


def test_periods_and_instants_are_shown_as_people_write_them() -> None:
    assert shown_periods(AFFILIATES) == "from 2025-09-29 until 2025-11-10 and from 2026-11-10"
    assert shown_periods(ALWAYS) == "always"
    assert shown_instant(parse_instant("2026-11-10T05:00:00+00:00")) == "2026-11-10 05:00:00 UTC"


def test_the_earliest_of_nothing_is_never() -> None:
    assert earliest(None, None) is None
