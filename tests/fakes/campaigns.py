# SPDX-License-Identifier: Apache-2.0
"""Findings about campaigns, as a pass would make them."""

from collections.abc import Mapping, Sequence

from stillwatch.records.finding import AccountFinding, CampaignFinding, Facet, Findings, Recommendation

HOUR = 3_600_000_000
NOW = 1_800_000_000_000_000
CONTAIN, WATCH = Recommendation.CONTAIN, Recommendation.WATCH


def campaign(
    accounts: Sequence[str],
    *,
    campaign_id: str = "c-1",
    action: Recommendation = CONTAIN,
    log10_e: float = 20.0,
    at: int = NOW,
) -> CampaignFinding:
    """A campaign with two facets of evidence."""
    return CampaignFinding(
        campaign_id=campaign_id,
        accounts=tuple(accounts),
        first_seen_us=at - 48 * HOUR,
        flagged_us=at,
        exchanges=9_000,
        log10_e=log10_e,
        p_value=1e-12,
        action=action,
        facets=(
            Facet(family="rate", weight=0.4, why="It asks at the same hours as others."),
            Facet(family="content", weight=0.6, why="It asks the same questions as others."),
        ),
    )


def findings(*campaigns: CampaignFinding, own: Mapping[str, Recommendation] | None = None) -> Findings:
    """A pass that found these campaigns; ``own`` says what is asked for single members of the first."""
    return Findings(
        window_from_us=NOW - 48 * HOUR,
        window_to_us=NOW,
        accounts=tuple(
            AccountFinding(
                account_id=account,
                flagged_us=NOW,
                action=action,
                log10_e=3.0,
                campaign_id=campaigns[0].campaign_id,
                reasons=("It is a member.",),
            )
            for account, action in (own or {}).items()
        ),
        campaigns=campaigns,
    )


def lone(account: str, *, action: Recommendation = CONTAIN, log10_e: float = 20.0) -> Findings:
    """A pass that found one account on its own."""
    return Findings(
        window_from_us=NOW - HOUR,
        window_to_us=NOW,
        accounts=(
            AccountFinding(
                account_id=account,
                flagged_us=NOW,
                action=action,
                log10_e=log10_e,
                campaign_id=None,
                reasons=("It never stops.",),
            ),
        ),
        campaigns=(),
    )
