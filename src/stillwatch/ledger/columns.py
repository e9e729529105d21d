# SPDX-License-Identifier: Apache-2.0
"""The columns of the exchange log, in order: first the public contract's, then our own.

Source:
    ``docs/formats/exchange-log.md`` is the specification.
"""

from enum import StrEnum


class ColumnKind(StrEnum):
    """What a column holds."""

    TEXT = "string"
    INSTANT = "timestamp"
    """Microseconds, UTC."""
    INTEGER = "int"
    NUMBER = "float"
    TRUTH = "bool"
    BYTES = "binary"


TEXT, INSTANT, INTEGER, NUMBER, TRUTH, BYTES = ColumnKind

CONTRACT: dict[str, ColumnKind] = {
    "exchange_id": TEXT,
    "ts": INSTANT,
    "org_id": TEXT,
    "account_id": TEXT,
    "key_id": TEXT,
    "client_ip": TEXT,
    "asn": INTEGER,
    "country": TEXT,
    "user_agent": TEXT,
    "ja4": TEXT,
    "payment_fp": TEXT,
    "signup_ts": INSTANT,
    "route": TEXT,
    "endpoint": TEXT,
    "model": TEXT,
    "system": TEXT,
    "prompt": TEXT,
    "response": TEXT,
    "conversation_id": TEXT,
    "turn": INTEGER,
    "input_tokens": INTEGER,
    "output_tokens": INTEGER,
    "temperature": NUMBER,
    "max_tokens": INTEGER,
    "stream": TRUTH,
    "logprobs": TRUTH,
    "reasoning": TRUTH,
    "tools": INTEGER,
    "status": INTEGER,
    "latency_ms": NUMBER,
}
"""Columns that anybody may rely on."""

OWN: dict[str, ColumnKind] = {
    "outcome": TEXT,
    "refusal": TEXT,
    "reasoning_tokens": INTEGER,
    "cached_tokens": INTEGER,
    "tokens_estimated": TRUTH,
    "rung": INTEGER,
    "sketch": BYTES,
    "policy_rules": TEXT,
    "policy_facts": TEXT,
    "binding": INTEGER,
    "person": TEXT,
    "person_class": TEXT,
}
"""Columns that Stillwatch adds."""

COLUMNS = CONTRACT | OWN
REQUIRED = ("exchange_id", "ts", "org_id", "account_id", "model", "prompt")


def field_of(column: str) -> str:
    """The field of ``Exchange`` that a column holds: instants are integers there, and say so."""
    return f"{column}_us" if COLUMNS[column] is INSTANT else column
