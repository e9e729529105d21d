# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.arena.prompts.generated import GeneratedLibrary
from stillwatch.arena.world import World


@pytest.fixture
def world() -> World:
    """Two weeks, seed 3."""
    return World(seed=3, days=14, library=GeneratedLibrary())
