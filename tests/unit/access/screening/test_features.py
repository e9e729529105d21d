# SPDX-License-Identifier: Apache-2.0
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.access.screening.entry import Kind
from stillwatch.access.screening.features import COUNT, NAMES, Rarity, aligned_words, compare
from stillwatch.access.screening.normalise import normal

RARITY = Rarity({"technology": 0.1, "trading": 0.1}, {})


def features(query: str, listed: str, kind: Kind = Kind.ORGANISATION) -> dict[str, float]:
    values = compare(normal(query, kind), normal(listed, kind), kind=kind, rarity=RARITY)
    return dict(zip(NAMES, values, strict=True))


def test_the_same_name_has_all_in_common_and_nothing_alone() -> None:
    same = features("Quorvex Technology Ltd", "Quorvex Technology Ltd")
    for name in ("ratio", "cover_query", "cover_listed", "exact_listed", "worst_aligned", "grams_query"):
        assert same[name] == pytest.approx(1.0)
    assert same["alone_query"] == same["alone_listed"] == same["worst_distance"] == 0


def test_common_words_weigh_little() -> None:
    brand, trade = (
        features("Quorvex Trading", "Quorvex Technology"),
        features("Quorvex Technology", "Bremond Technology"),
    )
    assert brand["cover_listed"] > 0.8
    assert trade["cover_listed"] < 0.2


def test_words_written_together_are_taken_apart_and_the_reverse() -> None:
    assert aligned_words(
        normal("Vander Bilt Works", Kind.ORGANISATION), normal("Vanderbilt Works", Kind.ORGANISATION)
    ) == [
        ("vanderbilt", "vanderbilt"),
        ("works", "works"),
    ]
    assert features("vanderbilt", "van der bilt", Kind.PERSON)["exact_listed"] > 0.5


def test_initials_numbers_and_acronyms_are_seen() -> None:
    assert features("A. Example", "Anna Example", Kind.PERSON)["initials"] == 1
    assert features("Institute 606", "Institute 607")["numbers"] == -1
    assert features("QVXI", "Quorvex Velmar Xenon Institute")["acronym"] == 1


def test_a_subsidiarys_place_is_no_word_of_its_own() -> None:
    found = features("Quorvex Germany", "Quorvex")
    assert (found["alone_query"], found["told_alone_query"]) == (1, 0)


def test_an_empty_name_is_like_nothing() -> None:
    assert features("...", "Quorvex") == dict.fromkeys(NAMES, 0.0)


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from((Kind.PERSON, Kind.ORGANISATION)))
def test_whatever_the_names_every_feature_is_a_number(one: str, other: str, kind: Kind) -> None:
    values = compare(normal(one, kind), normal(other, kind), kind=kind, rarity=RARITY)
    assert len(values) == COUNT
    assert all(math.isfinite(value) for value in values)
