# SPDX-License-Identifier: Apache-2.0
"""Rolls the spool into the log: Parquet, by hour, for DuckDB, Spark and pandas to read directly.

A segment becomes one file in each hour it has rows of, named after the segment. The order of steps keeps every exchange
in the log exactly once for whoever reads the folder, whatever is killed in between:

1. Write each file and its digest under names that no reader takes for a part of the log, and sync them.
2. Rename them. If we crash before the next step, rolling again writes the same rows under the same names.
3. Sync the folders, then remove the segment and sync that.

A segment that continues another is rolled after it, because it says how much of the other counts.
"""

import contextlib
import fcntl
import hashlib
import logging
import os
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import msgspec
import pyarrow.parquet as pq

from stillwatch.ledger.adapters.arrow_rows import to_table
from stillwatch.ledger.adapters.disk import PosixDisk
from stillwatch.ledger.adapters.follower import SegmentFollower
from stillwatch.ledger.adapters.segment import UNBORN
from stillwatch.ledger.adapters.spool_folder import SpoolFolder
from stillwatch.ledger.interface import Disk
from stillwatch.ledger.pseudonyms import Pseudonyms
from stillwatch.ledger.rows import HOUR_US, hour_of
from stillwatch.ledger.settings import LedgerSettings
from stillwatch.records.exchange import Exchange

LOG = logging.getLogger("stillwatch.ledger")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STALE_SECONDS = 60
"""A segment that was never born is swept away at this age."""
ROW_GROUP_ROWS = 32_768
PART = "part-"
PARQUET = ".parquet"
SUM = ".sha256"
"""Beside each file lies its digest, hidden and in the form that ``sha256sum --check`` reads: Parquet's own checksums do
not cover its footer, and one flipped bit there can hide every row. (``.crc`` would be taken for Hadoop's.)"""
HALF_MADE = ".half"
DAMAGED = ".damaged"


class RollReport(msgspec.Struct, kw_only=True):
    """What a roll did."""

    segments: int = 0
    rows: int = 0
    interrupted: int = 0
    """Rows made for exchanges that were cut short by the end of their worker; counted in ``rows`` too."""
    damaged: list[str] = []
    """Segments put into quarantine: what could be read of them is in the log."""
    dropped_hours: int = 0
    failures: int = 0
    """Segments that a disk error kept in the spool; they are tried again next time."""


