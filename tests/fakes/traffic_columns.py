# SPDX-License-Identifier: Apache-2.0
"""Columns of traffic for tests of the baselines."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fakes.worlds import FIRST_US, HOUR_US
from stillwatch.arena.grading.baselines.interface import Traffic


def traffic(
    *,
    accounts: int,
    account: Sequence[int],
    hours: Sequence[float] = (),
    content: NDArray[np.float32] | None = None,
    network: Sequence[int] = (),
) -> Traffic:
    """What is not given is the same for all rows, or not known."""
    size = len(account)
    return Traffic(
        accounts=accounts,
        account=np.array(account, np.int64),
        at_us=FIRST_US + (np.array(hours or [0.0] * size) * HOUR_US).astype(np.int64),
        content=np.zeros((size, 4), np.float32) if content is None else content,
        facets={"network": np.array(network or [-1] * size, np.int64)},
    )
