# SPDX-License-Identifier: Apache-2.0
import numpy as np

from fakes.worlds import FIRST_US, HOUR_US, draft
from stillwatch.arena.worlds.draft import Manner


def test_rows_come_in_order_of_time_and_only_from_within_the_days() -> None:
    made = draft(days=2)
    account = made.account("person")
    at_us = FIRST_US + np.array([30, 1, -1, 48]) * HOUR_US
    made.say(account, at_us, ["late", "early", "before", "after"], manner=Manner())
    rows = made.rows()
    texts = made.texts.column().to_pylist()
    assert [texts[number] for number in rows.text] == ["early", "late"]


def test_what_comes_after_a_ban_is_not_sent() -> None:
    made = draft(days=2)
    at_us = FIRST_US + np.arange(4) * HOUR_US
    made.say(made.account("x"), at_us, list("abcd"), manner=Manner(), before_us=FIRST_US + 2 * HOUR_US)
    assert len(made.rows()) == 2


def test_equal_manners_share_a_number() -> None:
    made = draft()
    account = made.account("x")
    for manner in (Manner(tools=1), Manner(), Manner(tools=1)):
        made.say(account, np.array([FIRST_US]), ["a"], manner=manner)
    assert made.rows().manner.tolist() == [0, 1, 0]


def test_an_accounts_chance_does_not_depend_on_what_others_drew() -> None:
    one, other = draft(), draft()
    one.account("x")
    other.account("x")
    one.chance("somebody else").random(10)
    assert one.chance_of(0)[0].random() == other.chance_of(0)[0].random()
