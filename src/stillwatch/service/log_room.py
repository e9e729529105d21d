# SPDX-License-Identifier: Apache-2.0
"""Opens the log and what reads it. Apart from ``record_room`` so that no worker loads Arrow or DuckDB."""

import os
from itertools import islice

from stillwatch.detection.samples import SamplePool
from stillwatch.ledger.adapters.log_check import LogCheck, check_log
from stillwatch.ledger.adapters.log_export import export_log, public_shape, write_json_lines
from stillwatch.ledger.adapters.log_reader import LogReader
from stillwatch.ledger.adapters.parquet_log import ParquetLog, RollReport
from stillwatch.ledger.adapters.pseudonym_key import read_pseudonym_key
from stillwatch.ledger.adapters.tail import SpoolTail
from stillwatch.ledger.pseudonyms import Pseudonyms
from stillwatch.records.case import Case
from stillwatch.records.finding import Sample
from stillwatch.settings import Settings

__all__ = [
    "LogCheck",
    "LogReader",
    "RollReport",
    "check_record",
    "export_log",
    "open_log",
    "open_pseudonyms",
    "open_reader",
    "public_shape",
    "sample_prompts",
    "write_json_lines",
]

DAY_US = 86_400_000_000
SAMPLED_ROWS = 300_000
"""Exchanges that are looked through for sample prompts."""


def open_log(settings: Settings, *, tail: SpoolTail | None = None) -> ParquetLog:
    """The log, to be rolled into.

    Args:
        settings: What is kept, how long, under which names.
        tail: Where given, only segments of which it has handed out every row are rolled, so that live detection misses
            nothing.

    Raises:
        SettingsError: The key of the pseudonyms is missing or too short.
    """
    return ParquetLog(
        settings.ledger, pseudonyms=open_pseudonyms(settings), ready=None if tail is None else tail.drained
    )


def open_reader(settings: Settings) -> LogReader:
    """The record, to be read. With ``rolled_only`` and ``identify`` it is the history that goes with ``open_tail``.

    Raises:
        SettingsError: The key of the pseudonyms is missing or too short.
    """
    return LogReader(settings.ledger.directory, pseudonyms=open_pseudonyms(settings))


def open_pseudonyms(settings: Settings) -> Pseudonyms | None:
    """The pseudonyms of the log, or None where it keeps every identifier in clear.

    Raises:
        SettingsError: The key is missing or too short.
    """
    if not settings.ledger.pseudonymise:
        return None
    return Pseudonyms(settings.ledger.pseudonymise, read_pseudonym_key(settings.ledger, os.environ))


def sample_prompts(settings: Settings, case: Case) -> tuple[Sample, ...]:
    """Prompts that show what a case's accounts sent in the day before it opened and the day after.

    Returns:
        At most three, as ``SamplePool.samples`` chooses them; none where the log holds no text of theirs.

    Raises:
        IntegrityError: A file of the log is damaged.
        SettingsError: The key of the pseudonyms is missing or too short.

    Cost:
        A few seconds at most: no more than ``SAMPLED_ROWS`` exchanges are read.
    """
    pool = SamplePool({case.case_id: case.accounts})
    rows = open_reader(settings).exchanges(
        from_us=max(0, case.opened_us - DAY_US), until_us=case.opened_us + DAY_US, identify=True
    )
    pool.add_exchanges(islice(rows, SAMPLED_ROWS))
    return pool.samples(case.case_id)


def check_record(settings: Settings) -> LogCheck:
    """Read every byte of the record and say what is wrong with it."""
    return check_log(settings.ledger.directory)
