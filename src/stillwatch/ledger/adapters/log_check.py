# SPDX-License-Identifier: Apache-2.0
"""Checks a whole record: that every checksum holds, and that no exchange is in it twice."""

import contextlib
import hashlib
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.ledger.adapters.arrow_rows import SCHEMA
from stillwatch.ledger.adapters.follower import SegmentFollower
from stillwatch.ledger.adapters.log_reader import LogReader
from stillwatch.ledger.adapters.parquet_log import DAMAGED, SUM, hours_of
from stillwatch.ledger.adapters.spool_folder import SpoolFolder
from stillwatch.ledger.rows import HOUR_US

SHOWN = 20
"""Duplicates that are named."""


class LogCheck(msgspec.Struct, kw_only=True):
    """What a check found. Good where ``damage`` and ``duplicates`` are empty."""

    rows: int = 0
    """Exchanges in the record."""
    unrolled: int = 0
    """Of these, still in the spool."""
    files: int = 0
    segments: int = 0
    duplicates: list[str] = []
    """Ids that are in the record more than once; the first twenty."""
    damage: list[str] = []
    """What does not match its checksum, or stands where it does not belong; a sentence each."""

    @property
    def is_good(self) -> bool:
        """Whether the record is whole."""
        return not (self.duplicates or self.damage)


def check_log(directory: Path, *, memory_limit: str = "1GB") -> LogCheck:
    """Read every byte of the record and say what is wrong with it.

    Args:
        directory: The ledger's folder. Gateway and roller may run meanwhile.
        memory_limit: What counting duplicates may use before it goes to the disk, in DuckDB's words.
    """
    check = LogCheck()
    unrolled, parts = LogReader(directory).snapshot()
    check.unrolled = len(unrolled)
    check.rows = len(unrolled)
    _check_spool(directory, check)
    good = [path for path in parts if _check_part(path, check)]
    known_hours = {folder for _, folder in hours_of(directory / "log")}
    check.damage += [f"{path} is not in an hour's folder." for path in parts if path.parent not in known_hours]
    ids = pa.table({"exchange_id": pa.array([row.exchange_id for row in unrolled], pa.string())})
    with duckdb.connect(config={"memory_limit": memory_limit}) as connection:
        connection.register("unrolled", ids)
        try:
            check.duplicates = _duplicates(connection, good)
        except duckdb.Error:
            # Some file passes Arrow and not DuckDB: find out which, and go on without it.
            readable = [path for path in good if _duckdb_reads(connection, path, check)]
            check.duplicates = _duplicates(connection, readable)
    return check


def _check_spool(directory: Path, check: LogCheck) -> None:
    spool = SpoolFolder(directory / "spool")
    for path in spool.segments():
        with contextlib.suppress(FileNotFoundError), SegmentFollower(path) as segment:
            check.segments += 1
            is_abandoned = segment.is_abandoned()
            for _ in segment.last_rows(spool.followed()) if is_abandoned else segment.committed_rows():
                pass
            check.damage += segment.damage
    for path in sorted((directory / "quarantine").glob(f"*{DAMAGED}")):
        check.damage.append(f"{path.name} is in quarantine: it was damaged, and what could be read of it was rolled.")


def _check_part(path: Path, check: LogCheck) -> bool:
    """Read every byte and then every page of a file; say whether that went well."""
    if not _has_its_sum(path, check):
        return False
    hour = {folder: number for number, folder in hours_of(path.parents[2])}.get(path.parent)
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            missing = set(SCHEMA.names) - set(file.schema_arrow.names)
            if missing:
                check.damage.append(f"{path} lacks the columns {', '.join(sorted(missing))}.")
                return False
            strays = 0
            for batch in file.iter_batches():
                instants = batch.column(batch.schema.get_field_index("ts")).cast(pa.int64()).to_pylist()
                strays += sum(1 for ts_us in instants if ts_us // HOUR_US != hour)
            check.rows += file.metadata.num_rows
    except FileNotFoundError:
        return False
    except (pa.ArrowException, OSError, ValueError) as error:
        check.damage.append(f"{path} cannot be read: {error}.")
        return False
    if strays:
        check.damage.append(f"{path} holds {strays} rows of another hour.")
    check.files += 1
    return True


def _has_its_sum(path: Path, check: LogCheck) -> bool:
    try:
        stated = path.with_name(f".{path.name}{SUM}").read_text(encoding="ascii", errors="replace").split(" ")[0]
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        # Where the file itself has gone, retention took it while we read.
        if path.exists():
            check.damage.append(f"{error.filename} is missing: {path.name} cannot be checked.")
        return False
    if stated != found:
        check.damage.append(f"{path} does not match its SHA-256.")
    return stated == found


def _duckdb_reads(connection: duckdb.DuckDBPyConnection, path: Path, check: LogCheck) -> bool:
    try:
        connection.execute("SELECT count(DISTINCT exchange_id) FROM read_parquet($1)", [str(path)]).fetchall()
    except duckdb.Error as error:
        check.damage.append(f"{path} cannot be read by DuckDB: {str(error).splitlines()[0]}.")
        return False
    return True


def _duplicates(connection: duckdb.DuckDBPyConnection, parts: list[Path]) -> list[str]:
    """Ids that are in these files and the table ``unrolled`` more than once, some of them."""
    source = "SELECT exchange_id FROM unrolled"
    if parts:
        source += " UNION ALL SELECT exchange_id FROM read_parquet($parts, hive_partitioning = false)"
    found = connection.execute(
        f"SELECT exchange_id FROM ({source}) GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT {SHOWN}",  # noqa: S608 - constants alone
        {"parts": [str(path) for path in parts]} if parts else None,
    ).fetchall()
    return [exchange_id for (exchange_id,) in found]
