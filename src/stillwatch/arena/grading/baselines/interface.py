# SPDX-License-Identifier: Apache-2.0
"""What every baseline must do.

Symbols: A accounts, N exchanges, D content dimensions.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.arena.grading.labelled_log import LabelledLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """A log as baselines may see it: no labels."""

    accounts: int
    account: NDArray[np.int64]
    """Shape (N,)."""
    at_us: NDArray[np.int64]
    content: NDArray[np.float32]
    """Unit vectors of the prompts, shape (N, D)."""
    facets: dict[str, NDArray[np.int64]]
    """``network`` (/24), ``payment`` and ``ja4``: a number for each value, -1 where it is not known; shape (N,)."""


class Baseline(Protocol):
    """One method. It sees the whole log at once, the future included, which flatters it."""

    name: str
    """In the report's words."""
    nominal: float
    """An account is flagged whose score is at least this, as the method's source would set it."""

    def scores(self, traffic: Traffic) -> NDArray[np.float64]:
        """How suspicious each account is, shape (A,); minus infinity where the method cannot say."""
        ...


def traffic_of(log: LabelledLog, content: NDArray[np.float32]) -> Traffic:
    """Take the labels off."""
    return Traffic(
        accounts=len(log.names),
        account=log.account,
        at_us=log.at_us,
        content=content,
        facets={
            "network": _coded(log, "client_ip", is_network=True),
            "payment": _coded(log, "payment_fp"),
            "ja4": _coded(log, "ja4"),
        },
    )


def _coded(log: LabelledLog, name: str, *, is_network: bool = False) -> NDArray[np.int64]:
    column = log.column(name)
    if column is None:
        return np.full(len(log.at_us), -1, np.int64)
    coded = column.combine_chunks().dictionary_encode()
    number = np.asarray(coded.indices.fill_null(-1)).astype(np.int64)
    if not is_network:
        return number
    values = coded.dictionary.to_pylist()
    prefixes = pa.array([value.rpartition("." if "." in value else ":")[0] for value in values], pa.string())
    prefix = np.asarray(prefixes.dictionary_encode().indices).astype(np.int64)
    return np.where(number >= 0, prefix[number], -1) if len(prefix) else number
