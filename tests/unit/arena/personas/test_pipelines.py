# SPDX-License-Identifier: Apache-2.0
from collections import Counter

from stillwatch.arena.personas.pipelines import pipelines
from stillwatch.arena.world import World


def test_each_customer_has_one_system_prompt_of_its_own(world: World) -> None:
    callers, planned = pipelines(world, 20)
    systems = {(request.caller.account_id, request.system) for request in planned}
    assert len(systems) == len(callers) == len({system for _, system in systems})


def test_items_are_single_requests_of_one_shape(world: World) -> None:
    _, planned = pipelines(world, 10)
    assert all(request.conversation is None for request in planned)
    shapes = Counter((r.caller.account_id, r.temperature, r.max_tokens) for r in planned)
    assert len(shapes) == 10
