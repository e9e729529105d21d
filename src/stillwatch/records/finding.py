# SPDX-License-Identifier: Apache-2.0
"""Findings: evidence about accounts, and about campaigns of accounts that act as one.

The shapes are the public contract ``stillwatch.findings/1`` (``docs/formats/findings.md``), with instants as integer
microseconds until they are written.
"""

from enum import StrEnum

import msgspec

HONEY = "honey"
"""Family of the evidence that a honey key was used: the account is where it was planted, not who used it."""


class Recommendation(StrEnum):
    """What a finding asks for."""

    CONTAIN = "contain"
    """The product restricts the account by itself."""
    WATCH = "watch"
    """A person should look."""


class Facet(msgspec.Struct, frozen=True, kw_only=True):
    """One family of evidence within a campaign."""

    family: str
    """``content``, ``rate``, ``infrastructure``, ``signup``, …: the name of the family in ``docs/detectors/``."""
    weight: float
    """Its share of the campaign's log evidence, in [0, 1]."""
    why: str
    """In words and numbers that a customer could be told: what was seen, against whom, and how rare that is."""
    p_value: float = 1.0
    """Chance of as much under the family's null, in [0, 1]."""
    clears: str = ""
    """What would clear the campaign of this evidence, one sentence; empty where nothing is known to."""


class Successor(msgspec.Struct, frozen=True, kw_only=True):
    """An account that may have taken another's place: it began soon after that ended, and draws on the same source."""

    account_id: str
    predecessor_id: str
    after_hours: float
    """From the one's end (its last exchange, or when it was contained) to the other's first exchange."""


class SamplePart(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a sample prompt."""

    text: str
    is_common: bool
    """True where others of the campaign's organisations send the same words and hardly anybody else does."""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt that shows what a campaign's accounts send. Personal data."""

    account_id: str
    exchange_id: str
    parts: tuple[SamplePart, ...]
    """The prompt, long ones cut, in order."""


class CampaignFinding(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts found to act as one."""

    campaign_id: str
    """Stable over the passes of one run: a campaign keeps its id as members come and go."""
    accounts: tuple[str, ...]
    first_seen_us: int
    flagged_us: int
    exchanges: int
    """Exchanges of its members up to ``flagged_us`` that carry the campaign's evidence."""
    log10_e: float
    p_value: float
    action: Recommendation
    facets: tuple[Facet, ...]
    successors: tuple[Successor, ...] = ()
    """For operators alone, since they name accounts to each other."""
    samples: tuple[Sample, ...] = ()
    """At most three; none where samples were not asked for or the log holds no text."""


class AccountFinding(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence about one account."""

    account_id: str
    flagged_us: int
    action: Recommendation
    log10_e: float
    campaign_id: str | None
    reasons: tuple[str, ...]
    clears: str = ""
    """What would clear it, where its own evidence alone named it; a campaign's facets say it otherwise."""


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one pass, or one replay, found."""

    window_from_us: int
    window_to_us: int
    accounts: tuple[AccountFinding, ...]
    campaigns: tuple[CampaignFinding, ...]
