# SPDX-License-Identifier: Apache-2.0
"""Hunts in logs: reads them into sightings, reduces these to tables, and replays the tables through the engine.

It is the same engine that runs live, on the data's clock: a pass at every cadence, on what had become known by then.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec

from stillwatch.detection.adapters.duckdb_tables import DuckDbTables
from stillwatch.detection.adapters.log_ingest import ingest
from stillwatch.detection.adapters.log_texts import gather_texts
from stillwatch.detection.adapters.spark_tables import SparkTables
from stillwatch.detection.engine import Engine
from stillwatch.detection.relations.interface import TableEngine
from stillwatch.detection.relations.reduction import reduce
from stillwatch.detection.replay import replay, windows
from stillwatch.detection.samples import SamplePool
from stillwatch.detection.settings import DetectionSettings
from stillwatch.errors import BadInput
from stillwatch.records.finding import Findings
from stillwatch.service.corpora import open_corpora

DUCKDB = "duckdb"
CLUSTERS = ("sc://", "spark://")


class Stage(StrEnum):
    """What a hunt is busy with; each counts something else."""

    READING = "reading and sketching"
    """Rows of the log."""
    REDUCING = "reducing"
    """Queries."""
    REPLAYING = "replaying"
    """Exchanges."""
    SAMPLING = "looking for sample prompts"
    """Rows of the log."""


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
    memory_limit: str = "2GB",
    workers: int | None = None,
    work: Path | None = None,
    engine: str = DUCKDB,
    corpus_index: Path | None = None,
    samples: bool = False,
    progress: Callable[[Stage, int, int], None] = lambda _stage, _done, _total: None,
) -> Hunt:
    """Find campaigns in log files.

    Args:
        paths: Files and folders of Parquet or JSON Lines.
        settings: Detection's, with the cadence.
        skip_bad_rows: Count bad rows instead of refusing the log.
        memory_limit: For DuckDB, such as ``2GB``.
        workers: Processes that read; None for as many as the machine has cores for us.
        work: A folder for the sightings, which is kept: a hunt that was interrupted goes on from there. None: a
            temporary one.
        engine: ``duckdb``, or a Spark as ``SparkTables`` names it.
        corpus_index: The operator's own lists of public prompts, which need not exist; those that ship are always read.
        samples: Look at the log again for prompts that show what each campaign sends. They are personal data.
        progress: Called now and then with the stage, what is done of it, and its total.

    Raises:
        BadInput: The log is refused; the message says which file, column and row. Or the folder cannot be used.
        SettingsError: The engine has no such name, or is not installed.
        Unavailable: The engine cannot be reached, or a process died.
        IntegrityError: The index of public prompts is damaged.
    """
    corpora = open_corpora(corpus_index)
    if work is None and engine.startswith(CLUSTERS):
        raise BadInput(
            f"Spark at {engine} reads the sightings where its executors run.",
            hint="Name a folder that they share with this machine: --work DIR.",
        )
    with scratch(work) as folder, closing(open_tables(engine, folder, memory_limit)) as tables:
        read = ingest(
            paths,
            scratch=folder,
            workers=workers,
            skip_bad_rows=skip_bad_rows,
            progress=lambda done, total: progress(Stage.READING, done, total),
        )
        cadence_us = settings.cadence_seconds * 1_000_000
        seen = Engine(settings, corpora)
        findings, passes = seen.findings(0), 0
        if read.rows:
            reduced = reduce(
                tables,
                [str(part) for part in read.parts],
                cadence_us=cadence_us,
                progress=lambda done, total: progress(Stage.REDUCING, done, total),
            )
            findings, passes = replay(
                seen,
                windows(reduced, cadence_us=cadence_us),
                progress=lambda done: progress(Stage.REPLAYING, done, read.rows),
            )
        if samples and findings.campaigns:
            findings = _with_samples(
                findings,
                paths,
                folder,
                skip_bad_rows=skip_bad_rows,
                progress=lambda done, total: progress(Stage.SAMPLING, done, total),
            )
    return Hunt(
        findings=findings,
        exchanges=seen.observed,
        accounts=len(seen.census),
        organisations=len(seen.census.orgs),
        passes=passes,
        bad_rows=read.bad.count,
        bad_rows_named=tuple(read.bad.named),
        note=seen.note(),
    )


def _with_samples(
    findings: Findings,
    paths: Sequence[Path],
    scratch: Path,
    *,
    skip_bad_rows: bool,
    progress: Callable[[int, int], None],
) -> Findings:
    """Give each campaign its sample prompts."""
    pool = SamplePool({one.campaign_id: one.accounts for one in findings.campaigns})
    gather_texts(paths, pool, scratch=scratch, skip_bad_rows=skip_bad_rows, progress=progress)
    shown = (msgspec.structs.replace(one, samples=pool.samples(one.campaign_id)) for one in findings.campaigns)
    return msgspec.structs.replace(findings, campaigns=tuple(shown))


def open_tables(engine: str, folder: Path, memory_limit: str) -> TableEngine:
    """Open the engine of that name; the caller closes it.

    Raises:
        BadInput: The memory limit cannot be read.
        SettingsError: The engine has no such name, or is not installed.
    """
    if engine == DUCKDB:
        return DuckDbTables(scratch=folder / "spilled", memory_limit=memory_limit)
    return SparkTables(engine)


@contextmanager
def scratch(work: Path | None) -> Iterator[Path]:
    """Give a folder that no other hunt uses; what was spilled into it is gone afterwards.

    Raises:
        BadInput: It cannot be made, or another hunt uses it.
    """
    if work is None:
        with tempfile.TemporaryDirectory(prefix="stillwatch-hunt-") as folder:
            yield Path(folder)
        return
    try:
        work.mkdir(parents=True, exist_ok=True)
        lock = (work / "lock").open("w")
    except OSError as error:
        raise BadInput(f"The folder {work} cannot be used: {error.strerror}.") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadInput(f"Another hunt uses the folder {work}.", hint="Wait for it, or name another.") from None
        try:
            yield work
        finally:
            shutil.rmtree(work / "spilled", ignore_errors=True)
