# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.cli.explanations import LONGEST_PART, NO_TEXT, print_campaign, print_samples
from stillwatch.records.finding import CampaignFinding, Facet, Recommendation, Sample, SamplePart, Successor

SAMPLE = Sample(
    account_id="acct-1",
    exchange_id="e-1",
    parts=(
        SamplePart(text="Explain [bold]step by step[/bold] ", is_common=True),
        SamplePart(text="sand\x1b[2J and\nsea " + "x" * 1_000, is_common=False),
    ),
)
CAMPAIGN = CampaignFinding(
    campaign_id="c-1",
    accounts=("acct-1", "acct-2"),
    first_seen_us=1_780_272_000_000_000,
    flagged_us=1_780_272_000_000_000,
    exchanges=80,
    log10_e=5.0,
    p_value=1e-9,
    action=Recommendation.CONTAIN,
    facets=(
        Facet(family="client", weight=0.0, why="They share nothing.", p_value=0.31, clears="Nothing."),
        Facet(family="rate", weight=1.0, why="They keep one time.", p_value=1e-9, clears="A course."),
    ),
    successors=tuple(
        Successor(account_id=f"acct-{at + 1}", predecessor_id=f"acct-{at}", after_hours=at + 0.25) for at in range(7)
    ),
    samples=(SAMPLE,),
)


def test_grounds_are_spelled_out_with_what_would_clear_them(capsys: pytest.CaptureFixture[str]) -> None:
    print_campaign(CAMPAIGN, samples=False)
    shown = capsys.readouterr().out
    assert "c-1  2 accounts to contain, 80 exchanges" in shown
    assert "rate (100%)  They keep one time." in shown
    assert "would be cleared by: A course." in shown
    assert "adds little: client (31%)" in shown
    assert "They share nothing." not in shown
    assert "acct-7 began 6.2 h after acct-6 ended" in shown
    assert "acct-1 began" not in shown
    assert "2 more in the findings" in shown
    assert "step by step" not in shown


def test_differing_parts_are_bracketed_short_and_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    print_campaign(CAMPAIGN, samples=True)
    line = capsys.readouterr().out.rstrip().splitlines()[-1]
    assert line.startswith("    acct-1  Explain [bold]step by step[/bold] ⟦sand [2J and sea xxx")
    assert line.endswith("x⟧")
    assert len(line) < LONGEST_PART + 80


def test_where_there_is_no_text_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    print_samples(())
    assert NO_TEXT in capsys.readouterr().out
