# SPDX-License-Identifier: Apache-2.0
from stillwatch.arena.prompts.topics import topics

BREAD = [f"how long do I proof a rye loaf {n}, is the crust done" for n in range(20)]
SAIL = [f"when should we reef the jib in wind force {n} at anchor" for n in range(20)]


def test_texts_about_the_same_thing_come_together() -> None:
    groups = topics(BREAD + SAIL, count=2, seed=1)
    assert sorted(map(sorted, groups)) == [list(range(20)), list(range(20, 40))]


def test_every_text_is_in_exactly_one_group() -> None:
    groups = topics(BREAD + SAIL, count=7, seed=3)
    assert sorted(index for group in groups for index in group) == list(range(40))


def test_fewer_texts_than_groups_do_no_harm() -> None:
    assert sorted(topics(["one", "two"], count=16, seed=1)) in ([[0], [1]], [[0, 1]])


def test_texts_without_words_are_grouped_too() -> None:
    assert sum(map(len, topics(["!!!", "???", "..."], count=2, seed=1))) == 3
