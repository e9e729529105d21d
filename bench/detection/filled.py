# SPDX-License-Identifier: Apache-2.0
"""``python -m bench.detection.filled ACCOUNTS``: fills a census with so many accounts, and prints its memory as JSON.

Each account is an organisation of its own, with a card, three networks, one of some client programs, one of some
autonomous systems, and two first messages; windows of twenty thousand accounts bring them.
"""

import json
import os
import resource
import sys

import numpy as np
import pyarrow as pa

from bench.processes import resident_bytes
from stillwatch.arena.schedule import HOUR_US, START_US
from stillwatch.detection.engine import Engine
from stillwatch.detection.relations.interface import SCHEMAS
from stillwatch.detection.sketch import FEATURE_LIMIT, FEATURE_SPACE
from stillwatch.detection.window import Window

A_WINDOW = 20_000
FEATURES = 40
CLIENTS, SYSTEMS = 5_000, 20_000


def main() -> None:
    """Fill, and print."""
    accounts = int(sys.argv[1])
    engine, draw = Engine(), np.random.default_rng(7)
    # The first windows bring the libraries and their pools with them.
    before = 0
    for start in range(0, accounts, A_WINDOW):
        if start == 0:
            engine.absorb(_window(0, min(1_000, accounts), START_US + HOUR_US, draw))
            engine = Engine()
            before = resident_bytes(os.getpid())
        end_us = START_US + (start // A_WINDOW + 1) * HOUR_US
        engine.absorb(_window(start, min(A_WINDOW, accounts - start), end_us, draw))
    after = resident_bytes(os.getpid())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024
    each = (after - before) / accounts
    print(json.dumps({"accounts": len(engine.census), "an_account": each, "resident": after, "peak": peak}))


def _window(first: int, count: int, end_us: int, draw: np.random.Generator) -> Window:
    names = [f"acct-{number:010d}" for number in range(first, first + count)]
    orgs = [f"org-{number:010d}" for number in range(first, first + count)]
    at_us = end_us - HOUR_US + draw.integers(0, HOUR_US, count)
    account, org = pa.array(names), pa.array(orgs)
    given = {
        "activity": {"account": account, "org": org, "first_us": at_us, "last_us": at_us, "count": np.full(count, 2)},
        "postings": _postings(account, org, at_us, draw),
        "firsts": _firsts(pa.array(np.repeat(names, 2)), np.repeat(at_us, 2), draw),
        "systems": {"system_hash": draw.integers(1, 1 << 60, count), "org": org, "first_us": at_us},
        "lessons": {"account": account, "k": np.ones(count, np.int64), "features": _features(count, draw)},
    }
    return Window(end_us=end_us, **{name: _table(name, columns, end_us) for name, columns in given.items()})


def _postings(account: pa.Array, org: pa.Array, at_us: np.ndarray, draw: np.random.Generator) -> dict[str, object]:
    count = len(account)
    kinds = ("payment", "network", "network", "network", "client", "asn")
    spaces = (1 << 60, 1 << 60, 1 << 60, 1 << 60, CLIENTS, SYSTEMS)
    return {
        "account": pa.concat_arrays([account] * len(kinds)),
        "org": pa.concat_arrays([org] * len(kinds)),
        "kind": pa.array(np.repeat(kinds, count)),
        "token": np.concatenate([draw.integers(1, space, count) for space in spaces]),
        "first_us": np.tile(at_us, len(kinds)),
    }


def _firsts(account: pa.Array, at_us: np.ndarray, draw: np.random.Generator) -> dict[str, object]:
    count = len(account)
    return {
        "account": account,
        "ts_us": at_us,
        "exchange_hash": draw.integers(1, 1 << 60, count),
        "prompt_hash": draw.integers(1, 1 << 60, count),
        "has_content": np.ones(count, np.bool_),
        "features": _features(count, draw),
    }


def _features(count: int, draw: np.random.Generator) -> pa.Array:
    """Distinct features of each of some prompts, seldom ones as seldom as in text."""
    rank = (FEATURE_SPACE ** draw.random((count, min(FEATURES, FEATURE_LIMIT)))).astype(np.uint16)
    return pa.array([row.tobytes() for row in rank], pa.binary())


def _table(name: str, columns: dict[str, object], end_us: int) -> pa.Table:
    """Put what is given into the table's schema; what is not given is zero."""
    size = len(next(iter(columns.values())))  # type: ignore[arg-type]
    made = []
    for field in SCHEMAS[name]:
        if field.name == "window_us":
            made.append(pa.array(np.full(size, end_us)))
        elif field.name in columns:
            given = columns[field.name]
            made.append((given if isinstance(given, pa.Array) else pa.array(given)).cast(field.type))
        elif field.nullable:
            made.append(pa.nulls(size, field.type))
        else:
            made.append(pa.array(np.zeros(size, np.int64)).cast(field.type))
    return pa.Table.from_arrays(made, schema=SCHEMAS[name])


if __name__ == "__main__":
    main()
