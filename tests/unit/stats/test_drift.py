# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from stillwatch.stats.drift import jensen_shannon, kolmogorov_smirnov

some_counts = st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), min_size=2, max_size=20).filter(
    lambda counts: all(sum(side) for side in zip(*counts, strict=True))
)


@given(some_counts)
def test_the_divergence_agrees_with_scipy_and_is_symmetric(counts: list[tuple[int, int]]) -> None:
    one, other = zip(*counts, strict=True)
    found = jensen_shannon(one, other)
    assert found == pytest.approx(jensenshannon(one, other, base=2) ** 2, abs=1e-9)
    assert found == pytest.approx(jensen_shannon(other, one))
    assert 0.0 <= found <= 1.0


def test_nothing_differs_from_nothing() -> None:
    assert jensen_shannon([0, 0], [1, 2]) == 0.0
    assert kolmogorov_smirnov([0, 0], [1, 2], sizes=(0, 3)) == (0.0, 1.0)


def test_the_test_keeps_its_level_on_samples_of_one_source() -> None:
    draw = np.random.default_rng(1)
    cells = np.full(30, 1 / 30)
    runs = 2_000
    alarms = 0
    for _ in range(runs):
        one, other = draw.multinomial(80, cells), draw.multinomial(150, cells)
        alarms += kolmogorov_smirnov(one, other, sizes=(80, 150))[1] <= 0.05
    assert alarms / runs <= 0.05 + 4 * (0.05 * 0.95 / runs) ** 0.5
    assert alarms / runs >= 0.02, "it would hardly ever alarm, which is no test"


def test_dependent_observations_count_as_fewer() -> None:
    one, other = [60, 40], [40, 60]
    assert kolmogorov_smirnov(one, other, sizes=(100, 100))[1] < 0.05
    assert kolmogorov_smirnov(one, other, sizes=(10, 10))[1] > 0.5


def test_bins_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="same bins"):
        jensen_shannon([1], [1, 2])
    with pytest.raises(ValueError, match="negative"):
        kolmogorov_smirnov([1, -1], [1, 2], sizes=(1, 3))
