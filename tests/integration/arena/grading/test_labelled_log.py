# SPDX-License-Identifier: Apache-2.0
from pathlib import Path
from shutil import copytree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.arena.grading.labelled_log import read_log
from stillwatch.errors import BadInput


def test_a_composed_folder_is_read_in_order_of_time(folder: Path) -> None:
    log = read_log(folder)
    assert (np.diff(log.at_us) >= 0).all()
    assert log.harvest.sum() == log.campaigns["hydra"].harvest == 1_000
    assert log.is_benign.sum() == len(log.kinds) == 120
    assert len(log.campaign_of) == 24
    prompts = log.column("prompt")
    assert prompts is not None
    assert len(prompts) == len(log.at_us)
    assert log.column("weather") is None


def test_rows_may_lie_in_any_order_and_so_may_the_marks(folder: Path, tmp_path: Path) -> None:
    shuffled = Path(copytree(folder, tmp_path / "shuffled"))
    for name, seed in (("log.parquet", 1), ("harvest.parquet", 2)):
        table = pq.read_table(folder / name)
        order = np.random.default_rng(seed).permutation(table.num_rows)
        pq.write_table(table.take(pa.array(order)), shuffled / name)
    one, other = read_log(folder), read_log(shuffled)
    assert (one.at_us == other.at_us).all()
    assert one.harvest.sum() == other.harvest.sum()
    prompts = [log.column("prompt") for log in (one, other)]
    assert all(column is not None for column in prompts)
    assert set(zip(one.at_us.tolist(), prompts[0].to_pylist(), strict=True)) == set(  # type: ignore[union-attr]
        zip(other.at_us.tolist(), prompts[1].to_pylist(), strict=True)  # type: ignore[union-attr]
    )


@pytest.mark.parametrize("name", ["log.parquet", "truth.json", "harvest.parquet"])
def test_a_file_that_is_missing_or_broken_is_named(folder: Path, tmp_path: Path, name: str) -> None:
    broken = Path(copytree(folder, tmp_path / "broken"))
    (broken / name).write_text("nonsense")
    with pytest.raises(BadInput):
        read_log(broken)
    (broken / name).unlink()
    with pytest.raises(BadInput, match="cannot be read"):
        read_log(broken)


def test_an_exchange_without_a_mark_is_refused(folder: Path, tmp_path: Path) -> None:
    lacking = Path(copytree(folder, tmp_path / "lacking"))
    pq.write_table(pq.read_table(folder / "harvest.parquet").slice(5), lacking / "harvest.parquet")
    with pytest.raises(BadInput, match="does not name every exchange"):
        read_log(lacking)
