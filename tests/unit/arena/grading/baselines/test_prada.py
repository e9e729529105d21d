# SPDX-License-Identifier: Apache-2.0
import numpy as np

from fakes.traffic_columns import traffic
from stillwatch.arena.grading.baselines.prada import Prada


def test_a_grid_of_prompts_is_odder_than_random_ones() -> None:
    chance = np.random.default_rng(1)
    random = chance.normal(size=(100, 16))
    grid = np.repeat(chance.normal(size=(2, 16)), 50, axis=0) + np.where(np.arange(100) % 10 == 0, 1.0, 0.01)[
        :, None
    ] * chance.normal(size=(100, 16))
    content = np.concatenate([random, grid, random[:5]]).astype(np.float32)
    content /= np.linalg.norm(content, axis=1, keepdims=True)
    scores = Prada().scores(traffic(accounts=3, account=[0] * 100 + [1] * 100 + [2] * 5, content=content))
    assert scores[0] < 0.1 < scores[1]
    assert scores[2] == -np.inf


def test_repeating_one_prompt_is_as_odd_as_can_be() -> None:
    content = np.tile(np.eye(1, 16, dtype=np.float32), (30, 1))
    assert Prada().scores(traffic(accounts=1, account=[0] * 30, content=content)).tolist() == [1.0]
