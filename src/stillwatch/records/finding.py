# SPDX-License-Identifier: Apache-2.0
"""Findings: evidence about accounts, and about campaigns of accounts that act as one.

The shapes are the public contract ``stillwatch.findings/1`` (``docs/formats/findings.md``), with instants as integer
microseconds until they are written.
"""

from enum import StrEnum

import msgspec


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
    """In words that a customer could be told."""


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


class AccountFinding(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence about one account."""

    account_id: str
    flagged_us: int
    action: Recommendation
    log10_e: float
    campaign_id: str | None
    reasons: tuple[str, ...]


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one pass, or one replay, found."""

    window_from_us: int
    window_to_us: int
    accounts: tuple[AccountFinding, ...]
    campaigns: tuple[CampaignFinding, ...]
