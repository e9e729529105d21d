# SPDX-License-Identifier: Apache-2.0
import pytest

from fakes.relational import CADENCE_US
from fakes.sighting_tables import START_US
from stillwatch.detection.relations.interface import KNOWN
from stillwatch.detection.relations.tables import table, to_sql, window_of
from stillwatch.detection.sightings import SIGHTINGS


@pytest.mark.parametrize(
    ("instant_us", "end_us"),
    [
        (START_US, START_US + CADENCE_US),
        (START_US + 1, START_US + CADENCE_US),
        (START_US + CADENCE_US - 1, START_US + CADENCE_US),
        (START_US + CADENCE_US, START_US + 2 * CADENCE_US),
        (0, CADENCE_US),
    ],
)
def test_a_window_is_named_by_its_end_and_an_instant_on_the_boundary_opens_the_next(
    instant_us: int, end_us: int
) -> None:
    assert window_of(instant_us, CADENCE_US) == end_us


def test_every_column_keeps_its_name_and_type() -> None:
    schema = table("sightings", SIGHTINGS).schema()
    assert list(schema) == SIGHTINGS.names
    kinds = {name: str(schema[name]) for name in ("ts_us", "account", "is_first", "cues", "features")}
    assert kinds == {
        "ts_us": "int64",
        "account": "string",
        "is_first": "boolean",
        "cues": "int16",
        "features": "binary",
    }


def test_the_text_quotes_for_its_dialect() -> None:
    known = table("known", KNOWN)
    assert 'FROM "known"' in to_sql(known.select("account"), "duckdb")
    assert "FROM `known`" in to_sql(known.select("account"), "databricks")
