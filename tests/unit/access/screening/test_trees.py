# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from stillwatch.access.screening.trees import Forest


def test_each_row_goes_its_own_way_down_every_tree() -> None:
    forest = Forest(
        features=np.array([[0, 1, 1], [1, 0, 0]]),
        bounds=np.array([[0.5, 0.5, 0.5], [0.5, np.inf, np.inf]]),
        leaves=np.array([[1.0, 2.0, 3.0, 4.0], [10.0, 0.0, 20.0, 0.0]]),
        bias=100.0,
    )
    rows = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    assert list(forest.logits(rows)) == pytest.approx([111.0, 122.0, 113.0, 124.0])
    assert forest.logits(np.zeros((0, 2))).shape == (0,)
