# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.arena.population import populate
from stillwatch.arena.prompts.generated import GeneratedLibrary
from stillwatch.arena.schedule import Plan
from stillwatch.arena.teacher.training import Curriculum, Taught, teach


@pytest.fixture(scope="session")
def taught() -> Taught:
    """A teacher that has learned for half a second."""
    return teach(Curriculum(lessons=800, held_out=120, tokens=1_000))


@pytest.fixture(scope="session")
def plan() -> Plan:
    """The demo's own plan."""
    return populate(accounts=320, days=14, seed=1, library=GeneratedLibrary())[0]
