# SPDX-License-Identifier: Apache-2.0
"""Killed at random moments, the record keeps its word: what was acknowledged is in the log exactly once."""

import time
from collections import Counter
from pathlib import Path
from random import Random

import duckdb
import pytest

from crash.recording import Victim, record_until_killed, roll_until_killed
from fakes.exchanges import START_US
from stillwatch.ledger.adapters.log_check import check_log
from stillwatch.ledger.adapters.parquet_log import ParquetLog
from stillwatch.ledger.adapters.tail import SpoolTail
from stillwatch.ledger.settings import LedgerSettings

KILLS = 120
SEED = 20261121


def times_in_the_log(directory: Path) -> Counter[str]:
    """How often each exchange is in the folder, as DuckDB reads it."""
    with duckdb.connect() as connection:
        pattern = str(directory / "log" / "**" / "*.parquet")
        return Counter(
            dict(
                connection.execute(
                    "SELECT exchange_id, count(*) FROM read_parquet($1) GROUP BY 1", [pattern]
                ).fetchall()
            )
        )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_recorders_and_rollers_killed_at_random_lose_and_double_nothing(tmp_path: Path) -> None:
    ledger = LedgerSettings(directory=tmp_path, segment_bytes=262_144, reserve_bytes=0)
    dice = Random(SEED)  # noqa: S311 - chance, not a secret
    acknowledged: list[str] = []
    tail = SpoolTail(tmp_path)
    handed_out: Counter[str] = Counter()
    log = ParquetLog(ledger, ready=tail.drained)
    kills = {"recorder": 0, "roller": 0}
    while sum(kills.values()) < KILLS:
        recorders = [
            Victim(record_until_killed(ledger, f"w{each}", sum(kills.values()))) for each in range(dice.choice((1, 2)))
        ]
        deadline = time.monotonic() + dice.uniform(0.01, 0.25)
        while time.monotonic() < deadline:
            handed_out.update(row.exchange_id for row in tail.poll())
            log.roll(START_US)
        for recorder in recorders:
            acknowledged += recorder.kill()
            kills["recorder"] += 1
        # What is left now can be rolled as soon as the tail has seen it: a roller of its own may have it then.
        handed_out.update(row.exchange_id for row in tail.poll())
        roller = Victim(roll_until_killed(ledger))
        time.sleep(dice.uniform(0.0, 0.05))
        roller.kill()
        kills["roller"] += 1
    log = ParquetLog(ledger)
    log.roll(START_US)
    found = times_in_the_log(tmp_path)
    assert len(acknowledged) == len(set(acknowledged)) > 20 * KILLS
    assert set(found.values()) == {1}
    assert not set(acknowledged) - found.keys()
    # Live detection saw the very same.
    assert handed_out == found
    check = check_log(tmp_path)
    assert check.is_good, check.damage
    assert (check.rows, check.unrolled) == (len(found), 0)
