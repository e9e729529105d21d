# SPDX-License-Identifier: Apache-2.0
from fakes.relational import CADENCE_US, FIRST_WINDOW_US, rows_of
from fakes.sighting_tables import START_US, sightings
from stillwatch.detection.relations.systems import systems
from stillwatch.detection.relations.tables import table
from stillwatch.detection.sightings import SIGHTINGS


def test_an_organisation_uses_a_system_prompt_since_its_first_account_did() -> None:
    rows = sightings(
        {"system_hash": -7, "ts_us": FIRST_WINDOW_US, "account": "b"},
        {"system_hash": -7, "ts_us": START_US},
        {"system_hash": -7, "ts_us": FIRST_WINDOW_US, "org": "p"},
        {"system_hash": 0},
    )
    definition = systems(table("sightings", SIGHTINGS), cadence_us=CADENCE_US)
    assert [tuple(row.values()) for row in rows_of("systems", definition, sightings=rows)] == [
        (FIRST_WINDOW_US, -7, "o", START_US),
        (FIRST_WINDOW_US + CADENCE_US, -7, "p", FIRST_WINDOW_US),
    ]
