# SPDX-License-Identifier: Apache-2.0
from collections import defaultdict

from stillwatch.arena.personas.people import office, people
from stillwatch.arena.world import World


def test_conversations_are_in_order_and_belong_to_one_person(world: World) -> None:
    callers, planned = people(world, 30)
    assert len({caller.account_id for caller in callers}) == 30
    talks = defaultdict(list)
    for request in planned:
        assert request.conversation is not None
        talks[request.conversation].append(request)
    for talk in talks.values():
        assert len({request.caller.account_id for request in talk}) == 1
        assert [request.at_us for request in talk] == sorted(request.at_us for request in talk)
    assert any(len(talk) > 2 for talk in talks.values())


def test_people_harvest_nothing_and_seldom_ask_for_reasoning(world: World) -> None:
    callers, planned = people(world, 60)
    assert not any(request.is_harvest for request in planned)
    assert 0 < len({r.caller.account_id for r in planned if r.reasoning}) < 0.3 * len(callers)


def test_office_shares_an_address_and_nothing_else(world: World) -> None:
    callers, _ = office(world, 10)
    assert len({caller.client_ip for caller in callers}) == 1
    assert len({caller.payment_fp for caller in callers}) == 10
