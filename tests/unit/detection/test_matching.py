# SPDX-License-Identifier: Apache-2.0
import numpy as np

from fakes.groups import case_of
from fakes.traffic import World
from stillwatch.detection.matching import stand_ins


def test_stand_ins_do_as_much_over_as_long_and_are_never_the_accounts_themselves() -> None:
    world = World(seed=81)
    world.people(150)
    world.people(40, prefix="other")
    case = case_of(world, "other-")
    census, rows = case.census, case.rows
    drawn = stand_ins(census, rows, without=rows, groups=50, draw=np.random.default_rng(1))
    assert drawn is not None
    assert drawn.shape == (50, len(rows))
    assert not np.isin(drawn, rows).any()
    ratio = np.log(census.total_count[drawn]).mean(axis=0) - np.log(census.total_count[rows])
    assert np.median(np.abs(ratio)) < 0.5
    span = census.total_last - census.total_first
    assert np.median(np.abs(np.log(span[drawn]).mean(axis=0) - np.log(span[rows]))) < 0.7


def test_a_small_population_has_none() -> None:
    world = World(seed=82)
    world.people(40)
    case = case_of(world, "person-1")
    assert stand_ins(case.census, case.rows, without=case.rows, groups=2, draw=np.random.default_rng(1)) is None
