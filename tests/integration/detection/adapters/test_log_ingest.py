# SPDX-License-Identifier: Apache-2.0
import gzip
import json
import multiprocessing
import os
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.detection.adapters import json_lines, log_ingest
from stillwatch.detection.adapters.log_ingest import Ingested, ingest
from stillwatch.detection.sightings import SIGHTINGS
from stillwatch.errors import BadInput, Unavailable

START_US = 1_780_272_000_000_000
TS = pa.timestamp("us", tz="UTC")


def _columns(ids: list[str], **columns: pa.Array) -> dict[str, pa.Array]:
    return {
        "exchange_id": pa.array(ids),
        "ts": pa.array([START_US + at for at in range(len(ids))], TS),
        "org_id": pa.array(["o"] * len(ids)),
        "account_id": pa.array([f"a{at % 7}" for at in range(len(ids))]),
        "model": pa.array(["m"] * len(ids)),
        "prompt": pa.array([f"Why is the sky of {one} blue at noon?" for one in ids]),
        **columns,
    }


def _parquet(path: Path, rows: int, *, group: int = 1 << 20, **columns: pa.Array) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        pa.table(_columns([f"{path.stem}-{at}" for at in range(rows)], **columns)), path, row_group_size=group
    )
    return path


def _lines(path: Path, rows: int, *extra: str) -> Path:
    made = [
        json.dumps(
            {
                "exchange_id": f"{path.name.partition(chr(46))[0]}-{at}",
                "ts": START_US + at,
                "org_id": "o",
                "account_id": f"a{at % 7}",
                "model": "m",
                "prompt": f"Why is the sky of {path.name.partition(chr(46))[0]}-{at} blue at noon?",
            }
        )
        for at in range(rows)
    ]
    text = "\n".join([*made, *extra]).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def _scratch(tmp_path: Path, name: str = "scratch") -> Path:
    (tmp_path / name).mkdir(exist_ok=True)
    return tmp_path / name


def _rows(done: Ingested) -> list[dict[str, Any]]:
    table = pa.concat_tables([pq.read_table(part) for part in done.parts])
    assert table.schema.equals(SIGHTINGS)
    assert table.num_rows == done.rows
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def test_parquet_and_json_lines_of_the_same_rows_give_the_same_sightings(tmp_path: Path) -> None:
    scratch = _scratch(tmp_path)
    parquet = ingest([_parquet(tmp_path / "x.parquet", 600, group=250)], scratch=scratch)
    lines = ingest([_lines(tmp_path / "x.jsonl", 600)], scratch=scratch)
    zipped = ingest([_lines(tmp_path / "x.jsonl.gz", 600)], scratch=scratch)
    assert [len(one.parts) for one in (parquet, lines, zipped)] == [3, 1, 1]
    assert _rows(parquet) == _rows(lines) == _rows(zipped)


def test_several_processes_make_what_one_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_ingest, "FEW_ROWS", 0)
    log = [_parquet(tmp_path / "x.parquet", 3_000, group=500), _lines(tmp_path / "y.jsonl", 500)]
    seen: list[tuple[int, int]] = []
    one = ingest(log, scratch=_scratch(tmp_path, "one"), workers=1)
    two = ingest(log, scratch=_scratch(tmp_path, "two"), workers=2, progress=lambda *now: seen.append(now))
    assert _rows(one) == _rows(two)
    assert seen[0] == (0, 3_500)
    assert seen[-1] == (3_500, 3_500)
    assert seen == sorted(seen)


def test_a_finished_part_is_not_made_again_until_its_file_changes(tmp_path: Path) -> None:
    log, scratch = _parquet(tmp_path / "x.parquet", 500, group=100), _scratch(tmp_path)
    first = ingest([log], scratch=scratch)
    first.parts[2].unlink()
    kept = {part: part.stat().st_mtime_ns for part in first.parts if part.exists()}
    seen: list[tuple[int, int]] = []
    again = ingest([log], scratch=scratch, progress=lambda *now: seen.append(now))
    assert again == first
    assert {part: part.stat().st_mtime_ns for part in kept} == kept
    assert seen[0] == (400, 500)
    os.utime(log, ns=(1, 1))
    assert set(ingest([log], scratch=scratch).parts).isdisjoint(first.parts)


def test_a_part_that_is_cut_short_is_made_again(tmp_path: Path) -> None:
    log, scratch = _parquet(tmp_path / "x.parquet", 500), _scratch(tmp_path)
    first = ingest([log], scratch=scratch)
    rows = _rows(first)
    first.parts[0].write_bytes(first.parts[0].read_bytes()[:-30])
    assert _rows(ingest([log], scratch=scratch)) == rows


