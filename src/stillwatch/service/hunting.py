# SPDX-License-Identifier: Apache-2.0
"""Hunts in logs: reads them in order of time, replays them through the engine, and says what it found when.

It is the same engine that runs live, on the data's clock: a pass at every cadence, on what had been seen by then.
"""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stillwatch.detection.adapters.log_reader import LogReader
from stillwatch.detection.engine import Engine
from stillwatch.detection.settings import DetectionSettings
from stillwatch.records.exchange import Exchange
from stillwatch.records.finding import Findings

SILENT_PASSES = 48
"""Passes that are made in a silence; after that the clock jumps to the next exchange, since nothing can change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunt:
    """What a hunt did and found."""

    findings: Findings
    exchanges: int
    accounts: int
    organisations: int
    passes: int
    bad_rows: int
    bad_rows_named: tuple[str, ...]
    """The first few bad rows, each with its file and line."""
    note: str
    """Why nothing could be found, where that is so; else empty."""


def hunt(
    paths: Sequence[Path],
    *,
    settings: DetectionSettings,
    skip_bad_rows: bool = False,
    memory_limit: str = "1GB",
    progress: Callable[[int, int], None] = lambda _seen, _total: None,
) -> Hunt:
    """Find campaigns in log files.

    Args:
        paths: Files and folders of Parquet or JSON Lines.
        settings: Detection's, with the cadence.
        skip_bad_rows: Count bad rows instead of refusing the log.
        memory_limit: For sorting, such as ``1GB``.
        progress: Called now and then with the exchanges seen and their total.

    Raises:
        BadInput: The log is refused; the message says which file, column and row.
    """
    with tempfile.TemporaryDirectory(prefix="stillwatch-hunt-") as folder:
        reader = LogReader(paths, scratch=Path(folder), skip_bad_rows=skip_bad_rows, memory_limit=memory_limit)
        engine = Engine(settings)
        findings, passes = replay(
            engine,
            reader.exchanges(),
            cadence_us=settings.cadence_seconds * 1_000_000,
            progress=lambda seen: progress(seen, reader.rows),
        )
        bad = reader.bad
    return Hunt(
        findings=findings,
        exchanges=engine.observed,
        accounts=len(engine.census),
        organisations=len(engine.census.orgs),
        passes=passes,
        bad_rows=bad.count,
        bad_rows_named=tuple(bad.named),
        note=engine.note(),
    )


def replay(
    engine: Engine,
    exchanges: Iterable[Exchange],
    *,
    cadence_us: int,
    progress: Callable[[int], None] = lambda _seen: None,
) -> tuple[Findings, int]:
    """Feed exchanges in order of time, with a pass at every whole multiple of the cadence, and give what was found.

    The last pass comes at the first multiple after the last exchange, as it would live.
    """
    due_us: int | None = None
    passes = seen = 0
    for exchange in exchanges:
        if due_us is None:
            due_us = _next(exchange.ts_us, cadence_us)
        silent = 0
        while exchange.ts_us >= due_us:
            engine.campaign_pass(due_us)
            passes += 1
            silent += 1
            due_us = _next(exchange.ts_us, cadence_us) if silent >= SILENT_PASSES else due_us + cadence_us
        engine.observe(exchange)
        seen += 1
        if not seen % 500:
            progress(seen)
    if due_us is None:
        return engine.findings(0), 0
    findings = engine.campaign_pass(due_us)
    progress(seen)
    return findings, passes + 1


def _next(ts_us: int, cadence_us: int) -> int:
    return (ts_us // cadence_us + 1) * cadence_us
