# SPDX-License-Identifier: Apache-2.0
"""What the scorer is learnt by, and what screening is measured with: the same every time, and the two kept apart."""

import os
import random
from pathlib import Path

import numpy as np
import pytest
from dev.screening import innocents, organisations, perturb
from dev.screening.boosting import Plan, grow

from stillwatch.access.screening.entry import Kind
from stillwatch.access.screening.normalise import normal

SHARED = Path(os.environ.get("STILLWATCH_SHARED", "")) / "data" / "screening"


def test_trees_learn_what_no_single_feature_says_and_are_the_same_again() -> None:
    draw = np.random.default_rng(1)
    rows = draw.random((2_000, 3))
    labels = ((rows[:, 0] > 0.5) != (rows[:, 1] > 0.5)).astype(float)
    first, again = (grow(rows, labels, np.ones(len(rows)), Plan(trees=40, depth=3)) for _ in range(2))
    assert ((first.logits(rows) > 0) == (labels > 0)).mean() > 0.97
    assert np.array_equal(first.bounds, again.bounds)
    assert np.array_equal(first.leaves, again.leaves)


def test_weights_count() -> None:
    rows, labels = np.array([[0.0], [0.0]] * 50), np.array([0.0, 1.0] * 50)
    heavy = grow(rows, labels, np.array([1.0, 9.0] * 50), Plan(trees=5, depth=1))
    assert float(heavy.logits(rows)[0]) == pytest.approx(np.log(9), abs=0.01)


@pytest.mark.parametrize("title", organisations.SLICES)
def test_every_way_of_writing_gives_a_name_and_the_same_one_again(title: str) -> None:
    name = "Example Quorvex Dynamics Technology Co., Ltd."
    made = [organisations.SLICES[title](random.Random(5), name) for _ in range(2)]  # noqa: S311 - a seeded draw
    assert made[0] == made[1]
    assert normal(made[0], Kind.ORGANISATION).tokens


def test_names_in_other_scripts_read_back_as_they_were() -> None:
    written = organisations.chinese("Zhejiang Hengtai Technology Co., Ltd.")
    assert written == "浙江恒泰科技有限公司"
    assert normal(str(written), Kind.ORGANISATION).tokens == ("zhe", "jiang", "heng", "tai", "technology")
    assert organisations.chinese("Quorvex Ltd") is None
    russian = organisations.russian("Velmarin Institute OOO")
    assert normal(russian, Kind.ORGANISATION).tokens == ("velmarin", "institute")


def test_the_two_halves_of_composed_names_share_no_word_that_tells() -> None:
    for words in (innocents.CITIES, innocents.STEMS):
        assert not set(innocents.half_of(words, 0)) & set(innocents.half_of(words, 1))
    assert not set(innocents.composed(500, half=0, seed=1)) & set(innocents.composed(500, half=1, seed=1))


def test_a_legal_form_is_taken_off_whatever_its_spelling() -> None:
    for form in ("Co., Ltd.", "Limited", "GmbH", "JSC", "Inc."):
        assert perturb.bare_of(f"Example Quorvex {form}") == "Example Quorvex"


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the real lists are not here")
def test_no_name_is_both_learnt_from_and_measured_on() -> None:
    train, test = organisations.halves()
    folded = [
        {normal(name, Kind.ORGANISATION).ordered for entry in half for name in entry.names} for half in (train, test)
    ]
    assert not folded[0] & folded[1]
    assert len(organisations.wanted(test)) > 500
