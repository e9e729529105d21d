# SPDX-License-Identifier: Apache-2.0
"""Exchange logs from files, in order of time, whatever order they lie in.

DuckDB sorts, within a memory limit and on the disk beyond it; only one batch of rows is in Python's hands at a time.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.detection.adapters.bad_rows import BadRows
from stillwatch.detection.adapters.json_lines import convert
from stillwatch.detection.adapters.log_files import is_json, log_files
from stillwatch.detection.adapters.log_schema import COLUMNS, OWN_COLUMNS, parquet_columns
from stillwatch.errors import BadInput
from stillwatch.records.exchange import Exchange, Outcome

READ = (
    "exchange_id",
    "ts",
    "org_id",
    "account_id",
    "model",
    "prompt",
    "client_ip",
    "asn",
    "user_agent",
    "ja4",
    "payment_fp",
    "signup_ts",
    "system",
    "conversation_id",
    "turn",
    "status",
    "outcome",
    "sketch",
)
"""What detection reads; the rest of the row stays in the file."""
BATCH_ROWS = 4_096
OUTCOMES = {outcome.value: outcome for outcome in Outcome}


class LogReader:
    """A log, checked and ready to be read in order.

    Args:
        paths: Files and folders.
        scratch: A folder for what does not fit in memory; the caller removes it.
        skip_bad_rows: Count bad rows instead of refusing the log.
        memory_limit: For DuckDB, such as ``1GB``.
        read: Called with bytes of JSON Lines as they are converted.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        scratch: Path,
        skip_bad_rows: bool = False,
        memory_limit: str = "1GB",
        read: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.bad = BadRows()
        self.rows = 0
        self._scratch = scratch
        self._memory_limit = memory_limit
        self._sources: list[tuple[str, frozenset[str]]] = []
        every = frozenset(column.name for column in COLUMNS)
        for number, path in enumerate(log_files(paths)):
            if is_json(path):
                target = scratch / f"lines-{number}.parquet"
                self.rows += convert(path, target, skip_bad_rows=skip_bad_rows, bad=self.bad, read=read)
                self._sources.append((str(target), every))
            else:
                names = parquet_columns(path)
                self.rows += self._checked_rows(path, skip_bad_rows=skip_bad_rows)
                self._sources.append((str(path), names))

    def _checked_rows(self, path: Path, *, skip_bad_rows: bool) -> int:
        """Count a Parquet file's rows and refuse null where the contract requires a value."""
        required = [column.name for column in COLUMNS if column.is_required]
        total = 0
        try:
            with pq.ParquetFile(path) as file:
                for group in range(file.num_row_groups):
                    suspects = _columns_with_nulls(file, group, required)
                    count = file.metadata.row_group(group).num_rows
                    if suspects:
                        table = file.read_row_group(group, columns=suspects)
                        count -= self._null_rows(path, group, table, skip_bad_rows=skip_bad_rows)
                    total += count
        except (pa.ArrowInvalid, OSError) as error:
            raise BadInput(f"{path} is damaged: {str(error).partition(chr(10))[0]}.") from None
        return total

    def _null_rows(self, path: Path, group: int, table: pa.Table, *, skip_bad_rows: bool) -> int:
        any_null = None
        for name in table.column_names:
            nulls = pc.is_null(table[name])
            first = pc.index(nulls, value=True).as_py()
            if first < 0:
                continue
            fault = f'{path}: the required column "{name}" is null in row {first} of row group {group}'
            if not skip_bad_rows:
                raise BadInput(f"{fault}.", hint="Mend the row, or skip such rows with --skip-bad-rows.")
            self.bad.add(fault)
            any_null = nulls if any_null is None else pc.or_(any_null, nulls)
        if any_null is None:
            return 0
        skipped = int(pc.sum(any_null).as_py())
        self.bad.count += skipped - 1
        return skipped

    def exchanges(self) -> Iterator[Exchange]:
        """Every exchange, in order of time and then of id, each id of one instant once."""
        connection = duckdb.connect(":memory:")
        try:
            connection.execute(f"SET memory_limit = '{self._memory_limit}'")
            connection.execute("SET temp_directory = ?", [str(self._scratch)])
            connection.execute("SET preserve_insertion_order = false")
            connection.execute("SET autoinstall_known_extensions = false")
            last: tuple[int, str] | None = None
            reader = connection.sql(self._query()).to_arrow_reader(BATCH_ROWS)
            for batch in reader:
                for exchange in _exchanges_of(batch):
                    key = (exchange.ts_us, exchange.exchange_id)
                    if key != last:
                        yield exchange
                    last = key
        except duckdb.OutOfMemoryException:
            raise BadInput(
                f"Sorting the log needs more than {self._memory_limit} of memory and the scratch folder's space.",
                hint="Give more with --memory-limit, or sort the log by ts before.",
            ) from None
        except duckdb.Error as error:
            raise BadInput(f"The log cannot be read: {str(error).partition(chr(10))[0]}.") from None
        finally:
            connection.close()

    def _query(self) -> str:
        selects = []
        for source, names in self._sources:
            quoted = source.replace("'", "''")
            columns = ", ".join(_select(name, names) for name in READ)
            selects.append(f"SELECT {columns} FROM read_parquet('{quoted}', hive_partitioning = false)")  # noqa: S608 - quoted above
        required = [column.name for column in COLUMNS if column.is_required]
        present = " AND ".join(f'"{name}" IS NOT NULL' for name in required)
        return f"SELECT * FROM ({' UNION ALL '.join(selects)}) WHERE {present} ORDER BY ts, exchange_id"  # noqa: S608 - names are our own


