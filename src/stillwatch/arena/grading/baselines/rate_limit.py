# SPDX-License-Identifier: Apache-2.0
"""A rate limit: flag who sends the most in an hour."""

import numpy as np
from numpy.typing import NDArray

from stillwatch.arena.grading.baselines.interface import Traffic

_HOUR_US = 3_600_000_000


class RateLimit:
    """The account's busiest hour; nominal at 60 requests, the limit that providers give a first tier."""

    name = "rate limit"
    nominal = 60.0

    def scores(self, traffic: Traffic) -> NDArray[np.float64]:
        """Requests in the busiest hour of the clock."""
        hours = traffic.at_us // _HOUR_US
        key, counts = np.unique(traffic.account * 10_000_000 + hours, return_counts=True)
        found = np.zeros(traffic.accounts)
        np.maximum.at(found, key // 10_000_000, counts)
        return found
