# SPDX-License-Identifier: Apache-2.0
"""A composed folder that several tests read."""

from pathlib import Path

import pytest

from fakes.worlds import EASY, composed, small_world
from stillwatch.arena.worlds.writing import write_log


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("composed")
    write_log(composed(small_world(EASY, people=120)), folder)
    return folder
