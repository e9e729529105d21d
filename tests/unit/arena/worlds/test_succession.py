# SPDX-License-Identifier: Apache-2.0
import numpy as np

from fakes.worlds import composed, small_world
from stillwatch.arena.schedule import DAY_US, START_US
from stillwatch.arena.worlds.description import Operator

OPERATOR = Operator(name="hydra", accounts=10, exchanges=300, replacement="adaptive", stagger=0.0, reserve=20)
BAN_US = START_US + 6 * DAY_US


def test_a_banned_account_falls_silent_and_its_successor_does_the_rest() -> None:
    before = composed(small_world(OPERATOR))
    first = before.campaigns["hydra"][0]
    after = composed(small_world(OPERATOR), bans={before.callers[first].account_id: BAN_US})
    assert len(after.campaigns["hydra"]) == 11
    assert after.rows.at_us[after.rows.account == first].max() < BAN_US
    heir = after.campaigns["hydra"][-1]
    own = after.rows.at_us[after.rows.account == heir]
    assert own.min() > BAN_US + 0.3 * DAY_US
    assert after.rows.harvest.sum() == before.rows.harvest.sum()


def test_nothing_before_a_ban_depends_on_it() -> None:
    before = composed(small_world(OPERATOR))
    names = [before.callers[number].account_id for number in before.campaigns["hydra"][:4]]
    after = composed(small_world(OPERATOR), bans=dict.fromkeys(names, BAN_US))
    for made in (before, after):
        assert (np.diff(made.rows.at_us) >= 0).all()
    count = int(np.searchsorted(before.rows.at_us, BAN_US))
    assert count == int(np.searchsorted(after.rows.at_us, BAN_US))
    for column in ("account", "at_us", "turn", "harvest"):
        assert (getattr(before.rows, column)[:count] == getattr(after.rows, column)[:count]).all()
    said = [made.texts.take(made.rows.text[:count]).to_pylist() for made in (before, after)]
    assert said[0] == said[1]


def test_the_reserve_ends() -> None:
    operator = Operator(name="hydra", accounts=10, exchanges=300, replacement="adaptive", stagger=0.0, reserve=2)
    before = composed(small_world(operator))
    names = [before.callers[number].account_id for number in before.campaigns["hydra"]]
    after = composed(small_world(operator), bans=dict.fromkeys(names, BAN_US))
    assert len(after.campaigns["hydra"]) == 12
    assert after.rows.harvest.sum() < before.rows.harvest.sum()


def test_a_successor_may_be_banned_too() -> None:
    before = composed(small_world(OPERATOR))
    bans = {before.callers[before.campaigns["hydra"][0]].account_id: BAN_US}
    once = composed(small_world(OPERATOR), bans=bans)
    heir = once.callers[once.campaigns["hydra"][-1]].account_id
    twice = composed(small_world(OPERATOR), bans={**bans, heir: BAN_US + 2 * DAY_US})
    assert len(twice.campaigns["hydra"]) == 12
