# SPDX-License-Identifier: Apache-2.0
"""A baseline: what an operator's own traffic looks like to detection, and how often it is wrong about it.

The stored form is ``stillwatch.baseline/1`` (``docs/formats/baseline.md``). It holds counts and no account's name.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec
import numpy as np
import numpy.typing as npt

from stillwatch.detection.calibration.crowd import EVERYBODY, Crowd
from stillwatch.detection.calibration.quantities import FIT, LEAST_LOG10_P, SURPRISE, Reading
from stillwatch.detection.settings import DetectionSettings
from stillwatch.records.finding import Findings, Recommendation
from stillwatch.stats.intervals import at_most, effective_trials

Doubles = npt.NDArray[np.float64]

SCHEMA = "stillwatch.baseline/1"
SHARED = 3
"""Organisations on top of the first of each block from which a group is held together by what it shares: with fewer,
the infrastructure family cannot reach the p-value that corroborates."""
EDGES: dict[str, Doubles] = {
    SURPRISE: np.concatenate((np.arange(0.0, 8.0, 0.25), [8.0, 12.0, 20.0])),
    FIT: np.arange(-0.5, 1.55, 0.05),
}
"""Inner edges of each quantity's bins; the first and the last bin have no end."""
P_EDGES = np.concatenate(([LEAST_LOG10_P + 0.5, -8.0, -6.0, -5.0, -4.5], np.arange(-4.0, 0.0, 0.125)))
"""Those of every p-value."""


class Alarms(msgspec.Struct, frozen=True, kw_only=True):
    """How many of some accounts met with something, on the mean over the repeats."""

    mean: float
    at_most: float
    """Upper 95 % bound on the rate if accounts are independent: Clopper-Pearson with as many trials as accounts."""
    at_most_together: float
    """The same if accounts of one block always fare alike: as many trials as the blocks are worth."""


class CohortRate(msgspec.Struct, frozen=True, kw_only=True):
    """False alarms among the accounts of one cohort."""

    cohort: str
    accounts: int
    worth: float
    """Independent accounts that they are worth if those of one block always fare alike."""
    contained: Alarms
    apart: Alarms
    """Contained in a group that no card and no network holds together: blocks that moving can part, so that a campaign
    inside the log hardly raises their number. Whether a group that shares is an office or a campaign cannot be told
    without labels."""
    named: Alarms
    """Watched or contained."""


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """One quantity among the accounts of one cohort, over the repeats."""

    quantity: str
    cohort: str
    edges: tuple[float, ...]
    counts: tuple[float, ...]
    """Mean over the repeats, one more than edges; a value on an edge counts above it."""
    worth: float
    """As in ``CohortRate``, of the accounts that have the quantity; for families, the groups of one repeat."""


class AsItStands(msgspec.Struct, frozen=True, kw_only=True):
    """What is found in the log unmoved: campaigns and mistakes alike."""

    contained: int
    named: int
    contained_anyway: int
    """Those contained whom at least half of the repeats contain too: not for when they came."""


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """See the module."""

    schema: str
    settings: str
    """Digest of the settings of detection that it holds for."""
    seed: int
    repeats: int
    from_us: int
    to_us: int
    exchanges: int
    accounts: int
    organisations: int
    blocks: int
    movable: float
    """Share of the accounts that can be moved by more than what still counts as one time."""
    repeats_with_containment: int
    """Repeats in which anybody was contained."""
    repeats_with_apart: int
    """Repeats in which anybody was contained apart. See ``CohortRate``."""
    as_it_stands: AsItStands
    rates: tuple[CohortRate, ...]
    quantities: tuple[Histogram, ...]


def settings_digest(settings: DetectionSettings) -> str:
    """Give the digest of settings, which is the same for the same settings however they were written."""
    return "sha256:" + sha256(msgspec.json.encode(settings.model_dump(), order="deterministic")).hexdigest()


