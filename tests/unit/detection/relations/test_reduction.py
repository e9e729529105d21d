# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from dev.make_golden_sql import DIALECTS, GOLDEN, golden_sql

from fakes import reduced_reference
from fakes.reduced_reference import Rows
from fakes.relational import CADENCE_US, whole
from fakes.sighting_tables import MINUTE_US, START_US, drawn
from stillwatch.detection.adapters.duckdb_tables import DuckDbTables
from stillwatch.detection.relations.interface import HOUR_US, KNOWN
from stillwatch.detection.relations.reduction import Reduced, Span, pair, reduce


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDbTables]:
    engine = DuckDbTables(scratch=tmp_path, threads=1)
    yield engine
    engine.close()


def _tables(reduced: Reduced) -> dict[str, Rows]:
    return {name: whole(name, getattr(reduced, name)) for name in Reduced.__slots__}


@pytest.mark.parametrize("cadence_us", [CADENCE_US, 10 * MINUTE_US, 7 * MINUTE_US])
@pytest.mark.parametrize("seed", range(4))
def test_every_table_agrees_with_the_obvious_way(engine: DuckDbTables, seed: int, cadence_us: int) -> None:
    given = drawn(seed)
    found = _tables(reduce(engine, given, cadence_us=cadence_us))
    expected = reduced_reference.reduced(given.to_pylist(), cadence_us=cadence_us)
    for name, rows in found.items():
        assert expected[name] == rows, name
        assert rows, name


@pytest.mark.parametrize("seed", range(4))
def test_pairs_and_edges_agree_with_the_obvious_way(engine: DuckDbTables, seed: int) -> None:
    given = drawn(seed)
    _tables(reduce(engine, given, cadence_us=CADENCE_US))
    reduced = reduced_reference.reduced(given.to_pylist(), cadence_us=CADENCE_US)
    found = pair(engine, ["postings", "prompts"], cap=4, organisations=40)
    expected = reduced_reference.pairs(reduced["postings"] + reduced["prompts"], 4)
    assert whole("pairs", found.pairs) == expected
    assert {row["kind"] for row in expected} >= {"prompt", "payment"}
    weights = [{**row, "weight": pytest.approx(row["weight"])} for row in reduced_reference.edges(expected, 40)]
    assert whole("edges", found.edges) == weights


@pytest.mark.parametrize("cadence_us", [CADENCE_US, 20 * MINUTE_US])
@pytest.mark.parametrize("seed", range(3))
def test_window_by_window_with_the_hour_before_it_is_the_same_as_at_once(
    engine: DuckDbTables, seed: int, cadence_us: int
) -> None:
    given = drawn(seed, hours=2)
    at_once = _tables(reduce(engine, given, cadence_us=cadence_us))
    grown = _grown(engine, given, cadence_us)
    for name in ("activity", "firsts", "lessons"):
        assert grown[name] == at_once[name], name
    assert _unknown(grown["postings"], ("account", "kind", "token")) == at_once["postings"]
    assert _unknown(grown["systems"], ("system_hash", "org")) == at_once["systems"]


def _grown(engine: DuckDbTables, given: pa.Table, cadence_us: int) -> dict[str, Rows]:
    """Each window by itself, as a driver does it that keeps counts."""
    grown: dict[str, Rows] = {name: [] for name in Reduced.__slots__}
    counts: dict[str, int] = {}
    last_us = pc.max(given["ts_us"]).as_py() + HOUR_US
    for after_us in range(START_US, last_us + 1, cadence_us):
        span = Span(after_us=after_us, until_us=after_us + cadence_us)
        recent = pc.and_(
            pc.greater_equal(given["ts_us"], after_us - HOUR_US), pc.less(given["ts_us"], after_us + cadence_us)
        )
        known = pa.table([pa.array(list(counts)), pa.array(list(counts.values()))], KNOWN)
        reduced = reduce(engine, given.filter(recent), cadence_us=cadence_us, span=span, known=known)
        for name, rows in _tables(reduced).items():
            assert {row["window_us"] for row in rows} <= {span.until_us}, name
            grown[name] += rows
        for row in grown["activity"]:
            if row["window_us"] == span.until_us:
                counts[row["account"]] = counts.get(row["account"], 0) + row["count"]
    return grown


def _unknown(rows: Rows, key: tuple[str, ...]) -> Rows:
    """The rows without those whose key came before; the least organisation, where later rows lower it."""
    known: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        first = known.setdefault(tuple(row[name] for name in key), dict(row))
        first["org"] = min(first["org"], row["org"])
    return list(known.values())


def test_a_span_of_several_windows_may_lie_in_a_longer_log(engine: DuckDbTables) -> None:
    given = drawn(5)
    span = Span(after_us=START_US + CADENCE_US, until_us=START_US + 4 * CADENCE_US)
    at_once = _tables(reduce(engine, given, cadence_us=CADENCE_US))
    found = _tables(reduce(engine, given, cadence_us=CADENCE_US, span=span))
    for name in ("activity", "firsts"):
        within = [row for row in at_once[name] if span.after_us < row["window_us"] <= span.until_us]
        assert found[name] == within, name


def test_no_sightings_make_empty_tables(engine: DuckDbTables) -> None:
    found = _tables(reduce(engine, drawn(0).slice(0, 0), cadence_us=CADENCE_US))
    assert not any(found.values())
    assert whole("edges", pair(engine, ["postings"], cap=9, organisations=0).edges) == []


def test_streams_are_read_side_by_side_and_as_far_as_wanted(engine: DuckDbTables) -> None:
    reduced = reduce(engine, drawn(1), cadence_us=CADENCE_US)
    activity, firsts = next(reduced.activity), next(reduced.firsts)
    assert activity["window_us"][0].as_py() == START_US + CADENCE_US
    assert firsts["window_us"][0].as_py() == START_US + 2 * CADENCE_US
    again = reduce(engine, drawn(1), cadence_us=CADENCE_US)
    assert next(again.activity).num_rows == activity.num_rows


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_sql_texts_are_those_that_were_checked_in(dialect: str) -> None:
    assert golden_sql(dialect) == (GOLDEN / f"{dialect}.sql").read_text(), "look at the difference, then `make golden`"
