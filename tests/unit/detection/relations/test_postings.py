# SPDX-License-Identifier: Apache-2.0
from typing import Any

from fakes.relational import CADENCE_US, FIRST_WINDOW_US, rows_of
from fakes.sighting_tables import START_US, sightings
from stillwatch.detection.relations.postings import postings
from stillwatch.detection.relations.tables import table
from stillwatch.detection.sightings import SIGHTINGS


def _postings(*rows: dict[str, Any]) -> list[tuple[Any, ...]]:
    definition = postings(table("sightings", SIGHTINGS), cadence_us=CADENCE_US)
    return [tuple(row.values()) for row in rows_of("postings", definition, sightings=sightings(*rows))]


def test_a_token_is_posted_when_it_was_first_seen() -> None:
    later = {"ts_us": FIRST_WINDOW_US, "network": -5}
    first = {"ts_us": START_US + 1, "network": -5, "org": "p"}
    assert _postings(later, first) == [(FIRST_WINDOW_US, "a", "network", -5, "o", START_US + 1)]


def test_each_kind_is_its_own_and_null_is_no_token() -> None:
    held = _postings({"payment": 1, "network": 1, "client": 1, "asn": 1, "claim": 1, "model": 1}, {"payment": 0})
    assert [(row[2], row[3]) for row in held] == [
        ("asn", 1),
        ("claim", 1),
        ("client", 1),
        ("model", 1),
        ("network", 1),
        ("payment", 0),
        ("payment", 1),
    ]
