# SPDX-License-Identifier: Apache-2.0
"""The reduced tables computed the slow and obvious way, row by row: what the engines' answers are compared with."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from math import fsum, log
from typing import Any

from stillwatch.detection.relations.interface import (
    FIRSTS,
    FIRSTS_CAP,
    HOUR_US,
    LESSONS_CAP,
    ORDER,
    POSTINGS,
    PROMPTS_CAP,
)

Row = dict[str, Any]
Rows = list[Row]
KEY = ("account", "ts_us", "exchange_hash")


def reduced(given: Rows, *, cadence_us: int) -> dict[str, Rows]:
    """Every table of a whole log."""
    rows = distinct(given)
    alone = _alone(rows, cadence_us)
    tables = {
        "activity": activity(rows, cadence_us),
        "postings": postings(rows, cadence_us),
        "firsts": [{name: row[name] for name in FIRSTS.names} for row in alone],
        "systems": systems(rows, cadence_us),
        "lessons": lessons(rows, {}, cadence_us),
        "prompts": prompts(alone),
    }
    return {name: in_order(name, table) for name, table in tables.items()}


def in_order(name: str, rows: Iterable[Row]) -> Rows:
    return sorted(rows, key=lambda row: tuple(row[column] for column in ORDER[name]))


def window(instant_us: int, cadence_us: int) -> int:
    return instant_us - instant_us % cadence_us + cadence_us


def distinct(rows: Rows) -> Rows:
    """One row a key: the least by the other columns, nulls last."""
    best: dict[tuple[Any, ...], tuple[Any, Row]] = {}
    for row in rows:
        key = tuple(row[name] for name in KEY)
        rank = tuple((value is None, 0 if value is None else value) for value in row.values())
        if key not in best or rank < best[key][0]:
            best[key] = (rank, row)
    return [row for _, row in best.values()]


def activity(rows: Rows, cadence_us: int) -> Rows:
    return [
        {
            "window_us": end_us,
            "account": account,
            "org": min(row["org"] for row in group),
            "count": len(group),
            "first_us": min(row["ts_us"] for row in group),
            "last_us": max(row["ts_us"] for row in group),
            "signup_us": min((row["signup_us"] for row in group if row["signup_us"] is not None), default=None),
            "contents": sum(row["has_content"] for row in group),
            "eliciting": sum(row["has_content"] and row["cues"] & 15 != 0 for row in group),
            **{f"cue_{bit}": sum(row["cues"] & bit != 0 for row in group) for bit in (1, 2, 4, 8, 16)},
            "answers": sum(row["worth"] is not None for row in group),
            "worth": sum(row["worth"] or 0 for row in group),
        }
        for (end_us, account), group in _grouped(rows, lambda row: (window(row["ts_us"], cadence_us), row["account"]))
    ]


def postings(rows: Rows, cadence_us: int) -> Rows:
    held = [
        {"account": row["account"], "kind": kind, "token": row[kind], "org": row["org"], "first_us": row["ts_us"]}
        for row in rows
        for kind in ("payment", "network", "client", "asn", "claim", "model")
        if row[kind] is not None
    ]
    first = [_first(group) for _, group in _grouped(held, lambda row: (row["account"], row["kind"], row["token"]))]
    return [{"window_us": window(row["first_us"], cadence_us), **row} for row in first]


def systems(rows: Rows, cadence_us: int) -> Rows:
    return [
        {"window_us": window(first_us, cadence_us), "system_hash": key[0], "org": key[1], "first_us": first_us}
        for key, group in _grouped(rows, lambda row: (row["system_hash"], row["org"]))
        if key[0] != 0 and (first_us := min(row["ts_us"] for row in group))
    ]


def lessons(rows: Rows, known: dict[str, int], cadence_us: int) -> Rows:
    found = []
    for account, group in _grouped(rows, lambda row: row["account"]):
        for k, row in enumerate(_in_time(group), start=known.get(account, 0) + 1):
            if row["has_content"] and k <= LESSONS_CAP:
                end_us = window(row["ts_us"], cadence_us)
                found.append({"window_us": end_us, "account": account, "k": k, "features": row["features"]})
    return found


def prompts(alone: Rows) -> Rows:
    found = []
    for _, group in _grouped(alone, lambda row: row["account"]):
        sent = [{**row, "kind": "prompt", "token": row["prompt_hash"], "first_us": row["ts_us"]} for row in group]
        by_token = {token: rows for token, rows in _grouped(sent, lambda row: row["token"]) if token != 0}
        for token in sorted(by_token)[:PROMPTS_CAP]:
            row = _first(by_token[token])
            found.append({name: row[name] for name in POSTINGS.names})
    return found


def pairs(held: Rows, cap: int) -> Rows:
    found = []
    for (kind, token), holders in _grouped(held, lambda row: (row["kind"], row["token"])):
        df = len({row["org"] for row in holders})
        if 2 <= df <= cap:
            for one, other in combinations(sorted(holders, key=lambda row: str(row["account"])), 2):
                if one["org"] != other["org"]:
                    since_us = max(one["first_us"], other["first_us"])
                    both = {"account_a": one["account"], "account_b": other["account"]}
                    found.append({**both, "kind": kind, "token": token, "df": df, "since_us": since_us})
    return in_order("pairs", found)


def edges(pairs: Rows, organisations: int) -> Rows:
    return in_order(
        "edges",
        (
            {
                "account_a": key[0],
                "account_b": key[1],
                "shared": len(group),
                "weight": fsum(log(organisations / row["df"]) for row in group),
                "since_us": min(row["since_us"] for row in group),
            }
            for key, group in _grouped(pairs, lambda row: (row["account_a"], row["account_b"]))
        ),
    )


def _alone(rows: Rows, cadence_us: int) -> Rows:
    by_window = defaultdict(list)
    for account, group in _grouped(rows, lambda row: row["account"]):
        opening = [row for row in _in_time(group) if row["is_first"] or row["is_second"]]
        for row, after in zip(opening, [*opening[1:], None], strict=True):
            is_followed = after is not None and after["is_second"] and after["ts_us"] - row["ts_us"] < HOUR_US
            if row["is_first"] and not is_followed:
                by_window[window(row["ts_us"] + HOUR_US, cadence_us), account].append(row)
    return [
        {**row, "window_us": end_us, "of_window": len(group)}
        for (end_us, _), group in by_window.items()
        for row in group[:FIRSTS_CAP]
    ]


def _first(group: Rows) -> Row:
    """One row for several: the first instant, the least organisation, and what they all have."""
    earliest = min(group, key=lambda row: int(row["first_us"]))
    return {**earliest, "org": min(row["org"] for row in group)}


def _in_time(group: Rows) -> Rows:
    return sorted(group, key=lambda row: (row["ts_us"], row["exchange_hash"]))


def _grouped(rows: Rows, key: Any) -> list[tuple[Any, Rows]]:
    groups = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return list(groups.items())
