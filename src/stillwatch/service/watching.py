# SPDX-License-Identifier: Apache-2.0
"""Builds the watch: the engine, what it follows, what it remembers from before a restart, and where the log goes."""

from collections.abc import Callable, Iterator

from stillwatch.detection.adapters.duckdb_tables import DuckDbTables
from stillwatch.detection.live import LiveEngine
from stillwatch.gateway.interface import NowUs
from stillwatch.records.exchange import Exchange
from stillwatch.records.finding import Findings
from stillwatch.service.corpora import open_corpora
from stillwatch.service.log_room import open_log, open_reader
from stillwatch.service.record_room import open_tail
from stillwatch.service.watch import Watch
from stillwatch.settings import Settings

DAY_US = 86_400_000_000
MEMORY_LIMIT = "1GB"
"""What reducing a window may use before it goes to the disk."""


def open_watch(settings: Settings, now_us: NowUs, respond: Callable[[Findings, int], None]) -> Watch:
    """Live detection over the record the settings name.

    Args:
        settings: See there.
        now_us: The data's clock.
        respond: See ``Watch``.

    Raises:
        IntegrityError: The index of public prompts is damaged.
        BadInput: It is of another version, or cannot be read.
    """
    tail = open_tail(settings)
    return Watch(
        engine=LiveEngine(settings.detection, lambda: _open_tables(settings), open_corpora(settings.corpus_index)),
        history=_history(settings, now_us),
        tail=tail,
        log=open_log(settings, tail=tail),
        respond=respond,
        now_us=now_us,
        cadence_us=settings.detection.cadence_seconds * 1_000_000,
        roll_seconds=settings.control.roll_seconds,
    )


def _open_tables(settings: Settings) -> DuckDbTables:
    """On one core: the others are the gateway's."""
    return DuckDbTables(scratch=settings.run_dir / "spilled", memory_limit=MEMORY_LIMIT, threads=1)


def _history(settings: Settings, now_us: NowUs) -> Iterator[Exchange]:
    """What the engine would still remember: the log in Parquet. What is in the spool comes through the tail."""
    from_us = now_us() - settings.detection.memory_days * DAY_US
    yield from open_reader(settings).exchanges(from_us=max(0, from_us), identify=True, rolled_only=True)
