# SPDX-License-Identifier: Apache-2.0
import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fakes.worlds import FIRST_US, HOUR_US, composed, small_world
from stillwatch.arena.prompts.corpora import CorporaLibrary
from stillwatch.arena.worlds.catalog import default_world
from stillwatch.arena.worlds.compose import compose
from stillwatch.arena.worlds.measured_arrivals import MeasuredArrivals
from stillwatch.arena.worlds.writing import write_log
from stillwatch.detection.adapters.log_schema import COLUMNS, parquet_columns
from stillwatch.errors import BadInput


def test_the_log_follows_the_contract_and_the_truth_fits_it(tmp_path: Path) -> None:
    made = composed(small_world())
    count = write_log(made, tmp_path)
    names = parquet_columns(tmp_path / "log.parquet")
    assert {column.name for column in COLUMNS} - names == {"response"}
    log = pq.read_table(tmp_path / "log.parquet")
    assert log.num_rows == count == len(made.rows)
    assert len(set(log["exchange_id"].to_pylist())) == count
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert set(log["account_id"].to_pylist()) == set(truth["accounts"])
    marks = pq.read_table(tmp_path / "harvest.parquet").to_pylist()
    assert sum(mark["harvest"] for mark in marks) == truth["campaigns"]["hydra"]["harvest_ids"] == 200
    attackers = {name for name, one in truth["accounts"].items() if one["campaign"]}
    assert attackers == set(truth["campaigns"]["hydra"]["accounts"])
    harvested = {row["account_id"] for row, mark in zip(log.to_pylist(), marks, strict=True) if mark["harvest"]}
    assert harvested <= attackers


def test_the_same_world_is_the_same_file(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_log(composed(small_world()), tmp_path / name)
    one, two = (pq.read_table(tmp_path / name / "log.parquet") for name in ("one", "two"))
    assert one.equals(two)


def test_a_part_ends_where_asked_and_knows_nothing_of_the_rest(tmp_path: Path) -> None:
    until_us = FIRST_US + 3 * 24 * HOUR_US
    count = write_log(composed(small_world()), tmp_path, until_us=until_us)
    log = pq.read_table(tmp_path / "log.parquet")
    assert log.num_rows == count > 0
    assert max(log["ts"].cast("int64").to_pylist()) < until_us
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert set(log["account_id"].to_pylist()) == set(truth["accounts"])


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        write_log(composed(small_world()), tmp_path / "file" / "below")


@pytest.mark.shared
def test_every_kind_and_operator_can_speak_from_real_corpora(tmp_path: Path) -> None:
    data = Path(os.environ.get("STILLWATCH_SHARED", "../shared")) / "data"
    if not data.is_dir():
        pytest.skip("the real corpora are not here; STILLWATCH_SHARED says where they are")
    library, arrivals = CorporaLibrary(data), MeasuredArrivals(data)
    made = compose(default_world(0.1), seed=1, library=library, arrivals=arrivals)
    assert write_log(made, tmp_path) > 10_000
    assert len(made.campaigns) == 7