@dataclass(slots=True)
class Tally:
    """Counts over the repeats.

    Args:
        crowd: The accounts.
    """

    crowd: Crowd
    repeats: int = 0
    repeats_with_containment: int = 0
    repeats_with_apart: int = 0
    contained: Counter[str] = field(default_factory=Counter)
    """By account, in how many repeats; so are the next two."""
    apart: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    values: list[list[Reading]] = field(default_factory=list)
    _place: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self._place = {name: at for at, name in enumerate(self.crowd.names)}

    def add(self, findings: Findings, read: Sequence[Reading]) -> None:
        """Count one repeat."""
        contained = [one for one in findings.accounts if one.action is Recommendation.CONTAIN]
        groups: dict[str | None, list[str]] = {}
        for one in contained:
            groups.setdefault(one.campaign_id, []).append(one.account_id)
        apart = [name for names in groups.values() if self._shared(names) < SHARED for name in names]
        self.repeats += 1
        self.repeats_with_containment += bool(contained)
        self.repeats_with_apart += bool(apart)
        self.contained.update(one.account_id for one in contained)
        self.apart.update(apart)
        self.named.update(one.account_id for one in findings.accounts)
        self.values.append(list(read))

    def _shared(self, names: Sequence[str]) -> int:
        """Count the organisations of some accounts that come on top of the first of their block."""
        at = [self._place[name] for name in names]
        return len(np.unique(self.crowd.org[at])) - len(np.unique(self.crowd.block[at]))

    def as_it_stands(self, findings: Findings) -> AsItStands:
        """Compare with what is found in the log unmoved."""
        contained = [one.account_id for one in findings.accounts if one.action is Recommendation.CONTAIN]
        return AsItStands(
            contained=len(contained),
            named=len(findings.accounts),
            contained_anyway=sum(self.contained[one] >= self.repeats / 2 for one in contained),
        )

    def rates(self) -> tuple[CohortRate, ...]:
        """Give each cohort's false alarms; cohorts without accounts are left out."""
        shares = [
            np.array([seen[name] for name in self.crowd.names], np.float64) / max(1, self.repeats)
            for seen in (self.contained, self.apart, self.named)
        ]
        found = []
        for cohort, inside in self.crowd.cohorts.items():
            accounts = int(inside.sum())
            if accounts:
                worth = _worth(self.crowd, np.flatnonzero(inside))
                contained, apart, named = (_alarms(float(share[inside].sum()), accounts, worth) for share in shares)
                found.append(
                    CohortRate(
                        cohort=cohort, accounts=accounts, worth=worth, contained=contained, apart=apart, named=named
                    )
                )
        return tuple(found)

    def histograms(self) -> tuple[Histogram, ...]:
        """Give each quantity's histogram, for every cohort where it is an account's."""
        counts: dict[tuple[str, str], Doubles] = {}
        worth: dict[tuple[str, str], list[float]] = {}
        for reading in (one for read in self.values for one in read):
            edges = edges_of(reading.quantity)
            at = np.fromiter((self._place[name] for name in reading.accounts), np.int64, len(reading.accounts))
            cohorts: Mapping[str, npt.NDArray[np.bool_]] = (
                {name: inside[at] for name, inside in self.crowd.cohorts.items()}
                if len(at)
                else {EVERYBODY: np.ones(len(reading.values), np.bool_)}
            )
            for cohort, inside in cohorts.items():
                binned = np.bincount(np.searchsorted(edges, reading.values[inside], "right"), minlength=len(edges) + 1)
                key = (reading.quantity, cohort)
                counts[key] = counts.get(key, np.zeros(len(edges) + 1)) + binned
                worth.setdefault(key, []).append(_worth(self.crowd, at[inside]) if len(at) else float(inside.sum()))
        return tuple(
            Histogram(
                quantity=quantity,
                cohort=cohort,
                edges=tuple(edges_of(quantity).round(6).tolist()),
                counts=tuple((held / self.repeats).round(6).tolist()),
                worth=round(float(np.mean(worth[quantity, cohort])), 3),
            )
            for (quantity, cohort), held in counts.items()
            if held.any()
        )


def edges_of(quantity: str) -> Doubles:
    """Give the inner edges of a quantity's bins."""
    return EDGES.get(quantity, P_EDGES)


def _worth(crowd: Crowd, at: npt.NDArray[np.int64]) -> float:
    return effective_trials(np.bincount(crowd.block[at])) if len(at) else 0.0


def _alarms(mean: float, accounts: int, worth: float) -> Alarms:
    return Alarms(mean=mean, at_most=at_most(mean, accounts), at_most_together=at_most(mean / accounts * worth, worth))
