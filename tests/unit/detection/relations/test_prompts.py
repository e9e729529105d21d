# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pyarrow as pa

from fakes.relational import FIRST_WINDOW_US, rows_of
from fakes.sighting_tables import START_US
from stillwatch.detection.relations.firsts import FIRSTS_AND_ORG
from stillwatch.detection.relations.interface import PROMPTS_CAP
from stillwatch.detection.relations.prompts import prompts
from stillwatch.detection.relations.tables import table

PLAIN: dict[str, Any] = {
    **dict.fromkeys(FIRSTS_AND_ORG.names, 0),
    "window_us": FIRST_WINDOW_US,
    "account": "a",
    "ts_us": START_US,
    "has_content": True,
    "features": b"",
    "org": "o",
}


def _prompts(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    given = pa.Table.from_pylist([{**PLAIN, **row} for row in rows], FIRSTS_AND_ORG)
    return rows_of("prompts", prompts(table("firsts", FIRSTS_AND_ORG)), firsts=given)


def test_a_prompt_is_posted_when_its_first_sending_becomes_known() -> None:
    again = {"prompt_hash": 5, "ts_us": START_US + 9, "window_us": FIRST_WINDOW_US + 1, "org": "n"}
    [row] = _prompts(again, {"prompt_hash": 5}, {"prompt_hash": 0})
    assert tuple(row.values()) == (FIRST_WINDOW_US, "a", "prompt", 5, "n", START_US)


def test_the_smallest_hashes_are_kept_of_each_account() -> None:
    hashes = [*range(-30, 0), *range(1, 31)]
    found = _prompts(*({"prompt_hash": each} for each in reversed(hashes)), {"prompt_hash": 99, "account": "b"})
    assert [(row["account"], row["token"]) for row in found] == [
        *(("a", each) for each in hashes[:PROMPTS_CAP]),
        ("b", 99),
    ]
