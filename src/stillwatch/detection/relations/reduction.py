# SPDX-License-Identifier: Apache-2.0
"""Runs the definitions on an engine and hands the tables back, each a stream in order of window.

A log may be reduced once as a whole, or window by window as it grows. What comes out is the same but for one thing: a
posting or a system prompt that an earlier window already had comes again, since no window knows of another. Who takes
the windows in order ignores what he has.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from stillwatch.detection.relations.activity import activity
from stillwatch.detection.relations.distinct import REPEATS, distinct, repeated
from stillwatch.detection.relations.firsts import FIRSTS_AND_ORG, firsts
from stillwatch.detection.relations.interface import HOUR_US, KNOWN, ORDER, SCHEMAS, TableEngine
from stillwatch.detection.relations.lessons import lessons
from stillwatch.detection.relations.pairs import edges, pairs
from stillwatch.detection.relations.postings import postings
from stillwatch.detection.relations.prompts import prompts
from stillwatch.detection.relations.systems import systems
from stillwatch.detection.relations.tables import Table, table, to_sql
from stillwatch.detection.sightings import SIGHTINGS

Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Windows that end after ``after_us`` and not after ``until_us``, both of them ends of windows."""

    after_us: int
    until_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduced:
    """The tables that grow with the log; ``SCHEMAS`` and ``ORDER`` say how each is laid out.

    The streams may be read side by side, as far as wanted. They end with the next reduction on the same engine.
    """

    activity: Batches
    postings: Batches
    firsts: Batches
    systems: Batches
    lessons: Batches
    prompts: Batches


def reduce(
    engine: TableEngine,
    sightings: pa.Table | Sequence[str],
    *,
    cadence_us: int,
    span: Span | None = None,
    known: pa.Table | None = None,
    progress: Callable[[int, int], None] = lambda _made, _total: None,
) -> Reduced:
    """Reduce sightings, which stay in the engine together with every table.

    Args:
        engine: Where it runs.
        sightings: ``SIGHTINGS``, or Parquet files of them; rows given twice count once.
        cadence_us: A window's length.
        span: Only these windows come out, and the sightings must hold them and the hour before. None: every window,
            up to the one in which the last first message becomes known.
        known: ``KNOWN``: what windows before the span held of each account. None: nothing.
        progress: Called with the number of queries run and their total.

    Raises:
        BadInput: The sightings cannot be read, or the engine has too little memory and disk.
        Unavailable: The engine cannot be reached.
    """
    engine.register("given", sightings)
    engine.register("known", KNOWN.empty_table() if known is None else known)
    given = table("given", SIGHTINGS)
    if span is not None:
        given = given.filter(given.ts_us >= span.after_us - HOUR_US, given.ts_us < span.until_us)
    total = len(Reduced.__slots__) + 1
    progress(0, total)
    if engine.materialise("repeats", to_sql(repeated(given), engine.dialect)):
        engine.materialise("sightings", to_sql(distinct(given, table("repeats", REPEATS)), engine.dialect))
        given = table("sightings", SIGHTINGS)
    progress(1, total)
    for made, (name, definition) in enumerate(definitions(given, cadence_us=cadence_us, span=span).items(), 2):
        engine.materialise(name, to_sql(definition, engine.dialect))
        progress(made, total)
    return Reduced(**{name: _stream(engine, name) for name in Reduced.__slots__})


def definitions(sightings: Table, *, cadence_us: int, span: Span | None = None) -> dict[str, Table]:
    """Give each table's definition, in an order in which they can be run.

    Args:
        sightings: ``SIGHTINGS``, each counted once; with a span, those and the hour before.
        cadence_us: A window's length.
        span: See ``reduce``.
    """
    newest = sightings if span is None else sightings.filter(sightings.ts_us >= span.after_us)
    first = firsts(sightings, cadence_us=cadence_us)
    if span is not None:
        first = first.filter(first.window_us > span.after_us, first.window_us <= span.until_us)
    return {
        "activity": activity(newest, cadence_us=cadence_us),
        "postings": postings(newest, cadence_us=cadence_us),
        "firsts": first,
        "systems": systems(newest, cadence_us=cadence_us),
        "lessons": lessons(newest, table("known", KNOWN), cadence_us=cadence_us),
        "prompts": prompts(table("firsts", FIRSTS_AND_ORG)),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Which accounts hold what others hold. See ``Reduced``."""

    pairs: Batches
    edges: Batches


def pair(engine: TableEngine, held: Sequence[str], *, cap: int, organisations: int) -> Paired:
    """Find who shares what.

    Every posting given counts, whenever it was made: at an instant of a replay, give those made by then.

    Args:
        engine: Where it runs.
        held: Names of tables of ``POSTINGS`` that the engine has, such as ``postings`` and ``prompts``, that have no
            ``account``, ``kind`` and ``token`` twice.
        cap: See ``pairs``.
        organisations: See ``edges``.

    Raises:
        BadInput: The engine has too little memory and disk.
        Unavailable: The engine cannot be reached.
    """
    first, *others = (table(name, SCHEMAS["postings"]) for name in held)
    everything = first.union(*others) if others else first
    engine.materialise("pairs", to_sql(pairs(everything, cap=cap), engine.dialect))
    each = table("pairs", SCHEMAS["pairs"])
    engine.materialise("edges", to_sql(edges(each, organisations=organisations), engine.dialect))
    return Paired(pairs=_stream(engine, "pairs"), edges=_stream(engine, "edges"))


def _stream(engine: TableEngine, name: str) -> Batches:
    return engine.stream(name, SCHEMAS[name], ORDER[name])
