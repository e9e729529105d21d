# SPDX-License-Identifier: Apache-2.0
"""Log files into sightings: Parquet parts in a folder, made by several processes, with nothing lost silently.

Parts hold the rows in no order, and a row that the log gives twice is given twice. A part that an earlier run finished
is not made again.
"""

import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from hashlib import blake2b
from multiprocessing import get_context, parent_process
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event, Lock
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.detection.adapters.bad_rows import BadRows
from stillwatch.detection.adapters.json_lines import Block, blocks, refuse_if_none
from stillwatch.detection.adapters.log_files import is_json, log_files
from stillwatch.detection.adapters.log_parts import Part, Share, finished, has_large_pages, make_part
from stillwatch.detection.adapters.log_schema import COLUMNS, parquet_columns
from stillwatch.detection.sightings import COLUMNS_READ, SIGHTINGS
from stillwatch.detection.sketch import VERSION
from stillwatch.errors import BadInput, Unavailable

FEW_ROWS = 20_000
"""Rows that one process has read before another has started."""
POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """A log as sightings."""

    parts: tuple[Path, ...]
    """Parquet files of the schema ``SIGHTINGS``, in the order of the log's files."""
    rows: int
    """Sightings in all, rows given twice counted twice."""
    read: int
    """Rows of the log, bad and refused ones included."""
    bad: BadRows


def ingest(
    paths: Sequence[Path],
    *,
    scratch: Path,
    workers: int | None = None,
    skip_bad_rows: bool = False,
    progress: Callable[[int, int], None] = lambda _read, _total: None,
) -> Ingested:
    """Make the sightings of a log.

    Args:
        paths: Files and folders of Parquet or JSON Lines.
        scratch: An existing folder for the parts; some 250 bytes an exchange.
        workers: Processes; None for as many as the machine has cores for us.
        skip_bad_rows: Count bad rows instead of refusing the log.
        progress: Called now and then with the rows read and their total, which grows while a compressed file of JSON
            Lines is read.

    Raises:
        BadInput: The log is refused; the message says which file, column and row.
        Unavailable: A process died, or a part cannot be written.
    """
    files = log_files(paths)
    shares = [share for path in files for share in shares_of(path, scratch, skip_bad_rows=skip_bad_rows)]
    parts = {share: part for share in shares if (part := finished(share)) is not None}
    todo = [share for share in shares if share not in parts]
    tally = _Tally(shares, parts, progress)
    workers = min(workers or len(os.sched_getaffinity(0)), len(todo))
    if workers <= 1 or sum(_weight(share) for share in todo) < FEW_ROWS:
        for share in todo:
            parts[share] = make_part(share, read=tally.add)
    else:
        parts.update(zip(todo, _in_processes(todo, workers, tally), strict=True))
    for path in files:
        of_file = [parts[share] for share in shares if share.path == path]
        if is_json(path):
            refuse_if_none(path, rows=sum(part.rows for part in of_file), bad=_bad(of_file))
    made = [parts[share] for share in shares]
    return Ingested(
        parts=tuple(part.path for part in made),
        rows=sum(part.rows for part in made),
        read=sum(part.read for part in made),
        bad=_bad(made),
    )


def shares_of(path: Path, scratch: Path, *, columns: Sequence[str] = COLUMNS_READ, skip_bad_rows: bool) -> list[Share]:
    """Cut a log file into shares.

    Args:
        path: A file of the log.
        scratch: Where their parts would go.
        columns: Those that are wanted, as far as the file has them.
        skip_bad_rows: See ``ingest``.

    Raises:
        BadInput: It lacks a required column, or is damaged.
    """
    stem = _stem(path, skip_bad_rows=skip_bad_rows)
    found: list[tuple[int | Block, int | None]]
    if is_json(path):
        names = frozenset(column.name for column in COLUMNS)
        found = [(block, block.lines) for block in blocks(path)]
    else:
        names = parquet_columns(path)
        try:
            groups = pq.read_metadata(path)
        except (pa.ArrowException, OSError) as error:
            raise BadInput(f"{path} is damaged: {str(error).partition(chr(10))[0]}.") from None
        found = [(at, groups.row_group(at).num_rows) for at in range(groups.num_row_groups)]
    return [
        Share(
            path=path,
            where=where,
            rows=rows,
            columns=tuple(name for name in columns if name in names),
            target=scratch / f"{stem}-{number:05d}.parquet",
            skip_bad_rows=skip_bad_rows,
        )
        for number, (where, rows) in enumerate(found)
    ]


