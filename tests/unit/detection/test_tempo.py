# SPDX-License-Identifier: Apache-2.0
import numpy as np

from stillwatch.detection.tempo import DAY_S, HOUR_S, RELATIONS, Life, relations


def _life(first_day: float, last_day: float, count: float) -> Life:
    return Life(first=np.array([first_day * DAY_S]), last=np.array([last_day * DAY_S]), count=np.array([count]))


def _between(one: Life, other: Life, *, now_day: float = 14.0) -> set[str]:
    found = relations(one, other, started_s=0.0, now_s=now_day * DAY_S)
    return {name for name in RELATIONS if found[name][0]}


def test_accounts_fed_together_stand_in_every_relation() -> None:
    assert _between(_life(3, 8, 40), _life(3.2, 8.1, 42)) == {"together", "begun", "passing"}


def test_accounts_that_replace_each_other_are_passing() -> None:
    assert _between(_life(3, 6, 20), _life(7, 10, 22)) == {"passing"}


def test_steady_customers_are_no_coincidence() -> None:
    assert _between(_life(0.1, 13.9, 60), _life(0.2, 13.8, 60)) == set()


def test_accounts_of_different_pace_do_not_keep_the_same_time() -> None:
    assert _between(_life(3, 8, 20), _life(3, 8, 200)) == set()


def test_a_batch_run_of_an_hour_is_not_a_life() -> None:
    assert "passing" not in _between(
        Life(first=np.array([3 * DAY_S]), last=np.array([3 * DAY_S + HOUR_S]), count=np.array([300.0])),
        Life(first=np.array([9 * DAY_S]), last=np.array([9 * DAY_S + HOUR_S]), count=np.array([300.0])),
    )


def test_on_the_first_day_nothing_is_together() -> None:
    assert _between(_life(0.05, 0.5, 30), _life(0.1, 0.45, 30), now_day=0.5) == set()


def test_relations_are_symmetric() -> None:
    draw = np.random.default_rng(0)
    first = draw.random(40) * 10 * DAY_S
    life = Life(first=first, last=first + draw.random(40) * 4 * DAY_S, count=draw.integers(5, 60, 40).astype(float))
    found = relations(life.column(), life, started_s=0.0, now_s=14 * DAY_S)
    for name in RELATIONS:
        assert np.array_equal(found[name], found[name].T)


def test_every_account_meets_every_other_of_its_own_group() -> None:
    draw = np.random.default_rng(1)
    first = draw.random((3, 12)) * 10 * DAY_S
    groups = Life(first=first, last=first + draw.random((3, 12)) * 4 * DAY_S, count=np.full((3, 12), 20.0))
    found = relations(groups.column(), groups.row(), started_s=0.0, now_s=14 * DAY_S)
    for name in RELATIONS:
        assert found[name].shape == (3, 12, 12)
    for at in range(3):
        one = Life(first=first[at], last=groups.last[at], count=groups.count[at])
        alone = relations(one.column(), one, started_s=0.0, now_s=14 * DAY_S)
        assert all(np.array_equal(found[name][at], alone[name]) for name in RELATIONS)
    assert any(found[name].any() for name in RELATIONS)
