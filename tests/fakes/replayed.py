# SPDX-License-Identifier: Apache-2.0
"""A log replayed through an engine: reduced once, then window by window."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from fakes.traffic import HOUR_US
from stillwatch.detection.adapters.duckdb_tables import DuckDbTables
from stillwatch.detection.engine import Engine
from stillwatch.detection.relations.interface import SCHEMAS
from stillwatch.detection.relations.reduction import reduce
from stillwatch.detection.replay import windows
from stillwatch.detection.settings import DetectionSettings
from stillwatch.detection.sightings import sightings_of_exchanges
from stillwatch.detection.window import Window
from stillwatch.records.exchange import Exchange
from stillwatch.records.finding import Findings

EVERY_US = 6 * HOUR_US


def tables() -> DuckDbTables:
    """What windows are reduced on; nothing here is large enough to be spilled."""
    return DuckDbTables(scratch=Path("unused"), threads=1)


def window(end_us: int, **given: pa.Table) -> Window:
    """A window that holds these tables and otherwise nothing."""
    names = ("activity", "postings", "firsts", "systems", "lessons")
    return Window(end_us=end_us, **{**{name: SCHEMAS[name].empty_table() for name in names}, **given})


def windows_of(log: Sequence[Exchange], *, every_us: int = EVERY_US) -> list[Window]:
    """A log's windows."""
    engine = tables()
    try:
        sightings = pa.Table.from_batches([sightings_of_exchanges(log)])
        return list(windows(reduce(engine, sightings, cadence_us=every_us), cadence_us=every_us))
    finally:
        engine.close()


def until(given: Sequence[Window], end_us: int, *, every_us: int = EVERY_US) -> Iterator[Window]:
    """The windows up to an instant, and silent ones after the last."""
    due_us = end_us
    for one in given:
        if one.end_us <= end_us:
            due_us = one.end_us + every_us
            yield one
    for silent_us in range(due_us, end_us + 1, every_us):
        yield window(silent_us)


def replayed(
    log: Sequence[Exchange], *, until_us: int, every_us: int = EVERY_US, settings: DetectionSettings | None = None
) -> Findings:
    """What an engine says of a log at an instant, after a pass at the end of every window."""
    engine = Engine(settings)
    for one in until(windows_of(log, every_us=every_us), until_us, every_us=every_us):
        engine.absorb(one)
        engine.campaign_pass(one.end_us)
    return engine.findings(until_us)


def absorbed(log: Sequence[Exchange], *, every_us: int = EVERY_US) -> Engine:
    """An engine that has taken a log in and never looked."""
    engine = Engine()
    for one in windows_of(log, every_us=every_us):
        engine.absorb(one)
    return engine
