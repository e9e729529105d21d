# SPDX-License-Identifier: Apache-2.0
from typing import Any

import numpy as np
import pyarrow as pa

from stillwatch.detection.calibration.crowd import EVERYBODY, Crowd, crowd_of
from stillwatch.detection.relations.interface import LIVES, POSTINGS

DAY_US = 86_400_000_000
LIFE = {"org": None, "count": 50, "firsts": 10, "systems": 0, "first_us": 0, "last_us": 3 * DAY_US}


def _crowd(lives: dict[str, dict[str, Any]], held: dict[str, list[tuple[str, int]]] | None = None) -> Crowd:
    """Accounts by name, each of an organisation of its own unless given, and what they hold."""
    rows = [{**LIFE, "org": f"org-{name}", **life, "account": name.split("@")[0]} for name, life in lives.items()]
    organisation = {row["account"]: row["org"] for row in rows}
    postings = [
        {"window_us": 1, "account": name, "kind": kind, "token": token, "org": organisation[name], "first_us": 0}
        for name, tokens in (held or {}).items()
        for kind, token in tokens
    ]
    return crowd_of(pa.Table.from_pylist(rows, LIVES), pa.Table.from_pylist(postings, POSTINGS))


def _together(crowd: Crowd) -> set[frozenset[str]]:
    names = np.array(crowd.names, object)
    return {frozenset(names[crowd.block == block]) for block in range(crowd.blocks)}


def test_accounts_of_one_organisation_or_place_are_one_block() -> None:
    crowd = _crowd(
        {"a": {"org": "o"}, "b": {"org": "o"}, "c": {}, "d": {}, "e": {}, "f": {}},
        {
            "b": [("payment", 7)],
            "c": [("payment", 7), ("network", 8)],
            "d": [("network", 8)],
            "e": [("client", 9)],
            "f": [("client", 9)],
        },
    )
    assert _together(crowd) == {frozenset("abcd"), frozenset("e"), frozenset("f")}
    assert crowd.cohorts["shares a card or a network"].tolist() == [False, True, True, True, False, False]
    by_name = dict(zip(crowd.organisations, crowd.org_block.tolist(), strict=True))
    assert by_name["o"] == by_name["org-d"] != by_name["org-e"]


def test_a_card_and_a_network_of_one_hash_are_two_places() -> None:
    crowd = _crowd({"a": {}, "b": {}}, {"a": [("payment", 7)], "b": [("network", 7)]})
    assert crowd.blocks == 2


def test_a_public_place_holds_nobody_together() -> None:
    names = [f"p{number:02}" for number in range(60)]
    few, many = names[:5], names[10:40]
    held = {name: [("network", 1)] for name in few} | {name: [("network", 2)] for name in many}
    assert sorted(map(len, _together(_crowd({name: {} for name in names}, held)))) == [1] * 55 + [5]


def test_an_account_seen_under_two_organisations_holds_them_together() -> None:
    crowd = _crowd(
        {"a@1": {"org": "o", "first_us": 5}, "a@2": {"org": "p", "first_us": 2, "last_us": 9}, "b": {"org": "p"}}
    )
    assert crowd.names == ("a", "b")
    assert crowd.blocks == 1
    assert crowd.first_us[0] == 2


def test_the_cohorts_of_one_respect_part_the_accounts() -> None:
    draw = np.random.default_rng(1)
    lives = {
        f"p{number}": {
            "count": int(draw.integers(1, 900)),
            "firsts": int(draw.integers(0, 900)),
            "systems": int(draw.integers(0, 900)),
            "last_us": int(draw.integers(0, 14 * DAY_US)),
        }
        for number in range(200)
    }
    cohorts = _crowd(lives).cohorts
    assert next(iter(cohorts)) == EVERYBODY
    assert cohorts[EVERYBODY].all()
    for words in ("exchanges", "alive", "mostly single messages|mostly conversations", "system prompt", "share"):
        parts = [inside for name, inside in cohorts.items() if any(word in name for word in words.split("|"))]
        assert len(parts) >= 2
        assert (np.sum(parts, axis=0) == 1).all(), words


def test_nobody_makes_an_empty_crowd() -> None:
    assert _crowd({}).blocks == 0