def _select(name: str, names: frozenset[str]) -> str:
    kinds = {column.name: column.kind for column in (*COLUMNS, *OWN_COLUMNS)}
    kind = {"string": "VARCHAR", "timestamp": "TIMESTAMPTZ", "int": "BIGINT", "bytes": "BLOB"}[kinds[name]]
    return f'CAST({chr(34) + name + chr(34) if name in names else "NULL"} AS {kind}) AS "{name}"'


def _columns_with_nulls(file: pq.ParquetFile, group: int, required: Sequence[str]) -> list[str]:
    """The required columns of a row group that may hold nulls, told by its statistics where it has them."""
    metadata = file.metadata.row_group(group)
    suspects = []
    for at in range(metadata.num_columns):
        column = metadata.column(at)
        if column.path_in_schema in required:
            statistics = column.statistics
            if statistics is None or not statistics.has_null_count or statistics.null_count:
                suspects.append(column.path_in_schema)
    return suspects


def _exchanges_of(batch: pa.RecordBatch) -> Iterator[Exchange]:
    columns: list[list[Any]] = []
    for name in READ:
        column = batch.column(batch.schema.get_field_index(name))
        if name in ("ts", "signup_ts"):
            column = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
        columns.append(column.to_pylist())
    for (
        exchange_id, ts_us, org_id, account_id, model, prompt, client_ip, asn, user_agent, ja4, payment_fp,
        signup_ts_us, system, conversation_id, turn, status, outcome, sketch,
    ) in zip(*columns, strict=True):  # fmt: skip
        yield Exchange(
            exchange_id=exchange_id,
            ts_us=ts_us,
            org_id=org_id,
            account_id=account_id,
            model=model,
            prompt=prompt,
            client_ip=client_ip,
            asn=asn,
            user_agent=user_agent,
            ja4=ja4,
            payment_fp=payment_fp,
            signup_ts_us=signup_ts_us,
            system=system,
            conversation_id=conversation_id,
            turn=turn,
            status=status,
            outcome=OUTCOMES.get(outcome, Outcome.COMPLETED),
            sketch=sketch,
        )
