# SPDX-License-Identifier: Apache-2.0
import numpy as np

from fakes.traffic_columns import traffic
from stillwatch.arena.grading.baselines.mmd_windows import MmdWindows


def test_an_account_of_one_topic_stands_out_and_one_of_few_prompts_cannot_be_judged() -> None:
    chance = np.random.default_rng(1)
    content = chance.normal(size=(600, 16)).astype(np.float32)
    content[:60] = content[0] + 0.05 * content[:60]
    content /= np.linalg.norm(content, axis=1, keepdims=True)
    account = [0] * 60 + [1 + n % 6 for n in range(530)] + [7] * 10
    scores = MmdWindows().scores(traffic(accounts=8, account=account, content=content))
    assert scores[0] > 5
    assert (scores[1:7] < 3).all()
    assert scores[7] == -np.inf