class ParquetLog:
    """The log of one ledger folder. One process rolls at a time.

    Args:
        settings: See there.
        pseudonyms: Replaces identifiers on the way into the log; None keeps them.
        disk: The disk; another one in tests.
        ready: Names the segments that may be rolled, such as ``SpoolTail.drained``; None lets all be rolled.
    """

    def __init__(
        self,
        settings: LedgerSettings,
        *,
        pseudonyms: Pseudonyms | None = None,
        disk: Disk | None = None,
        ready: Callable[[], Collection[str]] | None = None,
    ) -> None:
        self._settings = settings
        self._pseudonyms = pseudonyms
        self._disk = disk or PosixDisk()
        self._ready = ready
        self._spool = SpoolFolder(settings.directory / "spool")
        self._log = settings.directory / "log"
        self._quarantine = settings.directory / "quarantine"
        self._last_cutoff = 0
        # Arrow imports pandas, where that is installed, for the first table it makes: a second better spent here than
        # while exchanges wait to be observed.
        to_table(())

    def roll(self, now_us: int) -> RollReport:
        """Move every segment that nobody writes to any more into the log, and drop what is past its retention.

        Disk errors are logged and counted, not raised: whatever they hit stays in the spool for the next time.

        Args:
            now_us: The data's present, for retention.
        """
        report = RollReport()
        allowed = None if self._ready is None else frozenset(self._ready())
        try:
            with self._sole_roller() as is_sole:
                if is_sole:
                    self._sweep()
                    for path in self._spool.in_order():
                        if allowed is None or path.stem in allowed:
                            self._roll_segment(path, report, now_us)
                    self._drop_old(now_us, report)
        except OSError as error:
            report.failures += 1
            LOG.error("The log cannot be rolled: %s.", error)  # noqa: TRY400 - no traceback: it repeats at every roll
        return report

    @contextlib.contextmanager
    def _sole_roller(self) -> Iterator[bool]:
        """Whether nobody else rolls this log; nobody can while the context lasts."""
        self._disk.make_folders(self._log)
        self._disk.make_folders(self._spool.path)
        descriptor = os.open(self._log / ".roller", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield True
        except BlockingIOError:
            yield False
        finally:
            os.close(descriptor)

    def _sweep(self) -> None:
        """Remove what a roller or a writer that was killed left half made."""
        for leftover in self._log.glob(f"date=*/hour=*/.*{HALF_MADE}"):
            self._disk.remove(leftover)
        for unborn in self._spool.path.glob(f"*{UNBORN}"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - unborn.stat().st_mtime > STALE_SECONDS:
                    self._disk.remove(unborn)

    def _roll_segment(self, path: Path, report: RollReport, now_us: int) -> None:
        try:
            with SegmentFollower(path) as segment:
                if self._spool.predecessor(path) is not None:
                    # It says how much of that one counts, so it must be there until that one is rolled.
                    return
                if not segment.is_abandoned() or not segment.is_in_place():
                    return
                by_hour: dict[int, list[Exchange]] = defaultdict(list)
                for row in segment.last_rows(self._spool.followed()):
                    by_hour[hour_of(row.ts_us)].append(row)
                self._write_parts(segment.segment_id, by_hour)
                self._put_away(segment, max(by_hour, default=hour_of(now_us)))
        except FileNotFoundError:
            return
        except OSError as error:
            report.failures += 1
            LOG.error("Segment %s stays in the spool: %s.", path.stem, error)  # noqa: TRY400 - as in roll
            return
        report.segments += 1
        report.rows += sum(map(len, by_hour.values()))
        report.interrupted += segment.interrupted
        if segment.damage:
            report.damaged.append(segment.segment_id)

    def _write_parts(self, segment_id: str, by_hour: Mapping[int, list[Exchange]]) -> None:
        for hour, rows in by_hour.items():
            folder = self._log / hour_folder(hour)
            self._disk.make_folders(folder)
            name = f"{PART}{segment_id}{PARQUET}"
            # A leading dot and another suffix: DuckDB, Spark and pyarrow all pass it by.
            half_made = folder / f".{segment_id}{HALF_MADE}"
            with self._new_file(half_made) as file:
                self._write_table(rows, file)
            with half_made.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            half_made_sum = folder / f".{segment_id}{SUM}{HALF_MADE}"
            with self._new_file(half_made_sum) as file:
                file.write(f"{digest}  {name}\n".encode())
            # The sum first: if we crash in between, rolling again replaces both.
            self._disk.rename(half_made_sum, folder / f".{name}{SUM}")
            self._disk.rename(half_made, folder / name)
            self._disk.sync_path(folder)

    @contextlib.contextmanager
    def _new_file(self, path: Path) -> Iterator[IO[bytes]]:
        """A file to write, on the disk when the context ends."""
        descriptor = self._disk.create(path)
        try:
            with open(descriptor, "wb", closefd=False) as file:
                yield file
            self._disk.sync(descriptor)
        finally:
            self._disk.close(descriptor)

    def _write_table(self, rows: list[Exchange], file: IO[bytes]) -> None:
        rows.sort(key=lambda row: (row.ts_us, row.exchange_id))
        hidden = rows if self._pseudonyms is None else [self._pseudonyms.hide(row) for row in rows]
        pq.write_table(
            to_table(hidden),
            file,
            compression="zstd",
            row_group_size=ROW_GROUP_ROWS,
            # Bounds on texts would copy prompts into the footer.
            write_statistics=["exchange_id", "ts", "org_id", "account_id", "model", "status"],
            write_page_checksum=True,
        )

    def _put_away(self, segment: SegmentFollower, last_hour: int) -> None:
        """Take a segment whose rows are in the log out of the spool."""
        if segment.damage:
            self._disk.make_folders(self._quarantine)
            # The name says how long it must be kept.
            self._disk.rename(segment.path, self._quarantine / f"{segment.segment_id}.{last_hour}{DAMAGED}")
            self._disk.sync_path(self._quarantine)
        else:
            self._disk.remove(segment.path)
        self._disk.sync_path(self._spool.path)

    def _drop_old(self, now_us: int, report: RollReport) -> None:
        """Remove the hours whose last row is past its retention, and no other."""
        if self._settings.retention_days is None:
            return
        cutoff = (now_us - self._settings.retention_days * 24 * HOUR_US) // HOUR_US
        if cutoff == self._last_cutoff:
            return
        for hour, folder in hours_of(self._log):
            if hour < cutoff:
                self._disk.remove_tree(folder)
                report.dropped_hours += 1
                with contextlib.suppress(OSError):
                    folder.parent.rmdir()
        for path in self._quarantine.glob(f"*{DAMAGED}"):
            if int(path.suffixes[-2].lstrip(".")) < cutoff:
                self._disk.remove(path)
        self._last_cutoff = cutoff


def hour_folder(hour: int) -> str:
    """Where rows of an hour, counted from the epoch, lie below the log's folder."""
    start = EPOCH + timedelta(hours=hour)
    return f"date={start:%Y-%m-%d}/hour={start:%H}"


def hours_of(log: Path) -> list[tuple[int, Path]]:
    """The hours the log has, earliest first, and their folders. Folders of other names are not ours."""
    found = []
    for folder in log.glob("date=*/hour=*"):
        with contextlib.suppress(ValueError):
            date = datetime.strptime(f"{folder.parent.name} {folder.name} +0000", "date=%Y-%m-%d hour=%H %z")
            found.append(((date - EPOCH) // timedelta(hours=1), folder))
    return sorted(found)
