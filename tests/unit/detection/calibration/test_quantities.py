# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fakes.replayed import absorbed
from fakes.traffic import DAY_US, START_US, World
from stillwatch.detection.calibration.quantities import FIT, LEAST_LOG10_P, SURPRISE, TIMING, Reading, readings

NOW_US = START_US + 10 * DAY_US


def _read(world: World, seed: int = 1) -> dict[str, Reading]:
    found = readings(absorbed(world.log()), now_us=NOW_US, chance=np.random.default_rng(seed))
    return {one.quantity: one for one in found}


@pytest.fixture(scope="module")
def world() -> World:
    world = World(seed=12)
    world.people(90)
    world.hydra(24)
    return world


def test_a_campaign_stands_out_in_surprise_and_timing(world: World) -> None:
    found = _read(world)
    for quantity, sign in ((SURPRISE, 1), (TIMING, -1)):
        reading = found[quantity]
        is_hydra = np.array([name.startswith("hydra") for name in reading.accounts])
        inside, outside = sign * reading.values[is_hydra], sign * reading.values[~is_hydra]
        assert np.median(inside) > np.median(outside), quantity


def test_who_talks_like_others_fits_them(world: World) -> None:
    found = _read(world)
    assert found[FIT].accounts == found[TIMING].accounts
    assert np.median(found[FIT].values) > 0.5


def test_families_say_little_of_groups_in_which_there_is_nothing_to_say(world: World) -> None:
    found = _read(world)
    families = [reading for name, reading in found.items() if name.endswith(" p") and name != TIMING]
    assert {"rate p", "infrastructure p"} <= {reading.quantity for reading in families}
    for reading in families:
        assert not reading.accounts
        assert np.all((reading.values <= 0) & (reading.values >= LEAST_LOG10_P))
    assert np.mean(found["infrastructure p"].values < -3) < 0.05


def test_the_same_chance_reads_the_same(world: World) -> None:
    one, other = _read(world), _read(world)
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name].values, other[name].values) for name in one)


def test_nothing_is_read_where_there_is_nobody_to_compare() -> None:
    small = World(seed=1)
    small.people(5)
    assert _read(small) == {}
