# SPDX-License-Identifier: Apache-2.0
"""A PRADA-style test: are the distances between an account's prompts distributed as chance would have them?

Source: Juuti et al., "PRADA: Protecting against DNN Model Stealing Attacks", EuroS&P 2019, sec. 5: the distance of each
new query to the nearest earlier one, trimmed of outliers, and the Shapiro-Wilk statistic of these, which is low where
queries are synthetic. Made for images; here on prompt vectors.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import shapiro

from stillwatch.arena.grading.baselines.interface import Traffic

_FEWEST = 20
_MOST = 500
_OUTLIERS = 3.0
"""Standard deviations from the mean beyond which a distance is left out."""


class Prada:
    """One minus the Shapiro-Wilk statistic of nearest distances; nominal at 0.1, that is a statistic of 0.9."""

    name = "PRADA-style test"
    nominal = 0.1

    def scores(self, traffic: Traffic) -> NDArray[np.float64]:
        """1 - W over the account's first 500 prompts; accounts of under 20 cannot be judged."""
        found = np.full(traffic.accounts, -np.inf)
        order = np.argsort(traffic.account, kind="stable")
        ends = np.cumsum(np.bincount(traffic.account, minlength=traffic.accounts))
        for account, (begin, end) in enumerate(zip(np.concatenate([[0], ends[:-1]]), ends, strict=True)):
            if end - begin >= _FEWEST:
                found[account] = _oddness(traffic.content[order[begin : min(end, begin + _MOST)]])
        return found


def _oddness(content: NDArray[np.float32]) -> float:
    likeness = content @ content.T
    likeness[np.triu_indices(len(content))] = -2.0
    nearest = np.sqrt(np.maximum(0.0, 2 - 2 * likeness[1:].max(axis=1)))
    spread = float(nearest.std())
    kept = nearest[np.abs(nearest - nearest.mean()) <= _OUTLIERS * spread] if spread else nearest
    if len(kept) < 3 or np.ptp(kept) < 1e-6:
        return 1.0  # always the same distance: as far from chance as can be
    return 1.0 - float(shapiro(kept).statistic)
