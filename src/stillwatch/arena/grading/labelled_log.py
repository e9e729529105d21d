# SPDX-License-Identifier: Apache-2.0
"""A composed folder as columns: who sent what when, and the truth.

Symbols: N exchanges, A accounts.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stillwatch.errors import BadInput

_LAYOUT = (
    "A composed folder has log.parquet, truth.json and harvest.parquet, as `stillwatch arena compose` writes them."
)


class _Account(msgspec.Struct):
    persona: str
    campaign: str | None = None


class _Campaign(msgspec.Struct):
    accounts: list[str]
    harvest_ids: int


class _Truth(msgspec.Struct):
    accounts: dict[str, _Account]
    campaigns: dict[str, _Campaign]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueCampaign:
    """One campaign as it was."""

    accounts: frozenset[str]
    harvest: int
    """Exchanges harvested in all."""


@dataclass(frozen=True)
class LabelledLog:
    """See the module. Rows are in order of time."""

    path: Path
    """The log's file."""
    names: tuple[str, ...]
    """Account ids, shape (A,)."""
    account: NDArray[np.int64]
    """Shape (N,): positions in ``names``."""
    at_us: NDArray[np.int64]
    harvest: NDArray[np.bool_]
    kinds: dict[str, str]
    """What each benign account is, by id."""
    campaign_of: dict[str, str]
    """The campaign of each attacker, by id."""
    campaigns: dict[str, TrueCampaign]

    @cached_property
    def is_benign(self) -> NDArray[np.bool_]:
        """Shape (A,)."""
        return np.array([name not in self.campaign_of for name in self.names], np.bool_)

    @cached_property
    def _order(self) -> NDArray[np.int64]:
        table = pq.read_table(self.path, columns=["ts"])
        return np.argsort(_microseconds(table["ts"]), kind="stable")

    def column(self, name: str) -> pa.ChunkedArray | None:
        """A further column of the log in the order of the rows; None where the log has none of that name."""
        if name not in pq.read_schema(self.path).names:
            return None
        return pq.read_table(self.path, columns=[name])[name].take(pa.array(self._order))


def read_log(folder: Path) -> LabelledLog:
    """Read a composed folder.

    Raises:
        BadInput: A file is missing or holds something else; the message says which.
    """
    try:
        truth = msgspec.json.decode((folder / "truth.json").read_bytes(), type=_Truth)
        table = pq.read_table(folder / "log.parquet", columns=["exchange_id", "account_id", "ts"])
        marks = pq.read_table(folder / "harvest.parquet", columns=["exchange_id", "harvest"])
    except OSError as error:
        raise BadInput(f"{error.filename or folder} cannot be read: {error.strerror or error}.", hint=_LAYOUT) from None
    except (msgspec.DecodeError, pa.ArrowInvalid, KeyError) as error:
        raise BadInput(f"{folder} is no composed log: {str(error).splitlines()[0]}.", hint=_LAYOUT) from None
    at_us = _microseconds(table["ts"])
    order = np.argsort(at_us, kind="stable")
    place = pc.index_in(table["exchange_id"], value_set=marks["exchange_id"].combine_chunks())
    if place.null_count:
        raise BadInput(f"{folder}: harvest.parquet does not name every exchange of log.parquet.", hint=_LAYOUT)
    harvest = np.asarray(marks["harvest"].take(place))
    coded = table["account_id"].combine_chunks().dictionary_encode()
    names = tuple(coded.dictionary.to_pylist())
    unknown = next((name for name in names if name not in truth.accounts), None)
    if unknown is not None:
        raise BadInput(f"{folder}: truth.json does not know the account {unknown}.", hint=_LAYOUT)
    return LabelledLog(
        path=folder / "log.parquet",
        names=names,
        account=np.asarray(coded.indices).astype(np.int64)[order],
        at_us=at_us[order],
        harvest=harvest[order],
        kinds={name: one.persona for name, one in truth.accounts.items() if not one.campaign},
        campaign_of={name: one.campaign for name, one in truth.accounts.items() if one.campaign},
        campaigns={
            name: TrueCampaign(accounts=frozenset(one.accounts), harvest=one.harvest_ids)
            for name, one in truth.campaigns.items()
        },
    )


def _microseconds(column: Any) -> NDArray[np.int64]:
    return np.asarray(column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())).astype(np.int64)
