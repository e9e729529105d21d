# SPDX-License-Identifier: Apache-2.0
"""Tables on Apache Spark: a cluster, or this machine's cores."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import pyarrow as pa

from stillwatch.errors import BadInput, SettingsError, StillwatchError, Unavailable

T = TypeVar("T")
MASTERS = ("sc://", "spark://", "local[")
REACH_SECONDS = 30.0
"""How long a Spark Connect server may take to answer at first."""
STREAM_ROWS = 500_000
"""Rows of a stream that are in this process at once, unless more have the same first column."""
_UNREADABLE = (
    "PATH_NOT_FOUND",
    "FAILED_READ_FILE",
    "UNABLE_TO_INFER_SCHEMA",
    "CANNOT_READ_FILE",
    "CANNOT_MERGE_SCHEMAS",
)
"""How Spark's errors name what is wrong with a file."""
_KINDS = {"int64": "bigint", "int16": "smallint", "bool": "boolean", "string": "string", "binary": "binary"}


class SparkTables:
    """A ``TableEngine`` on a Spark session of its own.

    What is materialised stays in the executors' memory, and on their disks beyond it; what is lost with an executor is
    computed again. Files must lie where the executors find them under the same name.

    Args:
        master: ``sc://HOST:PORT`` of a Spark Connect server, ``spark://HOST:PORT`` of a standalone master, or
            ``local[CORES]``. The last two need Java on this machine.
        settings: Spark's own, such as ``spark.executor.memory``; a Connect server takes only those of a session.
        stream_rows: See ``STREAM_ROWS``.

    Raises:
        SettingsError: The master is none of these, or PySpark is not installed.
        Unavailable: Spark cannot be reached or started.
    """

    dialect = "databricks"

    def __init__(
        self, master: str, *, settings: Mapping[str, str] | None = None, stream_rows: int = STREAM_ROWS
    ) -> None:
        if not master.startswith(MASTERS):
            raise SettingsError(
                f'"{master}" names no Spark.', hint="It reads sc://HOST:PORT, spark://HOST:PORT or local[CORES]."
            )
        self._master = master
        self._stream_rows = stream_rows
        self._cached: set[str] = set()
        self._failures = _failures(is_remote=master.startswith("sc://"))
        opened = _connected if master.startswith("sc://") else _started
        self._session = self._asked(lambda: opened(master, settings or {}))

    def register(self, name: str, source: pa.Table | Sequence[str]) -> None:
        """See ``TableEngine``."""
        self._forget(name)
        self._asked(lambda: self._frame(source).createOrReplaceTempView(name))

    def _frame(self, source: pa.Table | Sequence[str]) -> Any:
        if not isinstance(source, pa.Table):
            return self._session.read.parquet(*source)
        if source.num_rows:
            return self._session.createDataFrame(source)
        # Spark takes no table without rows, and no list without a Python of this version on every executor.
        columns = ", ".join(f"CAST(NULL AS {_KINDS[str(field.type)]}) AS `{field.name}`" for field in source.schema)
        return self._session.sql(f"SELECT {columns} WHERE FALSE")

    def materialise(self, name: str, sql: str) -> int:
        """See ``TableEngine``."""
        self._forget(name)

        def materialised() -> int:
            # A view made in SQL would keep the text, and mean other tables when their names are given again.
            self._session.sql(sql).createOrReplaceTempView(name)
            self._cached.add(name)
            return int(self._session.table(name).persist().count())

        return self._asked(materialised)

    def stream(self, name: str, schema: pa.Schema, order_by: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """See ``TableEngine``."""
        table = self._asked(lambda: self._session.table(name).select(*schema.names))
        leading = order_by[0]
        counts = self._asked(lambda: table.groupBy(leading).count().orderBy(leading).toArrow())
        for least, most in _ranges(*counts.to_pydict().values(), most_rows=self._stream_rows):
            part = table.where((table[leading] >= least) & (table[leading] <= most)).orderBy(*order_by)
            yield from self._asked(part.toArrow).cast(schema).to_batches()

    def close(self) -> None:
        """See ``TableEngine``."""
        # A Connect server keeps what is cached after its session.
        for name in tuple(self._cached):
            self._forget(name)
        self._asked(self._session.stop)

    def _forget(self, name: str) -> None:
        if name in self._cached:
            self._asked(lambda: self._session.table(name).unpersist())
            self._cached.remove(name)

    def _asked(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except self._failures as error:
            raise self._meaning(error) from None

    def _meaning(self, error: Exception) -> StillwatchError:
        text = str(error)
        # Java's own words come after Py4J's line about which call it was.
        lines = [line.strip(" :.") for line in text.splitlines() if line.strip() and "while calling" not in line]
        said = lines[0] if lines else type(error).__name__
        if any(each in text for each in _UNREADABLE):
            return BadInput(
                f"The sightings cannot be read: {said}.", hint="Each must be whole, and lie where the executors see it."
            )
        return Unavailable(
            f"Spark at {self._master} did not do it: {said}.", hint="Its own log says more; see that it runs."
        )


def _failures(*, is_remote: bool) -> tuple[type[Exception], ...]:
    """Give what PySpark raises; the thin client has no Py4J, through which the others talk to Java."""
    try:
        from pyspark.errors import PySparkException  # noqa: PLC0415 - an extra, and slow to import

        if is_remote:
            return (PySparkException,)
        from py4j.protocol import Py4JError  # noqa: PLC0415
    except ImportError:
        raise SettingsError("PySpark is not installed.", hint='Install "stillwatch[spark]".') from None
    return (PySparkException, Py4JError)


def _connected(url: str, settings: Mapping[str, str]) -> Any:
    """Open a session of its own on a Connect server."""
    import grpc  # noqa: PLC0415 - as above
    from pyspark.sql.connect.client import DefaultChannelBuilder  # noqa: PLC0415
    from pyspark.sql.connect.session import SparkSession  # noqa: PLC0415

    # Spark's client by itself would try for ten minutes.
    with DefaultChannelBuilder(url).toChannel() as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=REACH_SECONDS)
        except grpc.FutureTimeoutError:
            raise Unavailable(f"No Spark Connect server answers at {url}.", hint="See that it runs.") from None
    builder = SparkSession.Builder().remote(url)
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.create()


def _started(master: str, settings: Mapping[str, str]) -> Any:
    """Start a session whose driver runs beside this process."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - as above

    # PySpark prints each failure that it raises, with the whole of Java's stack.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    quiet = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
    builder = SparkSession.Builder().master(master).appName("stillwatch")
    for name, value in {**quiet, **settings}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def _ranges(values: Sequence[Any], counts: Sequence[int], *, most_rows: int) -> Iterator[tuple[Any, Any]]:
    """Split ordered values into ranges, first and last, that have no more rows than said, or one value."""
    first, rows = 0, 0
    for place, count in enumerate(counts):
        if rows and rows + count > most_rows:
            yield values[first], values[place - 1]
            first, rows = place, 0
        rows += count
    if rows:
        yield values[first], values[-1]
