# SPDX-License-Identifier: Apache-2.0
from typing import Any

from fakes.relational import CADENCE_US, FIRST_WINDOW_US, rows_of
from fakes.sighting_tables import START_US, sightings
from stillwatch.detection.relations.activity import activity
from stillwatch.detection.relations.tables import table
from stillwatch.detection.sightings import SIGHTINGS


def _activity(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    definition = activity(table("sightings", SIGHTINGS), cadence_us=CADENCE_US)
    return rows_of("activity", definition, sightings=sightings(*rows))


def test_a_window_and_account_have_one_row_of_counts() -> None:
    assert _activity(
        {"ts_us": START_US + 5, "cues": 1, "org": "p", "worth": 2_560},
        {"ts_us": START_US + 3, "cues": 16 + 2, "signup_us": 9, "worth": 32_767},
        {"ts_us": START_US + 4, "cues": 8 + 4, "signup_us": 8, "has_content": False},
        {"ts_us": START_US + 7, "cues": 16},
    ) == [
        {
            "window_us": FIRST_WINDOW_US,
            "account": "a",
            "org": "o",
            "count": 4,
            "first_us": START_US + 3,
            "last_us": START_US + 7,
            "signup_us": 8,
            "contents": 3,
            "eliciting": 2,
            "cue_1": 1,
            "cue_2": 1,
            "cue_4": 1,
            "cue_8": 1,
            "cue_16": 2,
            "answers": 2,
            "worth": 35_327,
        }
    ]


def test_an_account_whose_sign_up_is_not_known_has_none() -> None:
    assert _activity({})[0]["signup_us"] is None


def test_answers_of_no_known_length_are_worth_nothing_and_are_not_counted() -> None:
    (row,) = _activity({}, {})
    assert (row["count"], row["answers"], row["worth"]) == (2, 0, 0)


def test_a_boundary_parts_two_windows_and_names_part_two_accounts() -> None:
    last_of_first = {"ts_us": FIRST_WINDOW_US - 1}
    found = _activity(last_of_first, {"ts_us": FIRST_WINDOW_US}, {**last_of_first, "account": "A"})
    assert [(row["window_us"], row["account"], row["count"]) for row in found] == [
        (FIRST_WINDOW_US, "A", 1),
        (FIRST_WINDOW_US, "a", 1),
        (FIRST_WINDOW_US + CADENCE_US, "a", 1),
    ]
