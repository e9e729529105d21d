# SPDX-License-Identifier: Apache-2.0
"""What a family of evidence is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from stillwatch.detection.census import Census
from stillwatch.detection.corpora import Corpus
from stillwatch.detection.grouping import Group
from stillwatch.detection.linking import Candidates, Links

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A group under examination, and the population to judge it against. Families read it and change nothing."""

    census: Census
    chosen: Candidates
    links: Links
    group: Group
    now_s: float
    chance: int
    """Seed for whatever a family draws at random."""
    corpora: tuple[Corpus, ...] = ()
    """Public lists of prompts."""
    earlier: Mapping[int, float] = field(default_factory=dict)
    """Rows of the accounts that the campaign is known to have had before, and when each was contained, in seconds since
    the epoch; infinite where it was not."""

    @property
    def rows(self) -> Ints:
        """The members' rows in the census."""
        return self.chosen.rows[self.group.members]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one family says about one group."""

    family: str
    p_value: float
    """Chance of as much or more under the family's stated null, in [0, 1]; 0 only where it underflows."""
    log10_e: float
    """The same as an e-value's decimal logarithm, calibrated, so that families can be averaged whatever their
    dependence."""
    why: str
    """In words that a customer could be told."""


class FacetFamily(Protocol):
    """One family of evidence about a group."""

    @property
    def name(self) -> str:
        """Its name, which is also the name of its page in ``docs/detectors``."""
        ...

    @property
    def is_independent(self) -> bool:
        """True where it neither reads content nor times of requests, so that it can corroborate them."""
        ...

    @property
    def weight(self) -> float:
        """Its weight in the campaign's e-value, fixed beforehand: 1, or a tenth where it only supports the others."""
        ...

    @property
    def peers(self) -> str:
        """Whom the group is compared with, in words that go on from "among"."""
        ...

    @property
    def clears(self) -> str:
        """What would clear the group of this evidence: one sentence."""
        ...

    def weigh(self, case: Case) -> Evidence | None:
        """Weigh a group. None abstains: the columns are absent, or too few members have them."""
        ...