def test_bad_rows_are_refused_or_skipped_and_counted_also_when_nothing_is_made_again(tmp_path: Path) -> None:
    accounts = pa.array([None if at in (3, 120) else "a" for at in range(200)])
    log, scratch = _parquet(tmp_path / "x.parquet", 200, group=100, account_id=accounts), _scratch(tmp_path)
    with pytest.raises(BadInput, match='"account_id" is null in row 3 of row group 0'):
        ingest([log], scratch=scratch)
    for _ in range(2):
        done = ingest([log], scratch=scratch, skip_bad_rows=True)
        assert (done.rows, done.read, done.bad.count) == (198, 200, 2)
        assert "row 20 of row group 1" in done.bad.named[1]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_of_lines_none_of_which_is_a_row_is_refused(tmp_path: Path, workers: int) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("{\n{\n")
    with pytest.raises(BadInput, match="No line of"):
        ingest([path], scratch=_scratch(tmp_path), workers=workers, skip_bad_rows=True)


def test_rows_given_twice_pass_through(tmp_path: Path) -> None:
    one, other = _parquet(tmp_path / "a" / "x.parquet", 5), _parquet(tmp_path / "b" / "x.parquet", 5)
    done = ingest([one, other], scratch=_scratch(tmp_path))
    assert len(_rows(done)) == 10
    assert len({row["exchange_hash"] for row in _rows(done)}) == 5


def test_our_own_log_s_sketches_and_refusals_count_and_a_foreign_one_s_columns_of_that_name_do_not(
    tmp_path: Path,
) -> None:
    refused = pa.array(["refused", "completed"])
    own = _parquet(tmp_path / "own.parquet", 2, sketch=pa.array([b"", b"?"]), outcome=refused)
    foreign = _parquet(tmp_path / "foreign.parquet", 2, sketch=pa.array(["a", "b"]), outcome=refused)
    assert ingest([own], scratch=_scratch(tmp_path)).rows == 1
    assert ingest([foreign], scratch=_scratch(tmp_path)).rows == 2


def test_a_lacking_column_is_named_before_anything_is_made(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"exchange_id": ["a"]}), path)
    scratch = _scratch(tmp_path)
    with pytest.raises(BadInput, match='required column "ts" is missing'):
        ingest([_parquet(tmp_path / "good.parquet", 3), path], scratch=scratch)
    assert list(scratch.iterdir()) == []


def test_a_damaged_row_group_is_named_whoever_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_ingest, "FEW_ROWS", 0)
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table(_columns([f"x{at}" for at in range(2_000)])), path, row_group_size=500, compression="zstd")
    metadata = pq.read_metadata(path)
    prompt = next(
        metadata.row_group(2).column(at)
        for at in range(metadata.num_columns)
        if metadata.row_group(2).column(at).path_in_schema == "prompt"
    )
    data = bytearray(path.read_bytes())
    at = (prompt.dictionary_page_offset or prompt.data_page_offset) + 60
    data[at : at + 200] = bytes(200)
    path.write_bytes(bytes(data))
    for workers in (1, 2):
        with pytest.raises(BadInput, match=re.escape(f"{path} is damaged: row group 2")):
            ingest([path], scratch=_scratch(tmp_path, f"with-{workers}"), workers=workers)


def test_a_process_that_is_killed_is_told_and_finished_parts_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_ingest, "FEW_ROWS", 0)
    log, scratch = _parquet(tmp_path / "x.parquet", 400, group=100), _scratch(tmp_path)
    kept = ingest([log], scratch=scratch).parts[0].read_bytes()
    for part in sorted(scratch.iterdir())[1:]:
        part.unlink()

    def kill(_read: int, _total: int) -> None:
        for child in multiprocessing.active_children():
            child.kill()

    with pytest.raises(Unavailable, match="was killed"):
        ingest([log], scratch=scratch, workers=2, progress=kill)
    assert min(scratch.glob("*.parquet")).read_bytes() == kept
    assert ingest([log], scratch=scratch, workers=1).rows == 400


def test_a_file_of_lines_is_cut_into_blocks_and_its_bad_lines_keep_their_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lines, "BLOCK_BYTES", 20_000)
    monkeypatch.setattr(json_lines, "READ_BYTES", 4_096)
    path = _lines(tmp_path / "x.jsonl", 1_000, "{", "")
    whole = json_lines.blocks(path)
    assert len(whole) > 3
    assert [one.start for one in whole[1:]] == [one.end for one in whole[:-1]]
    done = ingest([path], scratch=_scratch(tmp_path), skip_bad_rows=True)
    assert (done.rows, done.bad.count) == (1_000, 1)
    assert "line 1001" in done.bad.named[0]


@pytest.mark.timeout(60)
def test_prompts_and_names_of_a_megabyte_and_one_account_with_half_of_the_rows_are_only_rows(tmp_path: Path) -> None:
    rows, long = 40, "x" * 1_000_000
    log = _parquet(
        tmp_path / "x.parquet",
        rows,
        prompt=pa.array([f"{at} {long}" for at in range(rows)]),
        system=pa.array(["“" * 300_000] * rows),
        exchange_id=pa.array([f"{at}{long}" for at in range(rows)]),
        account_id=pa.array([long if at % 2 else "b" for at in range(rows)]),
        client_ip=pa.array([long] * rows),
    )
    done = _rows(ingest([log], scratch=_scratch(tmp_path)))
    assert len({row["exchange_hash"] for row in done}) == len({row["prompt_hash"] for row in done}) == rows
    assert sum(row["account"] == long for row in done) == rows // 2
    assert {row["network"] for row in done} == {None}
