# SPDX-License-Identifier: Apache-2.0
"""Findings in their public shape, ``stillwatch.findings/1``: what leaves the program."""

from datetime import UTC, datetime, timedelta
from typing import Any

from stillwatch.records.finding import Findings

SCHEMA = "stillwatch.findings/1"
LARGEST = 1e300
"""JSON knows no infinity."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def findings_document(findings: Findings) -> dict[str, Any]:
    """Give the findings as a document that JSON can carry, instants in ISO 8601 with offset."""
    return {
        "schema": SCHEMA,
        "window": {"from": instant(findings.window_from_us), "to": instant(findings.window_to_us)},
        "accounts": [
            {
                "account_id": one.account_id,
                "flagged_at": instant(one.flagged_us),
                "action": one.action.value,
                "log10_e": _number(one.log10_e),
                "campaign_id": one.campaign_id,
                "reasons": list(one.reasons),
                "clears": one.clears,
            }
            for one in findings.accounts
        ],
        "campaigns": [
            {
                "campaign_id": one.campaign_id,
                "accounts": list(one.accounts),
                "first_seen_at": instant(one.first_seen_us),
                "flagged_at": instant(one.flagged_us),
                "exchanges": one.exchanges,
                "log10_e": _number(one.log10_e),
                "p_value": _number(one.p_value),
                "action": one.action.value,
                "facets": [
                    {
                        "family": facet.family,
                        "weight": _number(facet.weight),
                        "p_value": _number(facet.p_value),
                        "why": facet.why,
                        "clears": facet.clears,
                    }
                    for facet in one.facets
                ],
                "successors": [
                    {
                        "account_id": successor.account_id,
                        "predecessor_id": successor.predecessor_id,
                        "after_hours": successor.after_hours,
                    }
                    for successor in one.successors
                ],
                "samples": [
                    {
                        "account_id": sample.account_id,
                        "exchange_id": sample.exchange_id,
                        "parts": [{"text": part.text, "is_common": part.is_common} for part in sample.parts],
                    }
                    for sample in one.samples
                ],
            }
            for one in findings.campaigns
        ],
    }


def instant(us: int) -> str:
    """Write an instant.

    Example:
        >>> instant(1_780_272_000_000_000)
        '2026-06-01T00:00:00+00:00'
    """
    return (EPOCH + timedelta(microseconds=us)).isoformat()


def _number(value: float) -> float:
    return min(max(float(value), -LARGEST), LARGEST)
