# SPDX-License-Identifier: Apache-2.0
import numpy as np
import numpy.typing as npt
import pytest

from stillwatch.detection.content import DIMENSIONS, ContentSpace
from stillwatch.detection.sketch import decode, sketch
from stillwatch.records.exchange import Exchange


def _features(text: str) -> npt.NDArray[np.uint16]:
    seen = decode(sketch(Exchange(exchange_id="", ts_us=0, org_id="o", account_id="a", model="m", prompt=text)))
    return seen.features


def test_alike_prompts_lie_closer_than_unlike_ones() -> None:
    space = ContentSpace()
    texts = ["solve the equation for x", "solve this equation for y", "a recipe for lentil soup"]
    space.learn([_features(text) for text in [*texts, *("some other matter" for _ in range(30))]], np.ones(33))
    one, alike, unlike = space.embed([_features(text) for text in texts])
    assert one @ alike > one @ unlike + 0.1
    assert np.linalg.norm(one) == pytest.approx(1.0, abs=0.25)


def test_a_prompt_without_features_is_the_origin() -> None:
    vectors = ContentSpace().embed([np.zeros(0, np.uint16), _features("hello there")])
    assert vectors.shape == (2, DIMENSIONS)
    assert not vectors[0].any()


def test_one_seed_is_one_space() -> None:
    features = [_features("the same words again")]
    spaces = [ContentSpace(seed=seed) for seed in (1, 1, 2)]
    for space in spaces:
        space.learn([_features("some other words")], np.ones(1))
    first, same, other = (space.embed(features) for space in spaces)
    assert np.array_equal(first, same)
    assert not np.allclose(first, other)


def test_what_everyone_says_weighs_nothing() -> None:
    space = ContentSpace()
    said = _features("please")
    space.learn([said] * 50, np.ones(50))
    assert np.abs(space.embed([said])).max() < 1e-3


def test_chance_likeness_is_that_of_random_directions_before_anything_is_known() -> None:
    assert ContentSpace().chance_likeness() == pytest.approx(DIMENSIONS**-0.5)
