# SPDX-License-Identifier: Apache-2.0
from itertools import pairwise

import numpy as np
import pytest

from fakes.worlds import FIRST_US, draft
from stillwatch.arena.language.dice import Dice
from stillwatch.arena.schedule import DAY_US, HOUR_US
from stillwatch.arena.worlds.description import Operator
from stillwatch.arena.worlds.fronts import Fronts
from stillwatch.arena.worlds.harvest import corpus
from stillwatch.arena.worlds.heads import Head, planned_heads


def heads(operator: Operator) -> list[Head]:
    made = draft()
    texts = corpus(operator.field, made.library, operator.exchanges, Dice(1))
    return planned_heads(made, operator, Fronts(made, operator, Dice(2)), texts)


@pytest.mark.parametrize("shards", [1, 7])
def test_every_text_is_asked_for_once(shards: int) -> None:
    found = heads(Operator(name="x", accounts=20, exchanges=500, shards=shards))
    assert sorted(np.concatenate([head.items for head in found])) == list(range(500))


def test_shards_keep_topics_apart() -> None:
    operator = Operator(name="x", accounts=20, exchanges=600, shards=4, field="problems")
    texts = [text.prompt for text in corpus("problems", draft().library, 600, Dice(1))]
    is_race = np.array(["In a race" in text for text in texts])
    holders = [is_race[head.items].mean() for head in heads(operator)]
    assert max(holders) > 0.3
    assert np.mean(np.array(holders) == 0) >= 0.5


def test_all_is_sent_within_the_accounts_term() -> None:
    for pacing in ("even", "poisson", "day"):
        for head in heads(Operator(name="x", pacing=pacing)):
            assert head.begin_us - 1 <= head.at_us[0]
            assert head.at_us[-1] <= head.end_us


def test_quotas_are_equal_or_heavy_tailed_as_asked() -> None:
    even = [len(head.at_us) for head in heads(Operator(name="x", quota_skew=0.0, stagger=0.0, exchanges=4_000))]
    tail = [len(h.at_us) for h in heads(Operator(name="x", quota_tail="pareto", quota_skew=1.0, exchanges=4_000))]
    assert max(even) < 1.5 * np.median(even)
    assert max(tail) > 4 * np.median(tail)


def test_churn_hands_over_without_a_gap() -> None:
    found = heads(Operator(name="x", accounts=1, exchanges=400, replacement="churn", life_days=1.0, stagger=0.0))
    assert len(found) >= 6
    assert all(one.end_us == other.begin_us for one, other in pairwise(found))
    assert found[-1].end_us == FIRST_US + 11 * DAY_US


def test_a_working_day_leaves_the_night_alone() -> None:
    found = heads(Operator(name="x", pacing="day", exchanges=3_000))
    hours = np.concatenate([head.at_us for head in found]) % DAY_US // HOUR_US
    counts = np.sort(np.bincount(hours, minlength=24))
    assert counts[:6].sum() < 0.05 * counts.sum()
