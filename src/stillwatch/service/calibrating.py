# SPDX-License-Identifier: Apache-2.0
"""Calibrates detection on a log without labels: how often would it be wrong about such traffic?

The log is replayed as it stands, and then several times with its accounts moved in time, so that accounts of different
blocks coincide by chance apart. Whatever is contained then is contained for no campaign that coincides in time.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import pyarrow as pa

from stillwatch.detection.adapters.log_ingest import ingest
from stillwatch.detection.calibration.baseline import SCHEMA, Baseline, Tally, settings_digest
from stillwatch.detection.calibration.crowd import Crowd, crowd_of
from stillwatch.detection.calibration.moves import Room, offsets, room_of
from stillwatch.detection.calibration.quantities import readings
from stillwatch.detection.engine import Engine
from stillwatch.detection.relations.interface import SCHEMAS, TableEngine
from stillwatch.detection.relations.reduction import held, lives_of, reduce, shift
from stillwatch.detection.replay import replay, windows
from stillwatch.detection.settings import DetectionSettings
from stillwatch.errors import BadInput
from stillwatch.records.finding import Findings
from stillwatch.service.hunting import DUCKDB, open_tables, scratch


class Step(StrEnum):
    """What a calibration is busy with; each counts something else."""

    READING = "reading and sketching"
    """Rows of the log."""
    REDUCING = "reducing"
    """Queries."""
    AS_IT_STANDS = "replaying as it stands"
    """Exchanges."""
    MOVED = "replaying moved accounts"
    """Exchanges of all repeats together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What a calibration gives."""

    baseline: Baseline
    bad_rows: int
    bad_rows_named: tuple[str, ...]
    """The first few bad rows, each with its file and line."""


def calibrate(
    paths: Sequence[Path],
    *,
    settings: DetectionSettings,
    repeats: int,
    seed: int = 0,
    skip_bad_rows: bool = False,
    memory_limit: str = "2GB",
    workers: int | None = None,
    work: Path | None = None,
    progress: Callable[[Step, int, int], None] = lambda _step, _done, _total: None,
) -> Calibration:
    """Make a baseline of log files.

    Args:
        paths: Files and folders of Parquet or JSON Lines.
        settings: Detection's, with the cadence.
        repeats: How often the accounts are moved anew, at least 1.
        seed: Of the moves and the samples. The same log, settings and seed give the same baseline.
        skip_bad_rows: Count bad rows instead of refusing the log.
        memory_limit: For DuckDB, such as ``2GB``.
        workers: Processes that read; None for as many as the machine has cores for us.
        work: A folder for the sightings, which is kept, and may be that of a hunt. None: a temporary one.
        progress: Called now and then with the step, what is done of it, and its total.

    Raises:
        BadInput: The log is refused, or has too few organisations for anything to be found in it; or the folder cannot
            be used.
        Unavailable: A process died.
    """
    cadence_us = settings.cadence_seconds * 1_000_000
    with scratch(work) as folder, closing(open_tables(DUCKDB, folder, memory_limit)) as tables:
        read = ingest(
            paths,
            scratch=folder,
            workers=workers,
            skip_bad_rows=skip_bad_rows,
            progress=lambda done, total: progress(Step.READING, done, total),
        )
        engine = Engine(settings)
        if not read.rows:
            raise BadInput("The log is empty.", hint="Give at least some days of an operator's traffic.")
        reduced = reduce(
            tables,
            [str(part) for part in read.parts],
            cadence_us=cadence_us,
            progress=lambda done, total: progress(Step.REDUCING, done, total),
        )
        stands, _ = replay(
            engine,
            windows(reduced, cadence_us=cadence_us),
            progress=lambda done: progress(Step.AS_IT_STANDS, done, read.rows),
        )
        if engine.note():
            raise BadInput(engine.note(), hint="Give a longer log, or one of more organisations.")
        crowd = _crowd(tables)
        room = room_of(crowd, cadence_us=cadence_us)
        tally = Tally(crowd)
        for repeat in range(repeats):
            before = repeat * read.rows
            findings, moved = _replay_moved(
                tables,
                crowd,
                room,
                settings,
                chance=np.random.default_rng((seed, repeat)),
                progress=lambda done, before=before: progress(  # type: ignore[misc]
                    Step.MOVED, before + done, repeats * read.rows
                ),
            )
            now_us = findings.window_to_us
            tally.add(findings, readings(moved, now_us=now_us, chance=np.random.default_rng((seed, repeat, 1))))
    return Calibration(
        baseline=Baseline(
            schema=SCHEMA,
            settings=settings_digest(settings),
            seed=seed,
            repeats=repeats,
            from_us=stands.window_from_us,
            to_us=stands.window_to_us,
            exchanges=engine.observed,
            accounts=len(crowd.names),
            organisations=len(crowd.organisations),
            blocks=crowd.blocks,
            movable=round(float(room.can_move()[crowd.block].mean()), 6),
            repeats_with_containment=tally.repeats_with_containment,
            repeats_with_apart=tally.repeats_with_apart,
            as_it_stands=tally.as_it_stands(stands),
            rates=tally.rates(),
            quantities=tally.histograms(),
        ),
        bad_rows=read.bad.count,
        bad_rows_named=tuple(read.bad.named),
    )


def _crowd(tables: TableEngine) -> Crowd:
    return crowd_of(
        pa.Table.from_batches(lives_of(tables), SCHEMAS["lives"]),
        pa.Table.from_batches(held(tables), SCHEMAS["postings"]),
    )


def _replay_moved(
    tables: TableEngine,
    crowd: Crowd,
    room: Room,
    settings: DetectionSettings,
    *,
    chance: np.random.Generator,
    progress: Callable[[int], None],
) -> tuple[Findings, Engine]:
    """Move every block and replay: what is found, and the engine as it was left."""
    accounts, organisations = offsets(crowd, room.draw(chance))
    engine = Engine(settings)
    moved = shift(tables, accounts=accounts, organisations=organisations)
    findings, _ = replay(engine, windows(moved, cadence_us=room.cadence_us), progress=progress)
    return findings, engine
