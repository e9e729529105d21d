# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest

from fakes.relational import CADENCE_US, FIRST_WINDOW_US, rows_of
from fakes.sighting_tables import START_US, sightings
from stillwatch.detection.relations.firsts import firsts
from stillwatch.detection.relations.interface import FIRSTS_CAP, HOUR_US
from stillwatch.detection.relations.tables import table
from stillwatch.detection.sightings import SIGHTINGS

FIRST: dict[str, Any] = {"is_first": True, "exchange_hash": 50}


def _firsts(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    definition = firsts(table("sightings", SIGHTINGS), cadence_us=CADENCE_US)
    return rows_of("firsts", definition, sightings=sightings(*rows))


def _second(after_us: int, **row: Any) -> dict[str, Any]:
    return {"is_second": True, "ts_us": START_US + after_us, "exchange_hash": 60, **row}


def test_a_first_message_alone_is_known_an_hour_later_with_all_it_holds() -> None:
    held = {name: place for place, name in enumerate(("prompt_hash", "system_hash", "head_hash"), start=3)}
    bands = {f"band_{band}": -band for band in range(4)}
    features = bytes(range(128))
    [row] = _firsts({**FIRST, **held, **bands, "features": features, "has_content": False})
    assert row == {
        "window_us": FIRST_WINDOW_US + HOUR_US,
        "account": "a",
        "ts_us": START_US,
        "exchange_hash": 50,
        **held,
        **bands,
        "has_content": False,
        "features": features,
        "of_window": 1,
    }


@pytest.mark.parametrize(
    ("after", "is_followed"),
    [
        (_second(1), True),
        (_second(HOUR_US - 1), True),
        (_second(HOUR_US), False),
        (_second(0), True),  # the same instant, the greater hash: it comes after
        (_second(0, exchange_hash=40), False),  # the lesser hash: it came before
        (_second(1, account="b"), False),
        (_second(1, is_second=False), False),
        (_second(1, is_second=False, is_first=True), False),
        (_second(1, is_first=True), True),
    ],
)
def test_a_second_message_within_the_hour_follows(after: dict[str, Any], *, is_followed: bool) -> None:
    found = [row for row in _firsts(FIRST, after) if row["exchange_hash"] == 50]
    assert len(found) == (0 if is_followed else 1)


def test_only_the_next_first_or_second_message_counts() -> None:
    another = {**FIRST, "ts_us": START_US + 1, "exchange_hash": 51}
    neither = {"ts_us": START_US + 1, "exchange_hash": 52}
    assert [row["exchange_hash"] for row in _firsts(FIRST, another, _second(2))] == [50]
    assert _firsts(FIRST, neither, _second(2)) == []


def test_a_follow_up_in_the_next_window_counts() -> None:
    first = {**FIRST, "ts_us": FIRST_WINDOW_US - 1}
    assert _firsts(first, _second(CADENCE_US)) == []


def test_the_earliest_of_a_window_are_kept_and_all_are_counted() -> None:
    # Pairs tie in time; the hash, given backwards, orders them.
    many = [{**FIRST, "ts_us": START_US + place // 2, "exchange_hash": -place} for place in range(FIRSTS_CAP + 6)]
    found = _firsts(*many, {**FIRST, "account": "b"}, {**FIRST, "ts_us": FIRST_WINDOW_US})
    mine = [row for row in found if row["account"] == "a" and row["ts_us"] < FIRST_WINDOW_US]
    assert {row["of_window"] for row in mine} == {FIRSTS_CAP + 6}
    assert [(row["ts_us"], row["exchange_hash"]) for row in mine] == sorted(
        (START_US + place // 2, -place) for place in range(FIRSTS_CAP)
    )
    assert [row["of_window"] for row in found if row not in mine] == [1, 1]
