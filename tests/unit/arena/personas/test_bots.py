# SPDX-License-Identifier: Apache-2.0
from stillwatch.arena.personas.bots import back_ends, hobby_bots
from stillwatch.arena.schedule import START_US
from stillwatch.arena.world import World


def test_bots_send_single_prompts(world: World) -> None:
    for persona in (hobby_bots, back_ends):
        _, planned = persona(world, 8)
        assert planned
        assert all(request.conversation is None for request in planned)
        assert all(START_US <= request.at_us < world.end_us for request in planned)


def test_back_end_speaks_in_many_voices_and_a_bot_in_one(world: World) -> None:
    bots, bot_requests = hobby_bots(world, 6)
    servers, server_requests = back_ends(world, 6)
    openings_of_bot = {r.prompt.split()[0].lower() for r in bot_requests if r.caller is bots[0]}
    openings_of_server = {r.prompt.split()[0].lower() for r in server_requests if r.caller is servers[0]}
    assert len(openings_of_server) > len(openings_of_bot)
