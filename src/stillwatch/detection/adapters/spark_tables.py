# SPDX-License-Identifier: Apache-2.0
"""Tables on Apache Spark: on a cluster, or on this machine's cores."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from stillwatch.errors import SettingsError

if TYPE_CHECKING:
    pass

T = TypeVar("T")
STREAM_ROWS = 500_000
"""Rows of a stream that may be in this process at once, unless more have the same first column."""
REACH_SECONDS = 30.0
MASTERS = ("sc://", "spark://", "local[")
_CANNOT_READ = ("PATH_NOT_FOUND", "FAILED_READ_FILE", "UNABLE_TO_INFER_SCHEMA", "CANNOT_READ", "NOT_A_PARQUET")


class SparkTables:
    """A ``TableEngine`` on a Spark session of its own.

    Tables that are materialised stay in the executors' memory, and on their disks beyond it; what an executor loses
    with its life is computed again.

    Args:
        master: ``sc://HOST:PORT`` of a Spark Connect server, ``spark://HOST:PORT`` of a standalone master, or
            ``local[CORES]``. The last two need Java on this machine.
        settings: Spark's own settings, such as ``spark.executor.memory``.
        stream_rows: See ``STREAM_ROWS``.

    Raises:
        SettingsError: The master is none of these, or Spark is not installed.
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
        self._session = self._opened(dict(settings or {}))
        self._names: set[str] = set()
