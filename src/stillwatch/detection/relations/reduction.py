# SPDX-License-Identifier: Apache-2.0
"""Runs the definitions on an engine and hands the tables back, each a stream in order of window.

A log may be reduced once as a whole, or window by window as it grows. What comes out is the same but for one thing: a
posting or a system prompt that an earlier window already had comes again, since no window knows of another. Who takes
the windows in order ignores what he has.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa

from stillwatch.detection.relations.activity import activity
from stillwatch.detection.relations.distinct import REPEATS, distinct, repeated
from stillwatch.detection.relations.firsts import FIRSTS_AND_ORG, firsts
from stillwatch.detection.relations.interface import HOUR_US, KNOWN, ORDER, SCHEMAS, SPAN, TableEngine
from stillwatch.detection.relations.lessons import lessons
from stillwatch.detection.relations.lives import lives
from stillwatch.detection.relations.pairs import edges, pairs
from stillwatch.detection.relations.postings import postings
from stillwatch.detection.relations.prompts import prompts
from stillwatch.detection.relations.shifted import shifted
from stillwatch.detection.relations.systems import systems
from stillwatch.detection.relations.tables import Table, table, to_sql
from stillwatch.detection.sightings import SIGHTINGS

Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Windows that end after ``after_us`` and not after ``until_us``, both of them ends of windows."""

    after_us: int
    until_us: int


EVER = Span(after_us=-(1 << 62), until_us=1 << 62)


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
    engine.register("span", _span_table(EVER if span is None else span))
    total = len(Reduced.__slots__) + 1
    progress(0, total)
    repeats, single = _repeats(engine.dialect)
    has_repeats = engine.materialise("repeats", repeats) > 0
    if has_repeats:
        engine.materialise("sightings", single)
    progress(1, total)
    source = "sightings" if has_repeats else "given"
    for made, (name, query) in enumerate(_queries(source, cadence_us, engine.dialect), 2):
        engine.materialise(name, query)
        progress(made, total)
    return Reduced(**{name: _stream(engine, name) for name in Reduced.__slots__})


def definitions(sightings: Table, *, cadence_us: int) -> dict[str, Table]:
    """Give each table's definition, in an order in which they can be run. Only the windows of ``span`` come out.

    Args:
        sightings: ``SIGHTINGS``, each counted once: those of the span and of the hour before.
        cadence_us: A window's length.
    """
    span = table("span", SPAN)
    after_us, until_us = span.after_us.max().as_scalar(), span.until_us.max().as_scalar()
    wanted = sightings.filter(sightings.ts_us >= after_us - HOUR_US, sightings.ts_us < until_us)
    newest = wanted.filter(wanted.ts_us >= after_us)
    first = firsts(wanted, cadence_us=cadence_us)
    return {
        "activity": activity(newest, cadence_us=cadence_us),
        "postings": postings(newest, cadence_us=cadence_us),
        "firsts": first.filter(first.window_us > after_us, first.window_us <= until_us),
        "systems": systems(newest, cadence_us=cadence_us),
        "lessons": lessons(newest, table("known", KNOWN), cadence_us=cadence_us),
    }


@lru_cache
def _repeats(dialect: str) -> tuple[str, str]:
    """The queries that find what was given twice, and that give each sighting once."""
    given = table("given", SIGHTINGS)
    return to_sql(repeated(given), dialect), to_sql(distinct(given, table("repeats", REPEATS)), dialect)


@lru_cache
def _queries(source: str, cadence_us: int, dialect: str) -> tuple[tuple[str, str], ...]:
    """Each table's name and query. Writing them takes longer than running them on one window, so they are kept."""
    made = definitions(table(source, SIGHTINGS), cadence_us=cadence_us)
    return tuple((name, to_sql(definition, dialect)) for name, definition in made.items())


def _span_table(span: Span) -> pa.Table:
    return pa.table([[span.after_us], [span.until_us]], SPAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Which accounts hold what others hold. See ``Reduced``."""

    pairs: Batches
    edges: Batches


def pair(engine: TableEngine, held: Sequence[str], *, cap: int, organisations: int) -> Paired:
    """Find who shares what.

    Every posting given counts, whenever it was made: at an instant of a replay, give those made by then.

    Args:
        engine: Where it runs, after a reduction.
        held: Names of tables of ``POSTINGS`` that the engine has, and that have no ``account``, ``kind`` and ``token``
            twice. ``prompts`` is made of the first messages here, since nothing else asks for it.
        cap: See ``pairs``.
        organisations: See ``edges``.

    Raises:
        BadInput: The engine has too little memory and disk.
        Unavailable: The engine cannot be reached.
    """
    if "prompts" in held:
        engine.materialise("prompts", to_sql(prompts(table("firsts", FIRSTS_AND_ORG)), engine.dialect))
    first, *others = (table(name, SCHEMAS["postings"]) for name in held)
    everything = first.union(*others) if others else first
    engine.materialise("pairs", to_sql(pairs(everything, cap=cap), engine.dialect))
    each = table("pairs", SCHEMAS["pairs"])
    engine.materialise("edges", to_sql(edges(each, organisations=organisations), engine.dialect))
    return Paired(pairs=_stream(engine, "pairs"), edges=_stream(engine, "edges"))


def shift(engine: TableEngine, *, accounts: pa.Table, organisations: pa.Table) -> Reduced:
    """Give the reduced tables with accounts moved in time. The tables themselves stay as they are.

    Args:
        engine: Where it runs, after a reduction.
        accounts: ``OFFSETS`` of every account, in whole windows.
        organisations: ``OFFSETS`` of every organisation: those of its accounts, all of which move alike.

    Raises:
        BadInput: The engine has too little memory and disk.
        Unavailable: The engine cannot be reached.
    """
    engine.register("account_offsets", accounts)
    engine.register("org_offsets", organisations)
    for name in Reduced.__slots__:
        engine.materialise(f"shifted_{name}", to_sql(shifted(name), engine.dialect))
    return Reduced(**{name: engine.stream(f"shifted_{name}", SCHEMAS[name], ORDER[name]) for name in Reduced.__slots__})


def lives_of(engine: TableEngine) -> Batches:
    """Give ``LIVES`` of the sightings that were reduced last.

    Raises:
        BadInput: The engine has too little memory and disk.
        Unavailable: The engine cannot be reached.
    """
    engine.materialise("lives", to_sql(lives(table("given", SIGHTINGS)), engine.dialect))
    return _stream(engine, "lives")


def held(engine: TableEngine) -> Batches:
    """Give the postings of the last reduction once more."""
    return _stream(engine, "postings")


def _stream(engine: TableEngine, name: str) -> Batches:
    return engine.stream(name, SCHEMAS[name], ORDER[name])
