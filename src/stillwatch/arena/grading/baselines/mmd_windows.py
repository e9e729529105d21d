# SPDX-License-Identifier: Apache-2.0
"""Windows of content against everybody's pooled content, by the maximum mean discrepancy.

Source: the unbiased MMD of Gretton et al., "A Kernel Two-Sample Test", JMLR 13, 2012, eq. 3, with a linear-cost kernel
mean by random Fourier features (Rahimi and Recht, 2007), over an account's windows, as proposed for extraction of
language models in arXiv 2606.05725. The null is windows drawn from the pool, which is that method's flaw: real people
are not draws from a pool.
"""

import numpy as np
from numpy.typing import NDArray

from stillwatch.arena.grading.baselines.interface import Traffic

_WINDOW = 30
_FEATURES = 256
_NULL_WINDOWS = 400


class MmdWindows:
    """The account's most unusual window of 30 prompts, in units of the pooled null's 95 % point; nominal at 1."""

    name = "MMD windows"
    nominal = 1.0

    def scores(self, traffic: Traffic) -> NDArray[np.float64]:
        """The largest window statistic over the null's 95 % quantile; accounts of under 30 prompts cannot be judged."""
        chance = np.random.default_rng(0)
        scale = 1.0 / np.sqrt(_median_square(traffic.content, chance))
        frequency = chance.normal(0, scale, (traffic.content.shape[1], _FEATURES)).astype(np.float32)
        phase = chance.uniform(0, 2 * np.pi, _FEATURES).astype(np.float32)
        lifted = np.cos(traffic.content @ frequency + phase) * np.float32(np.sqrt(2 / _FEATURES))
        pool = lifted.mean(axis=0)
        null = [_discrepancy(lifted[chance.integers(0, len(lifted), _WINDOW)], pool) for _ in range(_NULL_WINDOWS)]
        threshold = float(np.quantile(null, 0.95))
        found = np.full(traffic.accounts, -np.inf)
        order = np.argsort(traffic.account, kind="stable")
        ends = np.cumsum(np.bincount(traffic.account, minlength=traffic.accounts))
        for account, (begin, end) in enumerate(zip(np.concatenate([[0], ends[:-1]]), ends, strict=True)):
            own = lifted[order[begin:end]]
            windows = [own[at : at + _WINDOW] for at in range(0, len(own) - _WINDOW + 1, _WINDOW)]
            if windows:
                found[account] = max(_discrepancy(window, pool) for window in windows) / threshold
        return found


def _discrepancy(window: NDArray[np.float32], pool: NDArray[np.float32]) -> float:
    """Unbiased in the window; the pool is large enough to be taken for known."""
    size = len(window)
    total = window.sum(axis=0)
    within = (float(total @ total) - float((window**2).sum())) / (size * (size - 1))
    return within - 2 * float(total @ pool) / size + float(pool @ pool)


def _median_square(content: NDArray[np.float32], chance: np.random.Generator) -> float:
    """The median squared distance of random pairs, the usual bandwidth."""
    first, second = chance.integers(0, len(content), (2, 2_000))
    return float(np.median(((content[first] - content[second]) ** 2).sum(axis=1))) + 1e-6
