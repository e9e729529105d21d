# SPDX-License-Identifier: Apache-2.0
"""Campaigns into cases: one opens, follows its campaign, closes when all is quiet, and opens again."""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from stillwatch.records.case import Case, CaseState, Decision
from stillwatch.records.finding import HONEY, CampaignFinding, Facet, Findings
from stillwatch.remediation.effect import is_in_force
from stillwatch.remediation.settings import RemediationSettings

SUCCESSORS_TOLD = 10
LARGEST = 1e300
"""Evidence beyond this is written as this: databases and JSON know no infinity."""


def campaigns_of(findings: Findings) -> tuple[CampaignFinding, ...]:
    """The campaigns of a pass, by id; a finding about an account alone is a campaign of one.

    Such a campaign's p-value is the e-value's own bound, 1/e.
    """
    campaigns = {}
    # Sorted, so that of two findings with one id (which a pass should not give) the stronger stays, in any order.
    for campaign in sorted(findings.campaigns, key=lambda campaign: (campaign.log10_e, campaign.accounts)):
        if campaign.accounts:
            campaigns[campaign.campaign_id] = campaign
    for account in sorted(findings.accounts, key=lambda account: account.log10_e):
        if account.campaign_id is None:
            campaign_id = f"account:{account.account_id}"
            weight = 1 / max(1, len(account.reasons))
            campaigns[campaign_id] = CampaignFinding(
                campaign_id=campaign_id,
                accounts=(account.account_id,),
                first_seen_us=account.flagged_us,
                flagged_us=account.flagged_us,
                exchanges=0,
                log10_e=account.log10_e,
                p_value=10.0 ** -min(300.0, max(0.0, _finite(account.log10_e))),
                action=account.action,
                facets=tuple(
                    Facet(family="account", weight=weight, why=why, clears=account.clears) for why in account.reasons
                ),
            )
    return tuple(campaigns[campaign_id] for campaign_id in sorted(campaigns))


def case_of(campaign: CampaignFinding, cases: Iterable[Case]) -> Case | None:
    """The case a campaign already has: the same campaign id, and at least one account in common.

    Campaign ids are stable within one run of detection only. After a fresh start an id may come to mean other
    accounts, which must not inherit what was decided about the first.
    """
    members = set(campaign.accounts)
    mine = [
        case for case in cases if case.campaign_id == campaign.campaign_id and not members.isdisjoint(case.accounts)
    ]
    return max(mine, key=lambda case: (case.opened_us, case.case_id), default=None)


def updated(case: Case | None, campaign: CampaignFinding, now_us: int) -> Case:
    """The campaign's case after this pass: opened, or brought up to date (and opened again where it was closed)."""
    members = tuple(sorted(set(campaign.accounts)))
    return Case(
        case_id=_case_id(campaign, now_us) if case is None else case.case_id,
        campaign_id=campaign.campaign_id,
        opened_us=now_us if case is None else case.opened_us,
        updated_us=now_us,
        state=CaseState.OPEN,
        accounts=members,
        exchanges=campaign.exchanges,
        log10_e=_finite(campaign.log10_e),
        p_value=_finite(campaign.p_value),
        summary=_summary(members, campaign),
        facets=tuple(_clean(line) for line in (*map(_ground, _by_weight(campaign)), *_successors(campaign))),
    )


def quiet(
    cases: Iterable[Case], decisions: Sequence[Decision], now_us: int, *, ladder: RemediationSettings
) -> tuple[Case, ...]:
    """The open cases that close now: not found for ``close_after_hours``, and nothing in force."""
    busy = {decision.case_id for decision in decisions if is_in_force(decision, now_us)}
    patience_us = round(ladder.close_after_hours * 3_600_000_000)
    return tuple(
        msgspec.structs.replace(case, state=CaseState.CLOSED)
        for case in sorted(cases, key=lambda case: case.case_id)
        if case.state is CaseState.OPEN and case.case_id not in busy and now_us - case.updated_us >= patience_us
    )


def reason_for(campaign: CampaignFinding) -> str:
    """Why, in words that each of its members may be told: without the others' names, at most three grounds."""
    grounds = "; ".join(_clean(facet.why).rstrip(".") for facet in _by_weight(campaign)[:3])
    if any(facet.family == HONEY for facet in campaign.facets):
        return "A key that was planted in the account was used by somebody who cannot hold it."
    count = len(set(campaign.accounts))
    who = f"The account is one of {count:,} that act as one" if count > 1 else "The account harvests answers"
    return f"{who}: {grounds}." if grounds else f"{who}."


def _summary(members: tuple[str, ...], campaign: CampaignFinding) -> str:
    if any(facet.family == HONEY for facet in campaign.facets):
        return f"A honey key of {members[0]} was used: {campaign.exchanges:,} requests, all refused."
    who = f"{len(members):,} accounts act as one" if len(members) > 1 else f"{members[0]} harvests by itself"
    since = datetime.fromtimestamp(campaign.first_seen_us / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{who}: {campaign.exchanges:,} exchanges since {since}." if campaign.exchanges else f"{who}, since {since}."


def _ground(facet: Facet) -> str:
    """What the operator reads of one facet."""
    return f"{facet.family}: {facet.why}" + (f" What would clear it: {facet.clears}" if facet.clears else "")


def _successors(campaign: CampaignFinding) -> list[str]:
    """What the operator reads of accounts that may have taken another's place, the last ones first."""
    told = [
        f"successor: {one.account_id} began {one.after_hours:.1f} h after {one.predecessor_id} ended, and draws on the "
        "same source."
        for one in campaign.successors[: -SUCCESSORS_TOLD - 1 : -1]
    ]
    more = len(campaign.successors) - len(told)
    return [*told, *([f"successor: {more:,} more like these."] if more else [])]


def _by_weight(campaign: CampaignFinding) -> list[Facet]:
    return sorted(campaign.facets, key=lambda facet: (-facet.weight, facet.family, facet.why))


def _case_id(campaign: CampaignFinding, now_us: int) -> str:
    return "case-" + sha256(f"{campaign.campaign_id}\n{now_us}".encode()).hexdigest()[:12]


def _finite(number: float) -> float:
    if math.isnan(number):
        return 0.0
    return max(-LARGEST, min(LARGEST, number))


def _clean(text: str) -> str:
    """Text that every database can store: no NUL, no half of a surrogate pair."""
    return text.replace("\x00", "").encode(errors="replace").decode()
