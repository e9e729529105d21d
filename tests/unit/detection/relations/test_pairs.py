# SPDX-License-Identifier: Apache-2.0
from math import log
from typing import Any

import pyarrow as pa
import pytest

from fakes.relational import rows_of
from stillwatch.detection.relations.interface import PAIRS, POSTINGS
from stillwatch.detection.relations.pairs import edges, pairs
from stillwatch.detection.relations.tables import table


def _held(account: str, token: int = 1, *, org: str = "", kind: str = "payment", first_us: int = 0) -> dict[str, Any]:
    org = org or f"org of {account}"
    return {"window_us": 0, "account": account, "kind": kind, "token": token, "org": org, "first_us": first_us}


def _pairs(*rows: dict[str, Any], cap: int = 9) -> list[tuple[Any, ...]]:
    given = pa.Table.from_pylist(list(rows), POSTINGS)
    found = rows_of("pairs", pairs(table("postings", POSTINGS), cap=cap), postings=given)
    return [tuple(row.values()) for row in found]


def test_two_organisations_accounts_that_hold_a_token_are_a_pair_since_the_later_held_it() -> None:
    assert _pairs(_held("b", first_us=5), _held("a", first_us=3)) == [("a", "b", "payment", 1, 2, 5)]


def test_neither_one_organisation_nor_another_kind_nor_another_token_makes_a_pair() -> None:
    assert _pairs(_held("a", org="o"), _held("b", org="o"), _held("c", kind="asn"), _held("d", 2)) == []


def test_accounts_of_one_organisation_are_one_holder_and_no_pair_of_each_other() -> None:
    found = _pairs(_held("a", org="o"), _held("b", org="o"), _held("c"))
    assert [(row[:2], row[4]) for row in found] == [(("a", "c"), 2), (("b", "c"), 2)]


def test_a_token_of_more_organisations_than_the_cap_makes_no_pair() -> None:
    rows = [_held("a"), _held("b"), _held("c"), *(_held(each, 7) for each in "ab")]
    assert [row[3] for row in _pairs(*rows, cap=2)] == [7]
    assert len(_pairs(*rows, cap=3)) == 4


def test_an_edge_sums_what_is_shared_by_its_rarity() -> None:
    given = pa.Table.from_pylist(
        [
            {"account_a": "a", "account_b": "b", "kind": "asn", "token": 1, "df": 2, "since_us": 9},
            {"account_a": "a", "account_b": "b", "kind": "asn", "token": 2, "df": 5, "since_us": 4},
            {"account_a": "a", "account_b": "c", "kind": "asn", "token": 2, "df": 5, "since_us": 6},
        ],
        PAIRS,
    )
    one, other = rows_of("edges", edges(table("pairs", PAIRS), organisations=10), pairs=given)
    weight = pytest.approx(log(10 / 2) + log(10 / 5))
    assert one == {"account_a": "a", "account_b": "b", "shared": 2, "weight": weight, "since_us": 4}
    assert other["weight"] == pytest.approx(log(2))
