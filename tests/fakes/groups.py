# SPDX-License-Identifier: Apache-2.0
"""A group of accounts under examination, taken from a made-up world by the beginning of their names."""

import numpy as np

from fakes.replayed import absorbed
from fakes.traffic import DAY_US, START_US, World
from stillwatch.detection.engine import Engine
from stillwatch.detection.grouping import Group, cohesion
from stillwatch.detection.interface import Case
from stillwatch.detection.linking import candidates, link

NOW_S = (START_US + 10 * DAY_US) / 1e6


def case_of(world: World, prefix: str, *, chance: int = 1) -> Case:
    """The accounts whose names begin so, as if a pass had grouped them by coincidences and found no more."""
    return case_from(absorbed(world.log()), prefix, chance=chance)


def case_from(engine: Engine, prefix: str, *, chance: int = 1) -> Case:
    """The same, of an engine that has taken a log in."""
    chosen = candidates(engine.census, engine.settings)
    assert chosen is not None
    links = link(engine.census, chosen, now_s=NOW_S)
    members = np.array([at for at, row in enumerate(chosen.rows) if engine.census.names[row].startswith(prefix)])
    group = Group(
        members=members,
        scores=links.score[members],
        joined=np.zeros(0, np.int64),
        least_fit=np.ones(len(members)),
        is_found_by_content=False,
        cohesion=cohesion(chosen, members),
    )
    return Case(census=engine.census, chosen=chosen, links=links, group=group, now_s=NOW_S, chance=chance)
