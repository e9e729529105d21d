# SPDX-License-Identifier: Apache-2.0
import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest

from stillwatch.arena.schedule import DAY_US, START_US
from stillwatch.arena.worlds.measured_arrivals import MeasuredArrivals
from stillwatch.errors import BadInput


def written(folder: Path) -> Path:
    """Two sessions, and a client that calls in its first hour of each day only."""
    steps = [
        {"trace": f"t{trace}", "depth": 0, "t": 7.0 * number, "think_time": 90.0}
        for trace in range(2)
        for number in range(20)
    ]
    (folder / "claude_code_sessions.jsonl").write_text("\n".join(map(json.dumps, steps)))
    windows = [
        {"cat": "language", "model": "m", "client": 1, "t": 600.0 * number, "rate": 1.0 if number % 144 < 6 else 1e-9}
        for number in range(288)
    ]
    with gzip.open(folder / "servegen_client_rates.jsonl.gz", "wt") as file:
        file.write("\n".join(map(json.dumps, windows)))
    return folder


def test_gaps_and_rates_are_those_of_the_traces(tmp_path: Path) -> None:
    arrivals = MeasuredArrivals(written(tmp_path))
    chance = np.random.default_rng(1)
    assert set(arrivals.steps(chance, 50).tolist()) == {7_000_000}
    assert set(arrivals.pauses(chance, 50).tolist()) == {90_000_000}
    at_us = arrivals.service(chance, 500, days=14)
    assert ((at_us - START_US) % DAY_US < 3_600_000_000).all()
    assert len(set(((at_us - START_US) // DAY_US).tolist())) == 14


def test_what_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is no claude_code_sessions"):
        MeasuredArrivals(tmp_path)
    written(tmp_path)
    (tmp_path / "claude_code_sessions.jsonl").write_text('{"trace": "a", "t": 1}\n{"trace": 5}')
    with pytest.raises(BadInput, match="line 2"):
        MeasuredArrivals(tmp_path)
    (tmp_path / "claude_code_sessions.jsonl").write_text('{"trace": "a", "t": 1}')
    with pytest.raises(BadInput, match="no gap"):
        MeasuredArrivals(tmp_path)


@pytest.mark.shared
def test_the_real_traces_can_be_used() -> None:
    data = Path(os.environ.get("STILLWATCH_SHARED", "../shared")) / "data"
    if not data.is_dir():
        pytest.skip("the real traces are not here; STILLWATCH_SHARED says where they are")
    arrivals = MeasuredArrivals(data)
    at_us = arrivals.service(np.random.default_rng(1), 300, days=14)
    assert len(at_us) == 300
    assert 1e6 < np.median(arrivals.steps(np.random.default_rng(1), 1_000)) < 120e6
