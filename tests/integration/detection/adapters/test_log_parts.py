# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.detection.adapters.log_parts import Part, Share, finished, has_large_pages, make_part
from stillwatch.detection.sightings import COLUMNS_READ
from stillwatch.errors import BadInput, Unavailable

TS = pa.timestamp("us", tz="UTC")


def _share(
    folder: Path,
    rows: int,
    *,
    skip_bad_rows: bool = False,
    writing: dict[str, Any] | None = None,
    **columns: pa.Array,
) -> Share:
    made = {
        "exchange_id": pa.array([f"x{at}" for at in range(rows)]),
        "ts": pa.array([1_780_272_000_000_000 + at for at in range(rows)], TS),
        "org_id": pa.array(["o"] * rows),
        "account_id": pa.array(["a"] * rows),
        "prompt": pa.array(["hello there, world"] * rows),
        **columns,
    }
    path = folder / "log.parquet"
    pq.write_table(pa.table(made), path, **(writing or {}))
    return Share(
        path=path,
        where=0,
        rows=rows,
        columns=tuple(name for name in COLUMNS_READ if name in made),
        target=folder / "part.parquet",
        skip_bad_rows=skip_bad_rows,
    )


def _rows_in(part: Part) -> int:
    rows: int = pq.read_table(part.path).num_rows
    return rows


def test_a_finished_part_tells_what_it_was_made_from(tmp_path: Path) -> None:
    share = _share(tmp_path, 5_000)
    assert finished(share) is None
    made = make_part(share)
    assert finished(share) == made
    assert (made.read, made.rows, made.bad.count) == (5_000, 5_000, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.parquet", "part.parquet"]


@pytest.mark.parametrize("unit", ["ms", "us"])
@pytest.mark.parametrize("end", [-(2**63), 2**63 - 1])
def test_instants_at_the_ends_of_the_range_are_bad_rows(tmp_path: Path, unit: str, end: int) -> None:
    instants = pa.array([end, 1_780_272_000], pa.int64()).cast(pa.timestamp(unit, tz="UTC"))
    with pytest.raises(BadInput, match='column "ts" is beyond the years 1 to 9999 in row 0 of row group 0'):
        make_part(_share(tmp_path, 2, ts=instants))
    assert _rows_in(make_part(_share(tmp_path, 2, ts=instants, skip_bad_rows=True))) == 1


def test_a_sign_up_beyond_all_years_is_a_bad_row_too_and_nanoseconds_never_are(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match='column "signup_ts" is beyond'):
        make_part(_share(tmp_path, 2, signup_ts=pa.array([None, 2**63 - 1], TS)))
    ends = pa.array([-(2**63), 2**63 - 1], pa.timestamp("ns", tz="UTC"))
    assert _rows_in(make_part(_share(tmp_path, 2, ts=ends))) == 2


@pytest.mark.parametrize("name", ["account_id", "prompt", "client_ip"])
def test_bytes_that_are_no_text_are_a_bad_row(tmp_path: Path, name: str) -> None:
    raw = pa.array([b"good", b"\xff\xfe", b"good"])
    text = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    with pytest.raises(BadInput, match=f'column "{name}" is not UTF-8 in row 1 of row group 0'):
        make_part(_share(tmp_path, 3, **{name: text}))
    made = make_part(_share(tmp_path, 3, skip_bad_rows=True, **{name: text}))
    assert (made.rows, made.bad.count) == (2, 1)


def test_a_row_with_two_faults_is_one_bad_row(tmp_path: Path) -> None:
    nothing = pa.array([None, "x"])
    made = make_part(_share(tmp_path, 2, org_id=nothing, account_id=nothing, skip_bad_rows=True))
    assert (made.rows, made.bad.count) == (1, 1)


def test_a_scratch_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    share = _share(tmp_path, 2)
    share.target.with_name(".part.parquet.half").mkdir()
    with pytest.raises(Unavailable, match="cannot be written"):
        make_part(share)


def test_a_row_group_that_ends_early_is_no_silent_hole(tmp_path: Path) -> None:
    share = _share(tmp_path, 100)
    short = Share(path=share.path, where=0, rows=101, columns=share.columns, target=share.target)
    with pytest.raises(BadInput, match="row group 0 has 100 rows, and should have 101"):
        make_part(short)
    assert not share.target.exists()


MIB = 1 << 20
_MEASURED = """
import resource, sys
from pathlib import Path
import msgspec
from stillwatch.detection.adapters.log_parts import Share, make_part
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
share = msgspec.json.decode(sys.argv[1], type=Share, dec_hook=lambda kind, text: kind(text))
print(make_part(share).rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


def _measured(share: Share) -> tuple[int, int]:
    """Make a part in a process of its own: how many rows, and how much memory it took beyond its libraries."""
    given = msgspec.json.encode(share, enc_hook=str)
    ended = subprocess.run([sys.executable, "-c", _MEASURED, given], capture_output=True, text=True, check=True)
    rows, size = ended.stdout.split()
    return int(rows), int(size)


def _long_texts(count: int) -> list[str]:
    draw, letters = np.random.default_rng(5), str.maketrans("0123456789", "ghijklmnop")
    return [f"{draw.bytes(500).hex().translate(letters)} " * (MIB // 1_001) for _ in range(count)]


def test_memory_is_a_page_and_little_more_however_many_rows_it_holds(tmp_path: Path) -> None:
    share = _share(tmp_path, 300, writing={"use_dictionary": False}, prompt=pa.array(_long_texts(300)))
    page = pq.read_metadata(share.path).row_group(0).column(4).total_uncompressed_size
    assert page > 280 * MIB
    rows, size = _measured(share)
    assert rows == 300
    assert size < page + 250 * MIB


@pytest.mark.parametrize("name", ["prompt", "system"])
def test_a_text_of_a_megabyte_that_every_row_repeats_is_held_once(tmp_path: Path, name: str) -> None:
    # A gigabyte once each row has its own copy.
    repeated = pa.DictionaryArray.from_arrays(pa.array([at % 2 for at in range(1_000)], pa.int32()), _long_texts(2))
    share = _share(tmp_path, 1_000, writing={"store_schema": False}, **{name: repeated})
    assert pq.read_schema(share.path).field(name).type == pa.string()
    rows, size = _measured(share)
    assert rows == 1_000
    assert size < 250 * MIB
    made = pq.read_table(share.target).to_pylist()
    assert [row[f"{name}_hash"] for row in made[:2]] == [row[f"{name}_hash"] for row in made[-2:]]
    assert made[0][f"{name}_hash"] != made[1][f"{name}_hash"]


def test_a_repeated_text_that_is_none_is_a_bad_row_wherever_it_stands(tmp_path: Path) -> None:
    raw = pa.array([b"good", b"\xff\xfe"] * 150)
    text = pa.Array.from_buffers(pa.string(), 300, raw.buffers())
    made = make_part(_share(tmp_path, 300, skip_bad_rows=True, system=text))
    assert (made.rows, made.bad.count) == (150, 150)


def test_only_long_rows_make_large_pages(tmp_path: Path) -> None:
    assert not has_large_pages(_share(tmp_path, 5_000))
    assert not has_large_pages(_share(tmp_path, 20, prompt=pa.array(_long_texts(20))))
    assert has_large_pages(_share(tmp_path, 80, prompt=pa.array(_long_texts(80))))
