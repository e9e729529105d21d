# SPDX-License-Identifier: Apache-2.0
"""The logs that are hunted in: districts of one large population, each composed by the arena with a seed of its own.

A log of a given size is the first so many districts, so that a smaller log is a part of a larger one, with the same
exchanges an account. The campaigns live in the first district. The arena's people are short-spoken, so eight in ten of
the prompts that are not harvest have a text pasted below them; a prompt is then about a kilobyte long. What an account
pastes is its own: texts from one pile would make strangers look like a campaign.
"""

import multiprocessing
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.workplace import WORK
from stillwatch.arena.language.dice import Dice
from stillwatch.arena.language.documents import Trade
from stillwatch.arena.prompts.generated import GeneratedLibrary
from stillwatch.arena.worlds.arrivals import ModelledArrivals
from stillwatch.arena.worlds.catalog import OPERATORS, crowds
from stillwatch.arena.worlds.compose import compose
from stillwatch.arena.worlds.description import World
from stillwatch.arena.worlds.writing import write_log

DISTRICT = 90_000
"""About this many exchanges a district, besides the campaigns'."""
SCALE = 1.65
"""The default population this many times over makes a district."""
PASTED = 0.8
OWN_TEXTS = 3
"""Texts that an account pastes, all of one trade."""
COMPOSITION = 2
"""Counts the ways in which districts have been composed: those that another way has left are not hunted in."""
FOLDER = WORK / f"detection-{COMPOSITION}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A log on disk."""

    files: tuple[Path, ...]
    exchanges: int
    accounts: int
    prompt_bytes: int


def log_of(exchanges: int, *, say: Callable[[str], None]) -> Log:
    """Give a log of about so many exchanges; what is not there yet is composed, two districts at a time."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    numbers = range(max(1, round(exchanges / DISTRICT)))
    missing = [number for number in numbers if not _file(number).exists()]
    if missing:
        say(f"composing {len(missing)} districts of a log of {exchanges:,} exchanges, once")
        with multiprocessing.get_context("spawn").Pool(min(2, len(os.sched_getaffinity(0)))) as pool:
            for done, _ in enumerate(pool.imap_unordered(_compose, missing), 1):
                if done % 10 == 0:
                    say(f"{done} of {len(missing)} districts")
    read = [pq.read_metadata(_file(number)) for number in numbers]
    notes = [one.metadata for one in read]
    return Log(
        files=tuple(_file(number) for number in numbers),
        exchanges=sum(one.num_rows for one in read),
        accounts=sum(int(note[b"accounts"]) for note in notes),
        prompt_bytes=sum(int(note[b"prompt_bytes"]) for note in notes),
    )


def _file(number: int) -> Path:
    return FOLDER / f"district-{number:03d}.parquet"


def _compose(number: int) -> None:
    """Compose one district; its file appears when it is whole."""
    world = World(name=f"district {number}", crowds=crowds(SCALE), operators=() if number else OPERATORS)
    composed = compose(world, seed=1_000 + number, library=GeneratedLibrary(), arrivals=ModelledArrivals())
    folder = FOLDER / f"composed-{number:03d}"
    write_log(composed, folder)
    chance = np.random.default_rng((number, 0xD0C5))
    half = _file(number).with_suffix(".half")
    accounts, size = len(set(composed.rows.account.tolist())), 0
    with (
        pq.ParquetFile(folder / "log.parquet") as log,
        pq.ParquetFile(folder / "harvest.parquet") as marks,
        pq.ParquetWriter(half, log.schema_arrow, compression="zstd") as writer,
    ):
        names = np.unique(pc.unique(log.read(["account_id"])["account_id"]).to_pylist())
        texts = _texts(number, len(names))
        for group in range(log.num_row_groups):
            table = _pasted(log.read_row_group(group), marks.read_row_group(group)["harvest"], names, texts, chance)
            ids = pc.binary_join_element_wise(table["exchange_id"], f"d{number}", "-")
            writer.write_table(table.set_column(table.schema.get_field_index("exchange_id"), "exchange_id", ids))
            size += int(pc.sum(pc.binary_length(table["prompt"])).as_py())
        writer.add_key_value_metadata({"accounts": str(accounts), "prompt_bytes": str(size)})
    shutil.rmtree(folder)
    half.replace(_file(number))


def _texts(number: int, accounts: int) -> pa.Array:
    """Write what each of some accounts pastes, account after account."""
    dice = Dice(number, "documents")
    trades = [Trade(dice) for _ in range(accounts)]
    made = [" ".join(trade.article() for _ in range(dice.between(1, 6))) for trade in trades for _ in range(OWN_TEXTS)]
    return pa.array(made, pa.large_string())


def _pasted(
    table: pa.Table, is_harvest: pa.ChunkedArray, names: np.ndarray, texts: pa.Array, chance: np.random.Generator
) -> pa.Table:
    """Put a text of the account's own below some of the prompts."""
    size = table.num_rows
    account = np.searchsorted(names, table["account_id"].to_pylist())
    given = texts.take(pa.array(account * OWN_TEXTS + chance.integers(0, OWN_TEXTS, size)))
    longer = pc.binary_join_element_wise(table["prompt"], given, pa.scalar("\n\n", pa.large_string()))
    is_longer = pa.array((chance.random(size) < PASTED) & ~is_harvest.to_numpy())
    prompt = pc.if_else(is_longer, longer, table["prompt"])
    return table.set_column(table.schema.get_field_index("prompt"), table.schema.field("prompt"), prompt)
