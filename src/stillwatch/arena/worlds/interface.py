# SPDX-License-Identifier: Apache-2.0
"""What a world needs to know about when callers call."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Arrivals(Protocol):
    """Arrival processes. All instants and gaps are microseconds; all chance comes from the generator given."""

    name: str
    """What they are, for the report."""

    def sessions(self, chance: np.random.Generator, count: int, *, days: int, zone: float) -> NDArray[np.int64]:
        """Starts of a person's sessions over the log, in order; ``zone`` is hours ahead of UTC."""
        ...

    def pauses(self, chance: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Gaps between the messages of a person's conversation."""
        ...

    def steps(self, chance: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Gaps between the requests of an agent at work."""
        ...

    def service(self, chance: np.random.Generator, count: int, *, days: int) -> NDArray[np.int64]:
        """Requests of one application's server over the log, in order: busy hours, quiet hours, bursts."""
        ...
