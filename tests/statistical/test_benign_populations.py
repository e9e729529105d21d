# SPDX-License-Identifier: Apache-2.0
"""Benign populations with shared topics, shared addresses and events: how many of their accounts are ever contained.

The engine's containment has no proof of its level: content and time depend on each other in benign traffic too. So the
rate is measured. 24 populations of 130 accounts: 3,120 accounts, of which none may be contained; by the rule of three
that supports a rate of at most 0.1 % on populations like these, and says nothing about others.
"""

import pytest

from fakes.replayed import replayed
from fakes.traffic import DAY_US, HOUR_US, START_US, World
from stillwatch.records.finding import Recommendation

POPULATIONS, PEOPLE = 24, 100
END_US = START_US + 10 * DAY_US


def _population(seed: int) -> World:
    world = World(seed=seed)
    world.people(PEOPLE)
    office = world.address()
    for number in range(15):
        world.person(f"office-{number}", client_ip=office, topics=[number % 3])
    launch = float(world.draw.uniform(2, 6))
    for number in range(15):
        for at in world.draw.random(int(world.draw.integers(8, 40))):
            world.send(
                f"guest-{number}", START_US + (launch + 2 * at) * DAY_US, world.prompt([int(world.draw.integers(40))])
            )
    return world


@pytest.mark.slow
def test_no_account_of_three_thousand_benign_ones_is_contained() -> None:
    contained = watched = 0
    for seed in range(POPULATIONS):
        findings = replayed(_population(seed).log(), until_us=END_US, every_us=12 * HOUR_US)
        contained += sum(one.action is Recommendation.CONTAIN for one in findings.accounts)
        watched += len(findings.accounts)
    assert contained == 0
    assert watched <= 0.01 * POPULATIONS * (PEOPLE + 30)
