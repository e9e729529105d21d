# SPDX-License-Identifier: Apache-2.0
"""``python -m bench.detection.lived FILES...``: what half a day of a log costs live, an exchange, as JSON.

Each exchange is sketched as the gateway does, and observed as the control process does; every hour's window is reduced
and taken in. The first hour is not counted: it is when libraries are loaded and queries written.
"""

import itertools
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.arena.schedule import DAY_US, HOUR_US, START_US
from stillwatch.detection.adapters.duckdb_tables import DuckDbTables
from stillwatch.detection.live import LiveEngine
from stillwatch.detection.settings import DetectionSettings
from stillwatch.detection.sketch import sketch
from stillwatch.records.exchange import Exchange

FROM_US = START_US + 7 * DAY_US + 6 * HOUR_US
HOURS = 12
_TIMES = ("ts", "signup_ts")


def main() -> None:
    """Measure, and print."""
    log = _exchanges([Path(name) for name in sys.argv[1:]])
    hours = [list(rows) for _, rows in itertools.groupby(log, key=lambda one: one.ts_us // HOUR_US)]
    sketching = observing = taking_in = 0.0
    count = 0
    with tempfile.TemporaryDirectory() as scratch:
        tables = lambda: DuckDbTables(scratch=Path(scratch), memory_limit="1GB", threads=1)  # noqa: E731 - as short as it gets
        live = LiveEngine(DetectionSettings(), tables)
        for number, rows in enumerate(hours):
            began = time.process_time()
            sketches = [sketch(one) for one in rows]
            sketched = time.process_time()
            recorded = [msgspec.structs.replace(one, sketch=made) for one, made in zip(rows, sketches, strict=True)]
            ready = time.process_time()
            for one in recorded:
                live.observe(one)
            observed = time.process_time()
            live.take_in(rows[-1].ts_us - rows[-1].ts_us % HOUR_US + HOUR_US)
            ended = time.process_time()
            if number:
                sketching += sketched - began
                observing += observed - ready
                taking_in += ended - observed
                count += len(rows)
    parts = {"sketch": sketching, "observe": observing, "take in": taking_in}
    each = {name: seconds / count * 1e6 for name, seconds in parts.items()}
    print(json.dumps({"exchanges": count, "an_hour": count // (len(hours) - 1), "cpu_us": each}))


def _exchanges(files: list[Path]) -> list[Exchange]:
    """Half a day's exchanges in order of time."""
    fields = {"ts": "ts_us", "signup_ts": "signup_ts_us"}
    made: list[Exchange] = []
    for file in files:
        for group in range(pq.ParquetFile(file).num_row_groups):
            table = pq.ParquetFile(file).read_row_group(group)
            at_us = table["ts"].cast(pa.int64())
            inside = pc.and_(pc.greater_equal(at_us, FROM_US), pc.less(at_us, FROM_US + HOURS * HOUR_US))
            table = table.filter(inside)
            for name in _TIMES:
                table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(pa.int64()))
            rows: list[dict[str, Any]] = table.rename_columns(
                [fields.get(name, name) for name in table.column_names]
            ).to_pylist()
            made += [Exchange(**row) for row in rows]
    return sorted(made, key=lambda one: (one.ts_us, one.exchange_id))


if __name__ == "__main__":
    main()
