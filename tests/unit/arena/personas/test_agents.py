# SPDX-License-Identifier: Apache-2.0
from stillwatch.arena.personas.agents import agents
from stillwatch.arena.world import World


def test_strangers_share_a_scaffold_and_its_tools(world: World) -> None:
    callers, planned = agents(world, 20)
    assert len({request.system for request in planned}) == 2
    assert len({(r.caller.account_id, r.system) for r in planned}) == len(callers)
    assert {r.tools for r in planned} == {10, 14}


def test_sessions_have_several_turns(world: World) -> None:
    _, planned = agents(world, 10)
    talks = {request.conversation for request in planned}
    assert len(planned) >= 2 * len(talks)
