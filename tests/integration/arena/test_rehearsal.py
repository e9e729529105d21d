# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from stillwatch.arena.rehearsal import Script, play, set_up
from stillwatch.arena.scene import Scene
from stillwatch.arena.schedule import HOUR_US, START_US
from stillwatch.arena.stage import Stage
from stillwatch.errors import BadInput


def test_mistake_in_the_prompts_is_told_before_anything_starts(tmp_path: Path) -> None:
    with Stage(tmp_path, seed=1) as stage:
        with pytest.raises(BadInput):
            set_up(Script(prompts=tmp_path / "nowhere"), stage, tell=lambda _: None)
        assert stage.processes == ()


@pytest.mark.slow
async def test_one_day_is_played_through_the_real_gateway(tmp_path: Path) -> None:
    shown: list[tuple[int, int]] = []

    def on_pass(scene: Scene) -> None:
        shown.append((scene.now_us, scene.exchanges))

    with Stage(tmp_path, seed=2) as stage:
        rehearsal = set_up(Script(accounts=60, days=1, seed=2), stage, tell=lambda _: None)
        scene, summary = await play(rehearsal, on_pass=on_pass)
    assert [at for at, _ in shown] == [START_US + hour * HOUR_US for hour in range(1, 25)]
    assert summary.failed == 0
    # Whatever was not sent belonged to an account of the hydra that had been barred.
    assert summary.exchanges <= len(rehearsal.plan.requests)
    assert scene.status.observed == summary.exchanges
    assert summary.benign_suspended == 0
