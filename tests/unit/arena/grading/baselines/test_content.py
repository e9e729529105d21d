# SPDX-License-Identifier: Apache-2.0
import numpy as np

from stillwatch.arena.grading.baselines.content import content_vectors


def test_texts_about_the_same_are_closer_than_others() -> None:
    loaves = [f"why is my sourdough loaf {n} dense and my oven cold" for n in range(5)]
    sails = [f"when do we reef the jib {n} at anchor in a gale" for n in range(5)]
    vectors = content_vectors([*loaves, *sails])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    likeness = vectors @ vectors.T
    assert likeness[:5, :5].min() > likeness[:5, 5:].max()


def test_nothing_is_the_zero_vector() -> None:
    vectors = content_vectors([None, "", "some words", "other things"])
    assert not vectors[:2].any()
    assert vectors[2:].any()
