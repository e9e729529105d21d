# SPDX-License-Identifier: Apache-2.0
from fakes.relational import FIRST_WINDOW_US, rows_of
from fakes.sighting_tables import START_US, sightings
from stillwatch.detection.relations.lives import lives
from stillwatch.detection.relations.tables import table
from stillwatch.detection.sightings import SIGHTINGS


def test_an_account_s_life_is_counted_for_each_of_its_organisations() -> None:
    rows = sightings(
        {"is_first": True, "system_hash": -7},
        {"ts_us": FIRST_WINDOW_US},
        {"org": "p", "is_first": True},
        {"account": "b", "ts_us": FIRST_WINDOW_US},
    )
    found = rows_of("lives", lives(table("sightings", SIGHTINGS)), sightings=rows)
    assert [tuple(row.values()) for row in found] == [
        ("a", "o", 2, 1, 1, START_US, FIRST_WINDOW_US),
        ("a", "p", 1, 1, 0, START_US, START_US),
        ("b", "o", 1, 0, 0, FIRST_WINDOW_US, FIRST_WINDOW_US),
    ]
