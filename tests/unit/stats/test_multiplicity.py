# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from stillwatch.stats.multiplicity import benjamini_hochberg, e_benjamini_hochberg

some_p_values = st.lists(st.floats(0, 1), min_size=1, max_size=40)
some_e_values = st.lists(st.floats(-5, 12), min_size=1, max_size=40)


@given(some_p_values)
def test_adjusted_p_values_agree_with_scipy(p_values: list[float]) -> None:
    assert benjamini_hochberg(p_values) == pytest.approx(false_discovery_control(p_values, method="bh"))


@given(some_p_values)
def test_the_order_in_which_p_values_come_plays_no_part(p_values: list[float]) -> None:
    turned = benjamini_hochberg(p_values[::-1])[::-1]
    assert turned == pytest.approx(benjamini_hochberg(p_values))
    assert np.all(turned >= np.array(p_values) - 1e-12)


@given(some_e_values, st.floats(1e-4, 0.5))
def test_what_stands_is_what_the_definition_says(log10_es: list[float], alpha: float) -> None:
    named = e_benjamini_hochberg(log10_es, alpha=alpha)
    ranked = sorted(log10_es, reverse=True)
    size = len(ranked)
    most = max((k for k in range(1, size + 1) if ranked[k - 1] >= np.log10(size / (k * alpha))), default=0)
    assert named.sum() == most
    assert not most or min(np.array(log10_es)[named]) >= ranked[most - 1]


@given(some_e_values, st.floats(0, 5))
def test_more_evidence_never_unnames_anybody(log10_es: list[float], more: float) -> None:
    before = e_benjamini_hochberg(log10_es, alpha=0.05)
    after = e_benjamini_hochberg([log10_es[0] + more, *log10_es[1:]], alpha=0.05)
    assert np.all(after >= before)


def test_one_alone_stands_where_markov_says_so() -> None:
    assert e_benjamini_hochberg([1.31], alpha=0.05).tolist() == [True]
    assert e_benjamini_hochberg([1.30], alpha=0.05).tolist() == [False]
    assert e_benjamini_hochberg([np.inf], alpha=0.05).tolist() == [True]
    assert e_benjamini_hochberg([], alpha=0.05).tolist() == []
    assert benjamini_hochberg([]).tolist() == []


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="p-value"):
        benjamini_hochberg([0.5, 1.5])
    with pytest.raises(ValueError, match="alpha"):
        e_benjamini_hochberg([1.0], alpha=1.0)
    with pytest.raises(ValueError, match="number"):
        e_benjamini_hochberg([np.nan], alpha=0.1)
