# SPDX-License-Identifier: Apache-2.0
"""A second look at log files, for the prompts that show what was found. It ends as soon as there are enough."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from stillwatch.detection.adapters.bad_rows import BadRows
from stillwatch.detection.adapters.log_files import log_files
from stillwatch.detection.adapters.log_ingest import shares_of
from stillwatch.detection.adapters.log_parts import batches_of
from stillwatch.detection.samples import SamplePool

COLUMNS = ("exchange_id", "org_id", "account_id", "prompt", "turn")


def gather_texts(
    paths: Sequence[Path],
    pool: SamplePool,
    *,
    scratch: Path,
    skip_bad_rows: bool = False,
    progress: Callable[[int, int], None] = lambda _read, _total: None,
) -> None:
    """Read a log's prompts into a pool.

    Args:
        paths: As ``ingest`` takes them.
        pool: Says what is still wanted.
        scratch: A folder; nothing is written to it.
        skip_bad_rows: Pass bad rows by instead of refusing the log.
        progress: Called now and then with the rows read and their total; the total alone is reached early.

    Raises:
        BadInput: The log is refused; the message says which file, column and row.
    """
    shares = [
        share
        for path in log_files(paths)
        for share in shares_of(path, scratch, columns=COLUMNS, skip_bad_rows=skip_bad_rows)
    ]
    done, total = 0, sum(share.rows or 0 for share in shares)
    for share in shares:
        for batch in batches_of(share, BadRows(), lambda _rows: None):
            _add(batch, pool)
            done += batch.num_rows
            total = max(total, done)
            progress(done, total)
            if pool.is_full:
                progress(total, total)
                return
    progress(total, total)


def _add(batch: pa.RecordBatch, pool: SamplePool) -> None:
    """Take in what is wanted of a batch; other texts are not even decoded."""
    accounts = batch["account_id"].to_pylist()
    wanted = [at for at, account in enumerate(accounts) if pool.wants(account)]
    if not wanted:
        return
    chosen = batch.take(pa.array(wanted, pa.int64()))
    turns = chosen["turn"].to_pylist() if "turn" in chosen.schema.names else [None] * len(wanted)
    rows = zip(*(chosen[name].to_pylist() for name in ("account_id", "org_id", "exchange_id", "prompt")), strict=True)
    for (account, org, exchange_id, prompt), turn in zip(rows, turns, strict=True):
        pool.add(account=account, org=org, exchange_id=exchange_id, prompt=prompt, turn=turn)
