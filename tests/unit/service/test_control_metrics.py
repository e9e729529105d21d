# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from fakes.watched_world import HOUR, World, exchange
from stillwatch.service.channel import Snapshot
from stillwatch.service.control_metrics import render_metrics
from stillwatch.service.switchboard import Switchboard


async def _none() -> Snapshot:
    return Snapshot(version=0, full=True, entries=b"")


def _values(world: World, board: Switchboard) -> dict[str, float]:
    text = render_metrics(board, world.watch, now_us=world.now_us, database_failures=4).decode()
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.labels
    }


def test_what_detection_has_done_is_told() -> None:
    world = World()
    world.recorded = [exchange(1, 10 * HOUR + 6)]
    world.now_us = 11 * HOUR
    world.watch.step()
    world.now_us += 30_000_000
    world.lost = 2
    values = _values(world, Switchboard(Path("/nowhere"), full_snapshot=_none))
    assert values["stillwatch_detection_exchanges_total"] == 1
    assert values["stillwatch_detection_passes_total"] == 1
    assert values["stillwatch_detection_unreadable_total"] == 2
    assert values["stillwatch_detection_lag_seconds"] == 30
    assert values["stillwatch_database_failures_total"] == 4
    assert values["stillwatch_workers"] == 0


def test_what_workers_that_have_gone_had_counted_is_told() -> None:
    board = Switchboard(Path("/nowhere"), full_snapshot=_none)
    board.departed = {"counters": [["stillwatch_record_failures", 2]]}
    assert _values(World(), board)["stillwatch_record_failures_total"] == 2
