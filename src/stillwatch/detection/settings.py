# SPDX-License-Identifier: Apache-2.0
"""What an operator may set about detection. The defaults are meant to be left alone."""

from pydantic import BaseModel, ConfigDict, Field


class DetectionSettings(BaseModel):
    """Detection: how often it looks, how long it remembers, and what it takes to act."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cadence_seconds: int = Field(default=3_600, ge=60, le=86_400)
    """Seconds of the data's clock between two campaign passes."""
    memory_days: int = Field(default=28, ge=2, le=120)
    """Days an account is remembered: what it said before is forgotten when its record grows older than this."""
    alpha: float = Field(default=1e-4, gt=0.0, lt=0.1)
    """Chance, at most, that an account whose share of eliciting prompts stays within ``elicitation_share`` is ever
    named by its own evidence alone, over its whole life."""
    elicitation_share: float = Field(default=0.35, gt=0.0, lt=1.0)
    """Share of prompts that ask for reasoning, rubrics or new tasks which an ordinary customer may reach."""
    minimum_exchanges: int = Field(default=5, ge=3, le=100)
    """Single-turn exchanges an account must have before it is compared with others."""
    minimum_organisations: int = Field(default=24, ge=8)
    """Organisations that must have been seen before any campaign is looked for: below it there is no population to be
    surprised against, and nothing is found."""
    minimum_campaign: int = Field(default=5, ge=3)
    """Organisations that must act as one before a campaign is named at all."""
    minimum_contained: int = Field(default=8, ge=3)
    """Organisations that must act as one before a campaign is contained."""
    watch_score_log10: float = Field(default=4.0, gt=0.0)
    """Surprise of an account's coincidences with strangers, as minus the decimal logarithm of their chance under
    independence, from which it is looked at. A ranking and not an error rate: families of evidence are dependent in
    benign traffic too."""
    contain_score_log10: float = Field(default=8.0, gt=0.0)
    """The same for the median member of a campaign that is contained on coincidence in content and time alone."""
    corroboration_p: float = Field(default=1e-4, gt=0.0, lt=0.1)
    """P-value from which a family other than content and time counts as corroboration."""
    strong_p: float = Field(default=1e-6, gt=0.0, lt=0.1)
    """P-value from which accounts that draw on one source, and were chosen by that alone, keep one time."""
    family_cap_log10: float = Field(default=6.0, gt=0.0)
    """The most that one family of evidence may weigh, as a decimal logarithm."""
    accounts_a_pass: int = Field(default=3_000, ge=100)
    """Accounts, as far as they can be compared, that one pass looks at. Where there are more they take turns, those
    that talk alike together: a pass then costs no more, and each account is looked at less often."""
    seed: int = Field(default=0, ge=0)
    """Seed of the matched random groups. The same log and seed give the same findings."""
