# SPDX-License-Identifier: Apache-2.0
from fakes.worlds import draft
from stillwatch.arena.worlds.kinds.agents import agents


def test_many_users_share_few_scaffolds() -> None:
    made = draft()
    agents(made, 20)
    rows = made.rows()
    assert len(set(rows.system.tolist())) == 2
    assert all(manner.tools >= 10 for manner in made.manners)
    assert (rows.turn > 0).mean() > 0.5
