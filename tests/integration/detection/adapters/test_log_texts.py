# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.detection.adapters.log_texts import gather_texts
from stillwatch.detection.samples import SamplePool
from stillwatch.errors import BadInput

ROWS = [
    {
        "exchange_id": f"x{at}",
        "ts": 1_780_272_000_000_000 + at,
        "org_id": f"o{at % 4}",
        "account_id": f"a{at % 4}",
        "model": "teacher",
        "prompt": f"Explain step by step how number {at} is made of primes.",
        "turn": at // 4,
    }
    for at in range(12)
]


def _pool() -> SamplePool:
    return SamplePool({"c-1": ["a0", "a1", "a2", "a3"]})


def _shown(pool: SamplePool) -> list[str]:
    return ["".join(part.text for part in one.parts) for one in pool.samples("c-1")]


def test_parquet_and_json_lines_give_the_same_first_messages(tmp_path: Path) -> None:
    text = tmp_path / "log.jsonl"
    text.write_text("\n".join(json.dumps(row) for row in ROWS))
    table = pa.Table.from_pylist(ROWS)
    table = table.set_column(1, "ts", table["ts"].cast(pa.timestamp("us", tz="UTC")))
    pq.write_table(table, tmp_path / "log.parquet", row_group_size=5)
    told: list[tuple[int, int]] = []
    shown = []
    for path in (text, tmp_path / "log.parquet"):
        pool = _pool()
        gather_texts([path], pool, scratch=tmp_path, progress=lambda done, total: told.append((done, total)))
        shown.append(_shown(pool))
        assert told[-1] == (12, 12)
    assert shown[0] == shown[1] == [ROWS[at]["prompt"] for at in range(3)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.jsonl", "log.parquet"]


def test_a_log_without_turns_is_all_first_messages(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(json.dumps({**row, "turn": None}) for row in ROWS))
    pool = _pool()
    gather_texts([path], pool, scratch=tmp_path)
    assert len(_shown(pool)) == 3


def test_bad_rows_stop_it_or_are_passed_by(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(["{oops", *(json.dumps(row) for row in ROWS)]))
    with pytest.raises(BadInput, match="line 1"):
        gather_texts([path], _pool(), scratch=tmp_path)
    pool = _pool()
    gather_texts([path], pool, scratch=tmp_path, skip_bad_rows=True)
    assert len(_shown(pool)) == 3
