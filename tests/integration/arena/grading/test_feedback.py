# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest
from msgspec.structs import replace

from fakes.worlds import EASY, composed, small_world
from stillwatch.arena.grading.feedback import hunt_in_world
from stillwatch.arena.grading.labelled_log import read_log
from stillwatch.detection.settings import DetectionSettings


@pytest.mark.slow
def test_an_operator_who_sees_bans_replaces_what_was_contained(tmp_path: Path) -> None:
    operator = replace(EASY, replacement="adaptive", delay_days=0.2, days=10.0)
    world = replace(small_world(operator, people=120), feedback_days=4.0)
    seen: list[dict[str, int]] = []

    def composer(bans: dict[str, int]) -> object:
        seen.append(bans)
        return composed(world, bans=bans)

    settings = DetectionSettings(cadence_seconds=43_200)
    verdicts, _ = hunt_in_world(world, composer, tmp_path, settings=settings)  # type: ignore[arg-type]
    assert seen[0] == {}
    assert [len(bans) for bans in seen] == sorted(len(bans) for bans in seen)
    bans = seen[-1]
    assert bans
    log = read_log(tmp_path)
    assert len(log.campaign_of) > 24
    for name, at_us in bans.items():
        assert verdicts.contained_us[name] <= at_us
        own = log.at_us[log.account == log.names.index(name)]
        assert own.max() < at_us
