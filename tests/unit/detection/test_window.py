# SPDX-License-Identifier: Apache-2.0
import pickle

import pyarrow as pa
import pytest

from fakes.replayed import window, windows_of
from fakes.traffic import HOUR_US, START_US, World
from stillwatch.detection.engine import Engine
from stillwatch.detection.window import Window

TABLES = ("activity", "postings", "firsts", "systems", "lessons")


@pytest.fixture(scope="module")
def given() -> list[Window]:
    world = World(seed=12)
    world.people(40)
    return windows_of(world.log()[:300])


def test_it_can_be_stored_and_is_not_changed_by_who_takes_it_in(given: list[Window]) -> None:
    before = pickle.loads(pickle.dumps(given[0]))  # noqa: S301 - our own bytes of a moment ago
    Engine().absorb(given[0])
    assert all(getattr(given[0], name).equals(getattr(before, name)) for name in TABLES)


def test_a_silent_one_changes_nothing(given: list[Window]) -> None:
    engine = Engine()
    engine.absorb(given[0])
    before = engine.census.total_count.tolist()
    engine.absorb(window(given[0].end_us + HOUR_US))
    assert engine.census.total_count.tolist() == before
    assert engine.observed == sum(before)


def test_rows_that_came_late_count_where_they_stand(given: list[Window]) -> None:
    """Two windows as one: what is of the first stands in the second."""
    apart, late = Engine(), Engine()
    for one in given[:2]:
        apart.absorb(one)
    together = {name: pa.concat_tables([getattr(one, name) for one in given[:2]]) for name in TABLES}
    late.absorb(Window(end_us=given[1].end_us, **together))
    for name in ("total_count", "total_first", "total_last", "contents", "ever"):
        assert sorted(getattr(late.census, name).tolist()) == sorted(getattr(apart.census, name).tolist())
    assert late.findings(START_US + 20 * HOUR_US) == apart.findings(START_US + 20 * HOUR_US)
