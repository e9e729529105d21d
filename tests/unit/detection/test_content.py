# SPDX-License-Identifier: Apache-2.0
import numpy as np
import numpy.typing as npt
import pytest

from stillwatch.detection import content
from stillwatch.detection.content import DIMENSIONS, ContentSpace, Prompts
from stillwatch.detection.sketch import decode, sketch
from stillwatch.records.exchange import Exchange


def _features(text: str) -> npt.NDArray[np.uint16]:
    seen = decode(sketch(Exchange(exchange_id="", ts_us=0, org_id="o", account_id="a", model="m", prompt=text)))
    return seen.features


def _prompts(*texts: str) -> Prompts:
    features = [_features(text) for text in texts]
    sizes = np.array([len(one) for one in features], np.int64)
    return Prompts(np.concatenate([*features, np.zeros(0, np.uint16)]), sizes)


def test_alike_prompts_lie_closer_than_unlike_ones() -> None:
    space = ContentSpace()
    texts = ["solve the equation for x", "solve this equation for y", "a recipe for lentil soup"]
    space.learn(_prompts(*texts, *("some other matter" for _ in range(30))), np.ones(33))
    one, alike, unlike = space.embed(_prompts(*texts))
    assert one @ alike > one @ unlike + 0.1
    assert np.linalg.norm(one) == pytest.approx(1.0, abs=0.25)


def test_a_prompt_without_features_is_the_origin() -> None:
    vectors = ContentSpace().embed(_prompts("", "hello there"))
    assert vectors.shape == (2, DIMENSIONS)
    assert not vectors[0].any()


def test_one_seed_is_one_space() -> None:
    spaces = [ContentSpace(seed=seed) for seed in (1, 1, 2)]
    for space in spaces:
        space.learn(_prompts("some other words"), np.ones(1))
    first, same, other = (space.embed(_prompts("the same words again")) for space in spaces)
    assert np.array_equal(first, same)
    assert not np.allclose(first, other)


def test_what_everyone_says_weighs_nothing() -> None:
    space = ContentSpace()
    space.learn(_prompts(*["please"] * 50), np.ones(50))
    assert np.abs(space.embed(_prompts("please"))).max() < 1e-3


def test_prompts_are_cut_where_they_end() -> None:
    whole = _prompts("one thing", "", "and quite another thing", "the last")
    part = whole.block(1, 3)
    assert len(part) == 2
    assert part.sizes.tolist() == whole.sizes[1:3].tolist()
    assert part.features.tolist() == _features("and quite another thing").tolist()


def test_many_prompts_at_once_are_embedded_as_each_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"question {number} of {number % 7} many" for number in range(50)]
    space = ContentSpace()
    space.learn(_prompts(*texts), np.ones(50))
    alone = np.concatenate([space.embed(_prompts(text)) for text in texts])
    assert np.allclose(space.embed(_prompts(*texts)), alone, atol=1e-6)
    monkeypatch.setattr(content, "BLOCK", 7)
    assert np.allclose(space.embed(_prompts(*texts)), alone, atol=1e-6)


def test_the_centre_is_the_mean_of_what_was_learnt_by_its_weight() -> None:
    space = ContentSpace()
    space.learn(_prompts("one thing", "and quite another"), np.array([3.0, 1.0]))
    one, other = space.embed(_prompts("one thing", "and quite another"))
    assert np.allclose(space.centre(), 0.75 * one + 0.25 * other, atol=1e-6)
    assert not ContentSpace().centre().any()


def test_chance_likeness_is_that_of_random_directions_before_anything_is_known() -> None:
    assert ContentSpace().chance_likeness() == pytest.approx(DIMENSIONS**-0.5)


def test_chance_likeness_is_measured_on_the_latest_prompts() -> None:
    draw = np.random.default_rng(3)
    space = ContentSpace()
    space.remember(np.ones((600, DIMENSIONS), np.float32))
    vectors = draw.normal(size=(content.RECENT, DIMENSIONS)) / DIMENSIONS**0.5
    space.remember(vectors.astype(np.float32))
    assert space.chance_likeness() == pytest.approx(DIMENSIONS**-0.5, rel=0.1)
