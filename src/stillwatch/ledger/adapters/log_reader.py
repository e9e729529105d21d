# SPDX-License-Identifier: Apache-2.0
"""Reads the record back in time order: the log in Parquet, and what has not been rolled into it yet."""

import contextlib
import heapq
from collections.abc import Collection, Iterator
from operator import attrgetter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.errors import IntegrityError
from stillwatch.ledger.adapters.arrow_rows import from_batch
from stillwatch.ledger.adapters.follower import SegmentFollower
from stillwatch.ledger.adapters.parquet_log import PARQUET, PART, hours_of
from stillwatch.ledger.adapters.spool_folder import SpoolFolder
from stillwatch.ledger.pseudonyms import Pseudonyms
from stillwatch.ledger.rows import HOUR_US, LATEST_US
from stillwatch.records.exchange import Exchange

BATCH_ROWS = 1024


class LogReader:
    """The record of one ledger folder, for reading only; gateway and roller may run meanwhile.

    Args:
        directory: The ledger's folder.
        pseudonyms: The key holder's: with it, identifiers can be shown, and rows not rolled yet are hidden alike.
    """

    def __init__(self, directory: Path, *, pseudonyms: Pseudonyms | None = None) -> None:
        self._spool = SpoolFolder(directory / "spool")
        self._log = directory / "log"
        self._pseudonyms = pseudonyms

    def exchanges(
        self, *, from_us: int = 0, until_us: int = LATEST_US + 1, identify: bool = False, rolled_only: bool = False
    ) -> Iterator[Exchange]:
        """Every exchange that arrived in ``[from_us, until_us)``, by ``ts``, each once.

        Memory holds a batch of each file of one hour, and the rows of the spool that are not rolled yet.

        Args:
            from_us: Microseconds since the epoch.
            until_us: The same.
            identify: Give identifiers in clear even where the log keeps pseudonyms.
            rolled_only: Leave out every segment that is still in the spool, for somebody who follows the spool as well.

        Raises:
            IntegrityError: A file is damaged, or pseudonyms were made with another key.
        """
        names = self._pseudonyms
        unrolled, segments = self._unrolled(read=not rolled_only)
        rolled = self._rolled(from_us // HOUR_US, (until_us - 1) // HOUR_US, segments)
        if names is not None:
            rolled = map(names.show, rolled) if identify else rolled
            unrolled = unrolled if identify else [names.hide(row) for row in unrolled]
        for row in heapq.merge(rolled, unrolled, key=attrgetter("ts_us")):
            if from_us <= row.ts_us < until_us:
                yield row

    def find(self, exchange_id: str, *, identify: bool = False) -> Exchange | None:
        """One exchange by its id, or None. Raises as ``exchanges``."""
        unrolled, segments = self._unrolled()
        for row in unrolled:
            if row.exchange_id == exchange_id:
                return row if identify or self._pseudonyms is None else self._pseudonyms.hide(row)
        for path in self._parts(segments):
            with _saying_which(path), pq.ParquetFile(path, page_checksum_verification=True) as file:
                for group in range(file.num_row_groups):
                    ids = file.read_row_group(group, columns=["exchange_id"]).column(0)
                    at = pc.index(ids, exchange_id).as_py()
                    if at >= 0:
                        row = next(from_batch(file.read_row_group(group).slice(at, 1).to_batches()[0]))
                        return self._pseudonyms.show(row) if identify and self._pseudonyms else row
        return None

    def snapshot(self) -> tuple[list[Exchange], list[Path]]:
        """The rows that are not rolled yet, and the files that hold all others: each exchange is in one of them."""
        unrolled, segments = self._unrolled()
        return unrolled, self._parts(segments)

    def _unrolled(self, *, read: bool = True) -> tuple[list[Exchange], frozenset[str]]:
        """Rows of the spool by ``ts``, and the segments they are from, whose files in the log must be passed by.

        The spool is opened before the log is listed: a segment that is rolled from now on is still read from here.
        """
        rows: list[Exchange] = []
        segments = set()
        for path in self._spool.segments():
            with contextlib.suppress(FileNotFoundError), SegmentFollower(path) as segment:
                if not read:
                    pass
                elif segment.is_abandoned():
                    rows.extend(segment.last_rows(self._spool.followed()))
                else:
                    rows.extend(segment.committed_rows())
                segments.add(segment.segment_id)
        rows.sort(key=attrgetter("ts_us"))
        return rows, frozenset(segments)

    def _parts(self, leave_out: Collection[str]) -> list[Path]:
        return [path for _, folder in hours_of(self._log) for path in _parts_in(folder, leave_out)]

    def _rolled(self, first_hour: int, last_hour: int, leave_out: Collection[str]) -> Iterator[Exchange]:
        for hour, folder in hours_of(self._log):
            if first_hour <= hour <= last_hour:
                parts = [_read_part(path) for path in _parts_in(folder, leave_out)]
                yield from heapq.merge(*parts, key=attrgetter("ts_us"))


def segment_of(part: Path) -> str:
    """The segment that a file of the log was rolled from."""
    return part.name.removeprefix(PART).removesuffix(PARQUET)


def _parts_in(folder: Path, leave_out: Collection[str]) -> list[Path]:
    return [path for path in sorted(folder.glob(f"{PART}*{PARQUET}")) if segment_of(path) not in leave_out]


def _read_part(path: Path) -> Iterator[Exchange]:
    # An hour may be dropped by retention while it is read.
    with (
        contextlib.suppress(FileNotFoundError),
        _saying_which(path),
        pq.ParquetFile(path, page_checksum_verification=True) as file,
    ):
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            yield from from_batch(batch)


@contextlib.contextmanager
def _saying_which(path: Path) -> Iterator[None]:
    """Damage in a file becomes an error that names it."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise IntegrityError(f"{path} is damaged: {error}.", hint="Restore it from a backup.") from error
