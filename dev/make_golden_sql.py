# SPDX-License-Identifier: Apache-2.0
"""Writes the SQL texts of the reduced tables, one file a dialect, for review and for the test that compares them.

DuckDB and Spark (``databricks``) run theirs in the tests. ClickHouse's is compiled only.
"""

from pathlib import Path

from stillwatch.detection.relations.distinct import REPEATS, distinct, repeated
from stillwatch.detection.relations.firsts import FIRSTS_AND_ORG
from stillwatch.detection.relations.interface import PAIRS, POSTINGS
from stillwatch.detection.relations.lives import lives
from stillwatch.detection.relations.pairs import edges, pairs
from stillwatch.detection.relations.prompts import prompts
from stillwatch.detection.relations.reduction import Reduced, definitions
from stillwatch.detection.relations.shifted import shifted
from stillwatch.detection.relations.tables import table, to_sql
from stillwatch.detection.sightings import SIGHTINGS

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "vectors" / "relations"
DIALECTS = ("duckdb", "databricks", "clickhouse")
HOUR_US = 3_600_000_000


def golden_sql(dialect: str) -> str:
    """Every definition's text in one dialect, for windows of an hour."""
    given = table("given", SIGHTINGS)
    texts = {
        "repeats": repeated(given),
        "sightings": distinct(given, table("repeats", REPEATS)),
        **definitions(table("sightings", SIGHTINGS), cadence_us=HOUR_US),
        "prompts": prompts(table("firsts", FIRSTS_AND_ORG)),
        "pairs": pairs(table("postings", POSTINGS), cap=100),
        "edges": edges(table("pairs", PAIRS), organisations=1_000),
        "lives": lives(given),
        **{f"shifted_{name}": shifted(name) for name in Reduced.__slots__},
    }
    return "\n".join(f"-- {name}\n{to_sql(definition, dialect)};\n" for name, definition in texts.items())


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for each in DIALECTS:
        (GOLDEN / f"{each}.sql").write_text(golden_sql(each))
