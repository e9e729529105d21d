# SPDX-License-Identifier: Apache-2.0
"""Which of several campaigns stand when the share of chance ones among those that are named is held to alpha.

An e-value is a campaign's when it was last weighed: the mean of its families', each capped. The greatest of several
weighings would not be one. What stands is as valid as the families' nulls are; groups are searched for, so it ranks
campaigns against each other and changes nothing about whom the product watches or contains.
"""

from collections.abc import Sequence

from stillwatch.detection.campaign import Campaign
from stillwatch.detection.settings import DetectionSettings
from stillwatch.stats.multiplicity import e_benjamini_hochberg


def standing(campaigns: Sequence[Campaign], settings: DetectionSettings) -> dict[str, str]:
    """Say of each campaign, in a sentence, whether it stands among all that were weighed.

    Args:
        campaigns: All that were ever weighed, those that were never named included: each was a try.
        settings: For ``alpha``.

    Returns:
        Sentences by campaign id.
    """
    log10_es = [one.latest_log10_e for one in campaigns]
    named = e_benjamini_hochberg(log10_es, alpha=settings.alpha).tolist()
    return {
        one.campaign_id: f"Among all groups of accounts weighed so far ({len(campaigns)}), this one "
        + ("stands" if stands else "does not stand")
        + f" by its families' evidence when the share of groups named by chance is held to {settings.alpha:g} (e-BH)."
        for one, stands in zip(campaigns, named, strict=True)
    }
