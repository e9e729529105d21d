# SPDX-License-Identifier: Apache-2.0
"""Scores verdicts against the truth: recall, leak, false positives by kind, purity, and time to detect."""

from collections import Counter

import msgspec
import numpy as np
from numpy.typing import NDArray

from stillwatch.arena.grading.labelled_log import LabelledLog
from stillwatch.arena.grading.verdicts import Verdicts
from stillwatch.stats.intervals import Rate, rate

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


class Delay(msgspec.Struct, frozen=True, kw_only=True):
    """How long detection took over the accounts that it contained; all None where it contained none."""

    accounts: int = 0
    hours_median: float | None = None
    """From an account's first harvest to its containment; one contained before it harvested counts as 0."""
    hours_p90: float | None = None
    exchanges_median: float | None = None
    """Harvest exchanges of an account before its containment."""
    exchanges_p90: float | None = None


class CampaignScore(msgspec.Struct, frozen=True, kw_only=True):
    """How one campaign fared."""

    contained: Rate
    """Of its accounts."""
    noticed: Rate
    """Contained or watched."""
    harvest: int
    leak: float
    """Share of the harvest taken before containment."""
    first_hours: float | None
    """From the campaign's first harvest to the first containment of any of its accounts."""
    first_exchanges: int | None
    """What the campaign had harvested by then."""
    delay: Delay
    leaked_by_day: tuple[int, ...]
    """Harvest exchanges before containment, on each day of the log."""
    late_by_day: tuple[int, ...]
    """Harvest exchanges after it: what containment would have kept in."""


class GroupScore(msgspec.Struct, frozen=True, kw_only=True):
    """How pure and how complete a named campaign is."""

    name: str
    accounts: int
    best: str | None
    """The true campaign that most of its accounts belong to; None where most are benign."""
    purity: float
    """Share of its accounts that belong to ``best``."""
    completeness: float
    """Share of ``best`` that it holds."""


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one log."""

    exchanges: int
    accounts: int
    contained: Rate
    """Recall: of all attackers' accounts, those contained."""
    noticed: Rate
    """Of all attackers' accounts, those contained or watched."""
    harvest: int
    leak: float
    """Share of all harvest exchanges taken before containment; 0 where nothing was harvested."""
    false_contained: Rate
    """Of the benign accounts."""
    false_noticed: Rate
    contained_by_kind: dict[str, Rate]
    noticed_by_kind: dict[str, Rate]
    campaigns: dict[str, CampaignScore]
    groups: tuple[GroupScore, ...]
    purity: float | None
    """Mean over named campaigns, weighted by accounts; None where none is named."""
    completeness: float | None
    """Mean over true campaigns of the largest share that one named campaign holds; None where there is none."""
    delay: Delay


def score(log: LabelledLog, verdicts: Verdicts) -> Score:
    """Score what detection said about a log."""
    contained = verdicts.contained_us.keys()
    flagged_us = np.array([verdicts.contained_us.get(name, np.iinfo(np.int64).max) for name in log.names])
    leaked = log.harvest & (log.at_us < flagged_us[log.account])
    attackers, benign = log.campaign_of.keys(), log.kinds.keys()
    groups = tuple(_group(name, members, log) for name, members in verdicts.groups if members)
    return Score(
        exchanges=len(log.at_us),
        accounts=len(log.names),
        contained=rate(len(attackers & contained), len(attackers)),
        noticed=rate(len(attackers & verdicts.noticed), len(attackers)),
        harvest=int(log.harvest.sum()),
        leak=float(leaked.sum() / max(1, log.harvest.sum())),
        false_contained=rate(len(benign & contained), len(benign)),
        false_noticed=rate(len(benign & verdicts.noticed), len(benign)),
        contained_by_kind=_by_kind(log, frozenset(contained)),
        noticed_by_kind=_by_kind(log, verdicts.noticed),
        campaigns={name: _campaign(log, name, verdicts, flagged_us, leaked) for name in sorted(log.campaigns)},
        groups=groups,
        purity=sum(g.purity * g.accounts for g in groups) / sum(g.accounts for g in groups) if groups else None,
        completeness=_completeness(log, verdicts) if log.campaigns else None,
        delay=_delay(log, flagged_us, np.flatnonzero(~log.is_benign), leaked),
    )


