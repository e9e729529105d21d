# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.arena.population import populate
from stillwatch.arena.prompts.generated import GeneratedLibrary
from stillwatch.arena.schedule import Plan
from stillwatch.arena.teacher.training import Curriculum, Taught, teach


@pytest.fixture(scope="session")
def taught() -> Taught:
    """A small teacher, for a short course: enough to tell learning from guessing."""
    return teach(Curriculum(lessons=800, held_out=80, tokens=800, embedding=32, hidden=48))


@pytest.fixture(scope="session")
def plan() -> Plan:
    """The demo's own plan."""
    return populate(accounts=320, days=14, seed=1, library=GeneratedLibrary())[0]
