# SPDX-License-Identifier: Apache-2.0
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.arena.language.dice import Dice


def test_same_seed_and_name_give_the_same_stream() -> None:
    assert [Dice(3, "a").below(1000) for _ in range(3)] == [Dice(3, "a").below(1000) for _ in range(3)]


def test_names_give_independent_streams() -> None:
    assert Dice(3, "a").token(32) != Dice(3, "b").token(32)


def test_spawned_stream_does_not_depend_on_what_was_drawn_before() -> None:
    fresh, used = Dice(3, "a"), Dice(3, "a")
    used.shuffled(range(100))
    assert fresh.spawn("x").token(32) == used.spawn("x").token(32)


@given(st.integers(), st.integers(-50, 50), st.integers(0, 50))
def test_between_keeps_to_its_bounds(seed: int, low: int, more: int) -> None:
    assert low <= Dice(seed).between(low, low + more) <= low + more


def test_gap_has_the_mean_it_is_asked_for() -> None:
    dice = Dice(1)
    gaps = [dice.gap(60.0) for _ in range(20_000)]
    # The mean of 20,000 exponential gaps has a standard error of 60 / sqrt(20,000) = 0.42; four of them.
    assert abs(sum(gaps) / len(gaps) - 60.0) < 1.7


def test_some_never_repeats_and_never_exceeds_what_there_is() -> None:
    assert sorted(Dice(1).some([1, 2, 3], 9)) == [1, 2, 3]
