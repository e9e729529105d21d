# SPDX-License-Identifier: Apache-2.0
from stillwatch.arena.personas.evaluations import evaluations
from stillwatch.arena.schedule import HOUR_US
from stillwatch.arena.world import World


def test_strangers_send_the_same_benchmark_in_the_same_words(world: World) -> None:
    callers, planned = evaluations(world, 6)
    runs = [{request.prompt for request in planned if request.caller is caller} for caller in callers]
    assert all(run & runs[0] for run in runs)
    assert len({caller.org_id for caller in callers}) == 6


def test_a_run_takes_minutes_and_is_deterministic_decoding(world: World) -> None:
    callers, planned = evaluations(world, 4)
    for caller in callers:
        instants = [request.at_us for request in planned if request.caller is caller]
        assert len(instants) >= 100
        assert instants[-1] - instants[0] < HOUR_US
    assert all(request.temperature == 0.0 for request in planned)
