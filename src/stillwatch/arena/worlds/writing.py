# SPDX-License-Identifier: Apache-2.0
"""Writes a composed log to a folder: ``log.parquet``, ``truth.json``, ``harvest.parquet`` and ``world.json``.

The log follows the public contract (``docs/formats/exchange-log.md``) and is written batch by batch. The truth lists
every account's ``persona`` and ``campaign``, and every campaign's ``accounts`` and ``harvest_ids`` (a count).
"""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stillwatch.arena.worlds.compose import Composition
from stillwatch.arena.worlds.draft import Rows
from stillwatch.errors import BadInput

MODEL = "teacher-1"
_BATCH_ROWS = 65_536
_INSTANT = pa.timestamp("us", tz="UTC")


def write_log(composed: Composition, folder: Path, *, until_us: int | None = None) -> int:
    """Write the log and its truth.

    Args:
        composed: What to write.
        folder: Made where it is missing; files of the same names are replaced.
        until_us: Leave out what comes at this instant or later.

    Returns:
        The number of exchanges written.

    Raises:
        BadInput: The folder cannot be written to.
    """
    rows = composed.rows
    count = len(rows) if until_us is None else int(np.searchsorted(rows.at_us, until_us))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_rows(composed, folder, count)
        (folder / "truth.json").write_bytes(msgspec.json.encode(_truth(composed, count)))
        (folder / "world.json").write_bytes(msgspec.json.format(msgspec.json.encode(composed.world), indent=2) + b"\n")
    except OSError as error:
        raise BadInput(f"The log cannot be written to {folder}: {error.strerror}.") from None
    return count


def _write_rows(composed: Composition, folder: Path, count: int) -> None:
    accounts = _account_table(composed)
    log = harvest = None
    try:
        for first in range(0, max(1, count), _BATCH_ROWS):
            part = composed.rows.at(np.arange(first, min(count, first + _BATCH_ROWS)))
            table = _table(composed, part, accounts, first)
            marks = pa.table({"exchange_id": table["exchange_id"], "harvest": pa.array(part.harvest)})
            log = log or pq.ParquetWriter(folder / "log.parquet", table.schema, compression="zstd")
            harvest = harvest or pq.ParquetWriter(folder / "harvest.parquet", marks.schema, compression="zstd")
            log.write_table(table)
            harvest.write_table(marks)
    finally:
        for writer in (log, harvest):
            if writer is not None:
                writer.close()


def _account_table(composed: Composition) -> pa.Table:
    """One row an account, with the columns that all of its requests have in common."""
    callers = composed.callers
    names = ("org_id", "account_id", "client_ip", "country", "user_agent", "ja4", "payment_fp")
    columns: dict[str, Any] = {name: pa.array([getattr(one, name) for one in callers]) for name in names}
    columns["asn"] = pa.array([one.asn for one in callers], pa.int64())
    columns["key_id"] = pa.array([f"key-{one.account_id.removeprefix('acct-')}" for one in callers])
    columns["route"] = pa.array([one.route or "direct" for one in callers])
    columns["signup_ts"] = pa.array([one.signup_us for one in callers], pa.int64()).cast(_INSTANT)
    return pa.table(columns)


def _table(composed: Composition, part: Rows, accounts: pa.Table, first: int) -> pa.Table:
    """One batch of the log. What is drawn here depends on the seed and the batch's place only."""
    chance = np.random.default_rng([composed.seed, first, 7])
    size = len(part)
    manner = {
        name: np.array([getattr(one, name) for one in composed.manners])[part.manner]
        for name in ("max_tokens", "temperature", "reasoning", "logprobs", "tools", "is_streamed", "answer_tokens")
    }
    prompt, system = composed.texts.take(pa.array(part.text)), composed.texts.take(pa.array(part.system))
    read = (_lengths(prompt) + _lengths(system)) // 4 + 1
    written = (
        np.minimum(manner["max_tokens"], chance.lognormal(np.log(manner["answer_tokens"]), 0.8)).astype(np.int64) + 1
    )
    columns: dict[str, Any] = {
        "exchange_id": pa.array([f"ex-{number:010d}" for number in range(first, first + size)]),
        "ts": pa.array(part.at_us).cast(_INSTANT),
        **{name: accounts[name].take(pa.array(part.account)) for name in accounts.column_names},
        "endpoint": pa.array(["chat.completions"] * size, pa.string()),
        "model": pa.array([MODEL] * size, pa.string()),
        "system": system,
        "prompt": prompt,
        "conversation_id": pa.array([f"conv-{n}" if n >= 0 else None for n in part.conversation.tolist()], pa.string()),
        "turn": pa.array(part.turn.astype(np.int64)),
        "input_tokens": pa.array(read),
        "output_tokens": pa.array(written),
        "temperature": pa.array(manner["temperature"].astype(np.float64)),
        "max_tokens": pa.array(manner["max_tokens"].astype(np.int64)),
        "stream": pa.array(manner["is_streamed"]),
        "logprobs": pa.array(manner["logprobs"]),
        "reasoning": pa.array(manner["reasoning"]),
        "tools": pa.array(manner["tools"].astype(np.int64)),
        "status": pa.array(np.full(size, 200, np.int64)),
        "latency_ms": pa.array(200 + written * 12 * chance.lognormal(0, 0.2, size)),
    }
    return pa.table(columns)


def _lengths(texts: pa.Array) -> NDArray[np.int64]:
    return np.asarray(pc.utf8_length(texts)).astype(np.int64)


def _truth(composed: Composition, count: int) -> dict[str, Any]:
    """Accounts that sent nothing in the part written are not part of it."""
    rows = composed.rows
    sent = np.bincount(rows.account[:count], minlength=len(composed.callers))
    harvested = np.bincount(rows.account[:count][rows.harvest[:count]], minlength=len(composed.callers))
    campaign_of = {account: name for name, members in composed.campaigns.items() for account in members}
    return {
        "accounts": {
            one.account_id: {"persona": one.kind, "campaign": campaign_of.get(number)}
            for number, one in enumerate(composed.callers)
            if sent[number]
        },
        "campaigns": {
            name: {
                "accounts": [composed.callers[number].account_id for number in members if sent[number]],
                "harvest_ids": int(harvested[list(members)].sum()),
            }
            for name, members in composed.campaigns.items()
        },
    }
