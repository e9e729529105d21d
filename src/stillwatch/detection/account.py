# SPDX-License-Identifier: Apache-2.0
"""The evidence that accounts give by themselves: a bet on the share of their prompts that elicit.

Catches: an account most of whose prompts ask for reasoning to be written out, for rubrics or for new tasks, however
slowly it asks. Misses: everything else; a lone account that harvests plain answers looks like a busy customer. False
alarms: a school that always asks for steps. It names an account for a person to look at and never contains one: at
about one exchange an hour, no honest evidence about a single account is enough.
"""

from math import log

import numpy as np
import numpy.typing as npt

from stillwatch.detection.census import Census
from stillwatch.detection.settings import DetectionSettings
from stillwatch.stats.betting import log_wealth

STAKES = (0.1, 0.3, 0.6, 0.9)
"""Several bettors, from timid to bold, because the share among harvesters is not known beforehand."""

Ints = npt.NDArray[np.int64]


class OwnEvidence:
    """Each account's wealth at its highest, looked at after every window in which it was active.

    Under the null that the account's prompts elicit with chance at most ``elicitation_share`` each, given its past, it
    is ever named with chance at most ``alpha``. Evidence once given is not taken back by a quiet week; Ville allows
    that.
    """

    def __init__(self, settings: DetectionSettings) -> None:
        self._settings = settings
        self._peak = np.zeros(256)
        self.named: dict[int, int] = {}
        """The accounts named, and the instant of each."""

    def look(self, census: Census, active: Ints, *, now_us: int) -> None:
        """Look at the accounts that were active."""
        if len(self._peak) < len(census):
            self._peak = np.concatenate((self._peak, np.zeros(len(census))))
        wealth = log_wealth(
            census.eliciting[active], census.contents[active], m0=self._settings.elicitation_share, stakes=STAKES
        )
        self._peak[active] = np.maximum(self._peak[active], wealth)
        for row in active[wealth >= -log(self._settings.alpha)].tolist():
            self.named.setdefault(row, now_us)

    def log10_e(self, row: int) -> float:
        """Decimal logarithm of an account's e-value."""
        return float(self._peak[row]) / log(10.0) if row < len(self._peak) else 0.0
