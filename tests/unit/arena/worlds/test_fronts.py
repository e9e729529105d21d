# SPDX-License-Identifier: Apache-2.0
from fakes.worlds import FIRST_US, draft
from stillwatch.arena.language.dice import Dice
from stillwatch.arena.worlds.description import Operator
from stillwatch.arena.worlds.fronts import Fronts


def test_a_share_of_nothing_gives_nothing_in_common() -> None:
    made = draft()
    fronts = Fronts(made, Operator(name="x", accounts=40, shared=0.0), Dice(1))
    for _ in range(40):
        fronts.account(before_us=FIRST_US)
    assert len({one.payment_fp for one in made.callers}) == 40
    assert len({one.client_ip.rpartition(".")[0] for one in made.callers}) > 35


def test_a_share_of_all_gives_a_few_cards_and_networks() -> None:
    made = draft()
    fronts = Fronts(made, Operator(name="x", accounts=40, shared=1.0, group=10), Dice(1))
    for _ in range(40):
        fronts.account(before_us=FIRST_US)
    assert len({one.payment_fp for one in made.callers}) == 4
    assert len({one.client_ip.rpartition(".")[0] for one in made.callers}) <= 4
    assert all(one.signup_us <= FIRST_US for one in made.callers)


def test_a_successor_is_the_same_however_many_came_before() -> None:
    one, other = draft(), draft()
    operator = Operator(name="x")
    first, second = Fronts(one, operator, Dice(1)), Fronts(other, operator, Dice(1))
    second.successor(Dice(8), before_us=FIRST_US)
    first.successor(Dice(9), before_us=FIRST_US)
    second.successor(Dice(9), before_us=FIRST_US)
    assert one.callers[-1] == other.callers[-1]
    assert second.successors == 2
