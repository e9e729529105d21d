# SPDX-License-Identifier: Apache-2.0
from stillwatch.detection.campaign import Campaign
from stillwatch.detection.discovery import standing
from stillwatch.detection.settings import DetectionSettings

SETTINGS = DetectionSettings(alpha=1e-4)


def _campaign(name: str, log10_e: float) -> Campaign:
    return Campaign(campaign_id=name, first_seen_us=0, latest_log10_e=log10_e, log10_e=40.0)


def _stands(*campaigns: Campaign) -> list[bool]:
    return ["does not stand" not in one for one in standing(campaigns, SETTINGS).values()]


def test_one_campaign_alone_stands_where_its_evidence_reaches_the_level() -> None:
    assert _stands(_campaign("c-1", 4.1)) == [True]
    assert _stands(_campaign("c-1", 3.9)) == [False]


def test_old_weighings_count_for_nothing() -> None:
    assert _stands(Campaign(campaign_id="c-1", first_seen_us=0, log10_e=40.0)) == [False]


def test_each_group_that_was_weighed_is_a_try() -> None:
    weak = [_campaign(f"w-{number}", 0.0) for number in range(9)]
    assert _stands(_campaign("c-1", 4.5), *weak)[0] is False
    assert _stands(_campaign("c-1", 5.1), *weak)[0] is True
    assert _stands(_campaign("c-1", 4.8), _campaign("c-2", 4.8), *weak[:8])[:2] == [True, True]


def test_the_sentence_says_among_how_many_and_at_which_level() -> None:
    told = standing([_campaign("c-1", 6.0)], SETTINGS)["c-1"]
    assert "(1)" in told
    assert "0.0001" in told
    assert standing([], SETTINGS) == {}
