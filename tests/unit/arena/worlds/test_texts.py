# SPDX-License-Identifier: Apache-2.0
from stillwatch.arena.worlds.texts import Texts


def test_numbers_are_positions_whatever_was_closed_in_between() -> None:
    pool = Texts()
    first = pool.add(["a", "b"])
    pool.column()
    second = pool.add(["c"])
    assert [*first, *second] == [0, 1, 2]
    assert pool.column().to_pylist() == ["a", "b", "c"]
    assert len(pool) == 3


def test_an_interned_text_is_held_once() -> None:
    pool = Texts()
    assert pool.intern("system") == pool.intern("system")
    assert pool.intern("other") != pool.intern("system")
    assert pool.column().to_pylist() == ["system", "other"]
