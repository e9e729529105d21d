# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from stillwatch.arena.grading.hunting import hunted
from stillwatch.detection.settings import DetectionSettings
from stillwatch.errors import BadInput

SETTINGS = DetectionSettings(cadence_seconds=43_200)


def test_an_easy_campaign_is_found_at_a_stated_cost(folder: Path) -> None:
    verdicts, cost = hunted(folder / "log.parquet", settings=SETTINGS)
    assert len(verdicts.noticed) >= 12
    assert cost.exchanges > 1_000
    assert cost.cpu_seconds > 0
    assert cost.peak_mib > 50


def test_what_the_hunt_refuses_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "log.parquet").write_text("nonsense")
    with pytest.raises(BadInput, match="not a Parquet file"):
        hunted(tmp_path / "log.parquet", settings=SETTINGS)
