# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from stillwatch.access.screening.blocking import Blocks
from stillwatch.access.screening.entry import Kind
from stillwatch.access.screening.normalise import Normal, normal


def folded(*names: str) -> list[Normal]:
    return [normal(name, Kind.ORGANISATION) for name in names]


NAMES = folded("Quorvex Dynamics", "Velmarin Works", "Bremond Steel", "Quorvex Shipping", "Cavitus")


def test_the_nearest_name_comes_first() -> None:
    (found,) = Blocks(NAMES).find(folded("Quorvex Dinamics"), most=5, least=0.1)
    assert list(found.at[:2]) == [0, 3]
    assert found.cosine[0] > found.cosine[1] > 0.1


def test_one_query_and_many_give_the_same() -> None:
    blocks = Blocks(NAMES)
    queries = folded("Quorvex", "Velmar Work", "Nothing Alike Zzz", "Bremond", "Cavitus Quorvex")
    together = blocks.find(queries, most=3, least=0.05)
    for query, many in zip(queries, together, strict=True):
        (alone,) = blocks.find([query], most=3, least=0.05)
        assert list(alone.at) == list(many.at)
        assert alone.cosine == pytest.approx(many.cosine, abs=1e-6)


def test_a_name_finds_itself_wholly_and_strangers_find_nothing() -> None:
    blocks = Blocks(NAMES)
    for number, name in enumerate(NAMES):
        (found,) = blocks.find([name], most=1, least=0.5)
        assert (list(found.at), found.cosine[0]) == ([number], pytest.approx(1.0, abs=1e-5))
    (nothing,) = blocks.find(folded("Zzyzx"), most=5, least=0.1)
    assert len(nothing.at) == 0


def test_most_and_least_are_kept() -> None:
    (found,) = Blocks(folded(*[f"Quorvex {letter}ar" for letter in "BCDFGHJKLM"])).find(
        folded("Quorvex"), most=4, least=0.0
    )
    assert len(found.at) == 4
    assert np.all(np.diff(found.cosine) <= 0)


def test_an_index_of_nothing_finds_nothing() -> None:
    (found,) = Blocks([]).find(folded("Quorvex"), most=5, least=0.1)
    assert len(found.at) == 0