def _stem(path: Path, *, skip_bad_rows: bool) -> str:
    """Name parts by all that decides what is in them."""
    state = path.stat()
    decides = (str(path.absolute()), state.st_size, state.st_mtime_ns, skip_bad_rows, VERSION, str(SIGHTINGS))
    return blake2b(repr(decides).encode(), digest_size=12).hexdigest()


def _weight(share: Share) -> int:
    return FEW_ROWS if share.rows is None else share.rows


def _bad(parts: Sequence[Part]) -> BadRows:
    bad = BadRows()
    for part in parts:
        bad.merge(part.bad)
    return bad


class _Tally:
    """Counts rows, and tells whoever watches."""

    def __init__(self, shares: Sequence[Share], parts: dict[Share, Part], progress: Callable[[int, int], None]) -> None:
        self._progress = progress
        self._total = sum(parts[one].read if one in parts else one.rows or 0 for one in shares)
        self._before = self._read = sum(part.read for part in parts.values())
        progress(self._read, self._total)

    def add(self, rows: int) -> None:
        self._read += rows
        self._progress(self._read, max(self._total, self._read))

    def put(self, rows: int) -> None:
        """Say how many rows were read in this run."""
        self.add(self._before + rows - self._read)


class _Stopped(Exception):  # noqa: N818 - a signal between processes
    """Another process has failed."""


def _in_processes(todo: Sequence[Share], workers: int, tally: _Tally) -> list[Part]:
    context = get_context("spawn")
    rows: Synchronized[int] = context.Value("q", 0)
    stop, large = context.Event(), context.Lock()
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(rows, stop, large)) as pool:
        futures = [pool.submit(_make, share) for share in todo]
        try:
            pending = set(futures)
            while pending and not any(_failure(one) for one in futures):
                _, pending = wait(pending, timeout=POLL_SECONDS, return_when=FIRST_EXCEPTION)
                # Not through the lock: a process that was killed may hold it.
                tally.put(rows.get_obj().value)
            failures = [failure for one in futures if (failure := _failure(one)) is not None]
            if failures:
                raise failures[0]
            return [one.result() for one in futures]
        except BrokenProcessPool:
            raise Unavailable(
                "A process that read the log was killed, most often for want of memory.",
                hint="Use fewer workers, or give the machine more memory, and start again: finished parts are kept.",
            ) from None
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def _failure(future: "Future[Part]") -> BaseException | None:
    return future.exception() if future.done() and not future.cancelled() else None


def _begin(rows: "Synchronized[int]", stop: Event, large: Lock) -> None:
    """Start a worker: it ends with its parent, and leaves the interrupt key to it."""
    global _rows, _stop, _large
    _rows, _stop, _large = rows, stop, large
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pa.set_cpu_count(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


_rows: "Synchronized[int]"
_stop: Event
_large: Lock
"""Held by whoever reads a share with large pages."""


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make(share: Share) -> Part:
    if not has_large_pages(share):
        return make_part(share, read=_read)
    while not _large.acquire(timeout=POLL_SECONDS):
        _heed()
    try:
        return make_part(share, read=_read)
    finally:
        _large.release()


def _heed() -> None:
    if _stop.is_set():
        raise _Stopped


def _read(rows: int) -> None:
    _heed()
    with _rows.get_lock():
        _rows.value += rows
