# SPDX-License-Identifier: Apache-2.0
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.access.policy.cache import Bounded


@given(st.lists(st.tuples(st.integers(0, 9), st.integers())), st.integers(1, 5))
def test_it_is_never_larger_than_it_may_be_and_never_gives_what_was_not_put_last(
    puts: list[tuple[int, int]], most: int
) -> None:
    held: Bounded[int, int] = Bounded(most)
    last: dict[int, int] = {}
    for key, value in puts:
        held.put(key, value)
        last[key] = value
        assert len(held) <= most
        assert held.get(key) == value
        assert all(held.get(one) in {None, last[one]} for one in last)


def test_the_first_put_is_the_first_forgotten() -> None:
    held: Bounded[str, int] = Bounded(2)
    held.put("a", 1)
    held.put("b", 2)
    held.put("a", 3)
    held.put("c", 4)
    assert (held.get("a"), held.get("b"), held.get("c")) == (None, 2, 4)
