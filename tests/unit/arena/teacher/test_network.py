# SPDX-License-Identifier: Apache-2.0
import numpy as np

from stillwatch.arena.teacher.network import Batch, fresh_weights, loss_and_gradients, surprise

BATCH = Batch(
    contexts=np.array([[0, 1, 2], [1, 2, 3], [2, 3, 3], [5, 5, 1]]),
    targets=np.array([3, 4, 0, 6]),
    questions=np.array([1, 2, 2, 6]),
    question_shares=np.array([0.5, 0.5, 0.7, 1.0], np.float32),
    question_starts=np.array([0, 3]),
    question_of=np.array([0, 0, 0, 1]),
)


def test_gradient_agrees_with_small_differences() -> None:
    weights = fresh_weights(tokens=7, context=3, embedding=5, hidden=6, seed=2)
    for array in weights.arrays():
        array[...] *= 3.0  # Away from the nearly flat start.
    _, gradient = loss_and_gradients(weights, BATCH)
    chance = np.random.default_rng(1)
    for array, slope in zip(weights.arrays(), gradient.arrays(), strict=True):
        for _ in range(8):
            place = tuple(chance.integers(0, size) for size in array.shape)
            kept = array[place]
            array[place] = kept + 1e-2
            above = loss_and_gradients(weights, BATCH)[0]
            array[place] = kept - 1e-2
            below = loss_and_gradients(weights, BATCH)[0]
            array[place] = kept
            # Central differences of step 0.01 in 32-bit arithmetic are exact to about 1e-3 here.
            assert abs((above - below) / 2e-2 - slope[place]) < 2e-3


def test_untrained_network_is_nearly_uniform() -> None:
    weights = fresh_weights(tokens=7, context=3, embedding=5, hidden=6, seed=2)
    assert np.allclose(surprise(weights, BATCH), np.log(7), atol=0.5)


def test_loss_is_the_mean_surprise() -> None:
    weights = fresh_weights(tokens=7, context=3, embedding=5, hidden=6, seed=2)
    assert np.isclose(loss_and_gradients(weights, BATCH)[0], surprise(weights, BATCH).mean(), atol=1e-6)


def test_context_is_read_from_the_weights() -> None:
    assert fresh_weights(tokens=7, context=3, embedding=5, hidden=6, seed=2).context == 3
