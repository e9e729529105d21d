# SPDX-License-Identifier: Apache-2.0
import json
import math

from stillwatch.detection.findings_json import findings_document
from stillwatch.records.finding import (
    AccountFinding,
    CampaignFinding,
    Facet,
    Findings,
    Recommendation,
    Sample,
    SamplePart,
    Successor,
)

FINDINGS = Findings(
    window_from_us=1_780_272_000_000_000,
    window_to_us=1_781_481_600_000_000,
    accounts=(
        AccountFinding(
            account_id="acct-1",
            flagged_us=1_780_542_000_000_000,
            action=Recommendation.CONTAIN,
            log10_e=math.inf,
            campaign_id="c-1",
            reasons=("because",),
        ),
    ),
    campaigns=(
        CampaignFinding(
            campaign_id="c-1",
            accounts=("acct-1",),
            first_seen_us=1_780_272_000_000_000,
            flagged_us=1_780_542_000_000_001,
            exchanges=9_000,
            log10_e=41.0,
            p_value=0.0,
            action=Recommendation.CONTAIN,
            facets=(Facet(family="content", weight=0.6, why="alike", p_value=0.005, clears="A contract."),),
            successors=(Successor(account_id="acct-2", predecessor_id="acct-1", after_hours=3.25),),
            samples=(
                Sample(
                    account_id="acct-1",
                    exchange_id="e-1",
                    parts=(SamplePart(text="Write about ", is_common=True), SamplePart(text="sand", is_common=False)),
                ),
            ),
        ),
    ),
)


def test_the_document_has_the_public_shape() -> None:
    document = json.loads(json.dumps(findings_document(FINDINGS), allow_nan=False))
    assert document["schema"] == "stillwatch.findings/1"
    assert document["window"] == {"from": "2026-06-01T00:00:00+00:00", "to": "2026-06-15T00:00:00+00:00"}
    assert document["accounts"][0]["action"] == "contain"
    assert document["accounts"][0]["log10_e"] == 1e300
    assert document["campaigns"][0]["flagged_at"] == "2026-06-04T03:00:00.000001+00:00"
    assert document["campaigns"][0]["facets"] == [
        {"family": "content", "weight": 0.6, "p_value": 0.005, "why": "alike", "clears": "A contract."}
    ]
    assert document["campaigns"][0]["successors"] == [
        {"account_id": "acct-2", "predecessor_id": "acct-1", "after_hours": 3.25}
    ]
    assert document["campaigns"][0]["samples"] == [
        {
            "account_id": "acct-1",
            "exchange_id": "e-1",
            "parts": [{"text": "Write about ", "is_common": True}, {"text": "sand", "is_common": False}],
        }
    ]
