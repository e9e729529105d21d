# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from stillwatch.stats.dealing import Dealing, dealing, greatest_share_of

PILE = 2_000


def _drawn(draw: np.random.Generator, sizes: list[int], popularity: np.ndarray | None = None) -> Dealing:
    hands = [draw.choice(PILE, size, replace=False, p=popularity) for size in sizes]
    owners = np.repeat(np.arange(len(sizes)), sizes)
    return dealing(np.concatenate(hands), owners, pile=PILE)


def _dealt(draw: np.random.Generator, *, hands: int, items: int, times: int) -> Dealing:
    """Deal so many items, each to so many hands, as evenly as may be."""
    owners = np.concatenate([draw.permutation(items) % hands for _ in range(times)])
    held = np.unique(np.stack((np.tile(draw.permutation(PILE)[:items], times), owners), axis=1), axis=0)
    return dealing(held[:, 0], held[:, 1], pile=PILE)


@pytest.mark.parametrize("skew", [0.0, 0.5, 1.0])
def test_independent_hands_are_a_p_value_whatever_is_popular(skew: float) -> None:
    draw = np.random.default_rng(7)
    popularity = (1.0 + np.arange(PILE)) ** -skew
    sizes = [24] * 12 + [60] * 8
    found = [_drawn(draw, sizes, popularity / popularity.sum()).log10_p for _ in range(400)]
    for alpha in (0.1, 0.01):
        # Three standard errors of the share.
        margin = 3.0 * (alpha * (1.0 - alpha) / len(found)) ** 0.5
        assert np.mean(np.array(found) <= np.log10(alpha)) <= alpha + margin


def test_a_pile_dealt_once_is_told_from_one_drawn_from() -> None:
    found = _dealt(np.random.default_rng(8), hands=20, items=600, times=1)
    assert (found.times, found.repeated, found.covered) == (1, 0, 0.3)
    assert found.expected == pytest.approx(85.5)
    assert found.log10_p < -30.0


@pytest.mark.parametrize("times", [2, 3, 4])
def test_a_pile_dealt_several_times_over_is_told_however_little_of_it_was_dealt(times: int) -> None:
    found = _dealt(np.random.default_rng(9), hands=24, items=200, times=times)
    assert found.times == times
    assert found.log10_p < -6.0


def test_everybody_holding_everything_is_no_dealing() -> None:
    items, hands = np.tile(np.arange(100), 6), np.repeat(np.arange(6), 100)
    assert dealing(items, hands, pile=PILE).log10_p == 0.0


def test_one_hand_or_none_says_nothing() -> None:
    assert dealing(np.arange(5), np.zeros(5, np.int64), pile=PILE).log10_p == 0.0
    assert dealing(np.zeros(0, np.int64), np.zeros(0, np.int64), pile=PILE).covered == 0.0


def test_the_greatest_share_is_that_of_no_popularity_less() -> None:
    draw = np.random.default_rng(10)
    for times in (2, 3, 4):
        bound = greatest_share_of(times, 30)
        for chance in (0.01, 0.05, 0.1, 0.2):
            held_by = draw.binomial(30, chance, 20_000)
            assert (held_by == times).sum() / (held_by > 0).sum() < bound + 0.015


def test_two_runs_of_each_of_several_lists_are_no_plan() -> None:
    draw = np.random.default_rng(11)
    lists = draw.permutation(PILE)[:480].reshape(12, 40)
    items, hands = np.concatenate([lists.ravel(), lists.ravel()]), np.repeat(np.arange(24), 40)
    assert dealing(items, hands, pile=PILE).times == 1


@pytest.mark.parametrize(("hands", "chapters", "size"), [(20, 20, 100), (40, 20, 100), (40, 57, 240)])
def test_hands_that_each_took_a_chapter_by_chance_are_a_p_value_too(hands: int, chapters: int, size: int) -> None:
    draw = np.random.default_rng(12)
    found = []
    for _ in range(300):
        chapter = draw.integers(chapters, size=hands)
        items = [size * one + draw.choice(size, 24, replace=False) for one in chapter]
        found.append(dealing(np.concatenate(items), np.repeat(np.arange(hands), 24), pile=chapters * size).log10_p)
    for alpha in (0.05, 0.01, 0.001):
        margin = 3.0 * (alpha * (1.0 - alpha) / len(found)) ** 0.5
        assert np.mean(np.array(found) <= np.log10(alpha)) <= alpha + margin