def _by_kind(log: LabelledLog, named: frozenset[str]) -> dict[str, Rate]:
    every, hit = Counter(log.kinds.values()), Counter(kind for name, kind in log.kinds.items() if name in named)
    return {kind: rate(hit[kind], every[kind]) for kind in sorted(every)}


def _campaign(
    log: LabelledLog, name: str, verdicts: Verdicts, flagged_us: NDArray[np.int64], leaked: NDArray[np.bool_]
) -> CampaignScore:
    members = log.campaigns[name].accounts
    own = np.array([account in members for account in log.names], np.bool_)
    is_own = log.harvest & own[log.account]
    first_us = min((verdicts.contained_us[account] for account in members & verdicts.contained_us.keys()), default=None)
    begin_us = int(log.at_us[is_own][0]) if is_own.any() else None
    return CampaignScore(
        contained=rate(len(members & verdicts.contained_us.keys()), len(members)),
        noticed=rate(len(members & verdicts.noticed), len(members)),
        harvest=log.campaigns[name].harvest,
        leak=float(leaked[is_own].sum() / max(1, log.campaigns[name].harvest)),
        first_hours=None if first_us is None or begin_us is None else max(0.0, (first_us - begin_us) / HOUR_US),
        first_exchanges=None if first_us is None else int((log.at_us[is_own] < first_us).sum()),
        delay=_delay(log, flagged_us, np.flatnonzero(own), leaked),
        leaked_by_day=_by_day(log, is_own & leaked),
        late_by_day=_by_day(log, is_own & ~leaked),
    )


def _by_day(log: LabelledLog, chosen: NDArray[np.bool_]) -> tuple[int, ...]:
    day = (log.at_us - log.at_us[0] // DAY_US * DAY_US) // DAY_US
    return tuple(np.bincount(day[chosen], minlength=int(day[-1]) + 1).tolist())


def _delay(
    log: LabelledLog, flagged_us: NDArray[np.int64], among: NDArray[np.int64], leaked: NDArray[np.bool_]
) -> Delay:
    size = len(log.names)
    first_us = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(first_us, log.account[log.harvest], log.at_us[log.harvest])
    before = np.bincount(log.account[leaked], minlength=size)
    timed = among[(flagged_us[among] < np.iinfo(np.int64).max) & (first_us[among] < np.iinfo(np.int64).max)]
    if not len(timed):
        return Delay()
    hours = np.maximum(0, flagged_us[timed] - first_us[timed]) / HOUR_US
    return Delay(
        accounts=len(timed),
        hours_median=float(np.median(hours)),
        hours_p90=float(np.quantile(hours, 0.9)),
        exchanges_median=float(np.median(before[timed])),
        exchanges_p90=float(np.quantile(before[timed], 0.9)),
    )


def _group(name: str, members: frozenset[str], log: LabelledLog) -> GroupScore:
    belong = Counter(log.campaign_of.get(account) for account in members)
    best = max(belong, key=lambda one: (belong[one], str(one)))
    return GroupScore(
        name=name,
        accounts=len(members),
        best=best,
        purity=belong[best] / len(members) if best else 0.0,
        completeness=belong[best] / len(log.campaigns[best].accounts) if best else 0.0,
    )


def _completeness(log: LabelledLog, verdicts: Verdicts) -> float:
    largest = [
        max((len(one.accounts & members) for _, members in verdicts.groups), default=0) / max(1, len(one.accounts))
        for one in log.campaigns.values()
    ]
    return float(np.mean(largest))
