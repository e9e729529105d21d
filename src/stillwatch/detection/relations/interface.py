# SPDX-License-Identifier: Apache-2.0
"""The reduced tables' columns, and what an engine must do to make them.

A *window* is one interval of the cadence, named by its end: ``window_us = ts_us - ts_us % cadence_us + cadence_us``.
Each row of a reduced table carries the window in which it becomes known. All instants are microseconds since the epoch,
not negative; all counts are ``int64``; ``account`` and ``org`` are data and never part of an SQL text.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import pyarrow as pa

HOUR_US = 3_600_000_000
"""How long a conversation's first message waits for a second one."""
FIRSTS_CAP = 64
"""First messages kept of one account in one window, the earliest."""
LESSONS_CAP = 32
"""An account's first exchanges, counted over its whole life, whose features are kept."""
PROMPTS_CAP = 48
"""Prompt hashes kept of one account as postings, the smallest."""


def _columns(*columns: tuple[str, pa.DataType]) -> pa.Schema:
    return pa.schema([pa.field(name, kind, nullable=name == "signup_us") for name, kind in columns])


_I, _S, _B = pa.int64(), pa.string(), pa.binary()

ACTIVITY = _columns(
    ("window_us", _I),
    ("account", _S),
    ("org", _S),
    ("count", _I),
    ("first_us", _I),
    ("last_us", _I),
    ("signup_us", _I),
    ("contents", _I),
    ("eliciting", _I),
    ("cue_1", _I),
    ("cue_2", _I),
    ("cue_4", _I),
    ("cue_8", _I),
    ("cue_16", _I),
    ("answers", _I),
    ("worth", _I),
)
"""One row per (``window_us``, ``account``): what the account did in the window.

``org`` and ``signup_us`` are the least of its rows'; ``contents`` counts rows with content, ``eliciting`` those of them
whose cues have any of the bits 1, 2, 4, 8, ``cue_N`` all rows whose cues have the bit N, ``answers``
those whose worth is known; ``worth`` is the sum of these.
"""
POSTINGS = _columns(("window_us", _I), ("account", _S), ("kind", _S), ("token", _I), ("org", _S), ("first_us", _I))
"""One row per (``account``, ``kind``, ``token``): the account held the token, first at ``first_us``.

``kind`` is ``payment``, ``network``, ``client``, ``asn``, ``claim``, ``model`` or ``prompt``; ``org`` is the least of
the rows'.
"""
FIRSTS = _columns(
    ("window_us", _I),
    ("account", _S),
    ("ts_us", _I),
    ("exchange_hash", _I),
    ("prompt_hash", _I),
    ("system_hash", _I),
    ("head_hash", _I),
    ("band_0", _I),
    ("band_1", _I),
    ("band_2", _I),
    ("band_3", _I),
    ("has_content", pa.bool_()),
    ("features", _B),
    ("of_window", _I),
)
"""First messages that no second one of the account followed within the hour, known an hour after they were sent.

At most ``FIRSTS_CAP`` rows per (``window_us``, ``account``), the earliest; ``of_window`` counts them before the cap.
"""
SYSTEMS = _columns(("window_us", _I), ("system_hash", _I), ("org", _S), ("first_us", _I))
"""One row per (``system_hash``, ``org``): the organisation used the prompt, first at ``first_us``; never hash 0."""
LESSONS = _columns(("window_us", _I), ("account", _S), ("k", _I), ("features", _B))
"""The features of an account's ``k``-th exchange, ``k`` from 1 to ``LESSONS_CAP``, where it has content."""
KNOWN = _columns(("account", _S), ("count", _I))
"""What earlier windows held of each account: the input from which ``LESSONS`` counts on."""
LIVES = _columns(
    ("account", _S),
    ("org", _S),
    ("count", _I),
    ("firsts", _I),
    ("systems", _I),
    ("first_us", _I),
    ("last_us", _I),
)
"""One row per (``account``, ``org``): its rows, first messages, rows with a system prompt, first and last instant."""
OFFSETS = _columns(("name", _S), ("offset_us", _I))
"""By how much each account, or each organisation, is moved: a whole number of windows."""
SPAN = _columns(("after_us", _I), ("until_us", _I))
"""One row: the windows wanted end after the one instant and not after the other."""
PAIRS = _columns(("account_a", _S), ("account_b", _S), ("kind", _S), ("token", _I), ("df", _I), ("since_us", _I))
"""Two accounts of different organisations that hold the same token; ``account_a < account_b`` by code point.

``df`` counts the organisations that hold it; ``since_us`` is when the later of the two first held it.
"""
EDGES = _columns(("account_a", _S), ("account_b", _S), ("shared", _I), ("weight", pa.float64()), ("since_us", _I))
"""Two accounts' pairs as one: ``shared`` tokens, ``weight`` the sum of ln(organisations / df), the least instant."""

ORDER = {
    "activity": ("window_us", "account"),
    "postings": ("window_us", "account", "kind", "token"),
    "firsts": ("window_us", "account", "ts_us", "exchange_hash"),
    "systems": ("window_us", "system_hash", "org"),
    "lessons": ("window_us", "account", "k"),
    "prompts": ("window_us", "account", "kind", "token"),
    "pairs": ("account_a", "account_b", "kind", "token"),
    "edges": ("account_a", "account_b"),
    "lives": ("account", "org"),
}
"""The order in which each table is streamed; it is total, strings by code point."""
SCHEMAS = {
    "activity": ACTIVITY,
    "postings": POSTINGS,
    "firsts": FIRSTS,
    "systems": SYSTEMS,
    "lessons": LESSONS,
    "prompts": POSTINGS,
    "pairs": PAIRS,
    "edges": EDGES,
    "lives": LIVES,
}
"""Each table's columns."""


class TableEngine(Protocol):
    """Runs SQL over columns: DuckDB in this process, or Spark beyond it."""

    @property
    def dialect(self) -> str:
        """The dialect that ``materialise`` expects, by its name in Ibis: ``duckdb`` or ``databricks``."""
        ...

    def register(self, name: str, source: pa.Table | Sequence[str]) -> None:
        """Give a table, or Parquet files that hold one, a name; a name given again means the new table.

        Raises:
            BadInput: A file cannot be read.
        """
        ...

    def materialise(self, name: str, sql: str) -> int:
        """Run a query, keep its rows under a name, and count them.

        Raises:
            BadInput: The query needs more memory and disk than the engine was given, or an input cannot be read.
            Unavailable: The engine cannot be reached any more.
        """
        ...

    def stream(self, name: str, schema: pa.Schema, order_by: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Give a table's rows in order, with just the schema's columns and types.

        Several streams may be read at once. A stream not read to its end must be closed.

        Raises:
            BadInput: See ``materialise``.
            Unavailable: See ``materialise``.
        """
        ...

    def close(self) -> None:
        """Forget every table."""
        ...
