# SPDX-License-Identifier: Apache-2.0
import pytest

from fakes.worlds import composed, small_world
from stillwatch.arena.worlds.catalog import KINDS
from stillwatch.arena.worlds.description import Crowd, World
from stillwatch.errors import BadInput


def test_the_same_seed_gives_the_same_log_and_another_another() -> None:
    one, same, other = (composed(small_world(), seed=seed) for seed in (1, 1, 2))
    assert one.rows.at_us.tolist() == same.rows.at_us.tolist()
    assert one.texts.equals(same.texts)
    assert one.callers == same.callers
    assert one.rows.at_us.tolist() != other.rows.at_us.tolist()


def test_a_kind_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(BadInput, match=r"'martian'.*back end"):
        composed(World(name="x", crowds=(Crowd(kind="martian", accounts=1),)))


def test_an_empty_world_is_refused() -> None:
    with pytest.raises(BadInput, match="Nobody says anything"):
        composed(World(name="x", crowds=()))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_makes_as_many_accounts_as_asked_and_each_says_something(kind: str) -> None:
    log = composed(World(name="x", crowds=(Crowd(kind=kind, accounts=50),)))
    assert len(log.callers) == 50
    assert not log.rows.harvest.any()
    assert {one.kind for one in log.callers} == {kind}
    assert len(set(log.rows.account.tolist())) >= 48
