# SPDX-License-Identifier: Apache-2.0
from stillwatch.arena.personas.classrooms import classroom
from stillwatch.arena.schedule import HOUR_US
from stillwatch.arena.world import World


def test_class_sits_at_one_address_and_signed_up_in_one_hour(world: World) -> None:
    callers, _ = classroom(world, 25)
    assert len({caller.client_ip for caller in callers}) == 1
    signups = [caller.signup_us for caller in callers]
    assert max(signups) - min(signups) <= HOUR_US


def test_pupils_are_set_the_same_questions(world: World) -> None:
    _, planned = classroom(world, 25)
    assert len({request.prompt for request in planned}) <= 40
    assert len(planned) > 100
