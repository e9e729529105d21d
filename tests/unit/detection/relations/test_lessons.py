# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pyarrow as pa
import pytest

from fakes.relational import CADENCE_US, FIRST_WINDOW_US, rows_of
from fakes.sighting_tables import START_US, sightings
from stillwatch.detection.relations.interface import KNOWN, LESSONS_CAP
from stillwatch.detection.relations.lessons import lessons
from stillwatch.detection.relations.tables import table
from stillwatch.detection.sightings import SIGHTINGS


def _lessons(*rows: dict[str, Any], known: dict[str, int] | None = None) -> list[dict[str, Any]]:
    before = pa.Table.from_pylist(
        [{"account": account, "count": count} for account, count in (known or {}).items()], KNOWN
    )
    definition = lessons(table("sightings", SIGHTINGS), table("known", KNOWN), cadence_us=CADENCE_US)
    return rows_of("lessons", definition, sightings=sightings(*rows), known=before)


def test_exchanges_are_counted_in_time_ties_by_hash_also_those_without_content() -> None:
    found = _lessons(
        {"ts_us": START_US + 1, "exchange_hash": 2, "features": b"third"},
        {"ts_us": START_US + 1, "exchange_hash": -2, "has_content": False},
        {"ts_us": START_US, "exchange_hash": 9, "features": b"\x00\xff"},
    )
    assert [tuple(row.values()) for row in found] == [
        (FIRST_WINDOW_US, "a", 1, b"\x00\xff"),
        (FIRST_WINDOW_US, "a", 3, b"third"),
    ]


@pytest.mark.parametrize(("before", "expected"), [(0, LESSONS_CAP), (30, 2), (LESSONS_CAP - 1, 1), (LESSONS_CAP, 0)])
def test_counting_goes_on_from_what_was_known_and_ends_at_the_cap(before: int, expected: int) -> None:
    found = _lessons(*({"ts_us": START_US + place} for place in range(40)), known={"a": before, "b": 5})
    assert [row["k"] for row in found] == list(range(before + 1, before + 1 + expected))
