# SPDX-License-Identifier: Apache-2.0
from fakes.groups import case_of
from fakes.traffic import DAY_US, HOUR_US, START_US, World
from stillwatch.detection.facets.signup import Signup


def _weigh(signup_us: int) -> object:
    world = World(seed=37)
    world.people(80)
    world.hydra(16, columns=lambda number: {"signup_ts_us": signup_us + number * HOUR_US})
    return Signup().weigh(case_of(world, "hydra-"))


def test_a_burst_of_sign_ups_kept_for_later_is_surprising() -> None:
    evidence = _weigh(START_US - 20 * DAY_US)
    assert evidence is not None
    assert evidence.p_value < 1e-6  # type: ignore[attr-defined]


def test_people_who_sign_up_and_begin_at_once_are_one_cause() -> None:
    assert _weigh(START_US + 2 * DAY_US) is None
