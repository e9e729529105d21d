# SPDX-License-Identifier: Apache-2.0
"""The ladder as data: what evidence leads to which rung, and for how long."""

from pydantic import BaseModel, ConfigDict, Field


class RemediationSettings(BaseModel):
    """The ``[remediation]`` table of the configuration file. Hours are hours of the data's clock."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    withhold_after_hours: float = Field(default=24.0, ge=0)
    """A campaign that is only watched, and has been for this long, loses reasoning and log-probabilities..."""
    withhold_log10_e: float = 1.5
    """...where its evidence (log10 of the e-value) has reached this: an e-value of 30."""

    suspend_after_hours: float = Field(default=0.75, ge=0)
    """How long an account that must verify has before a pass may suspend it. With the hourly pass this means the next
    one; it is less than an hour so that a pass that comes a little early counts."""
    suspend_log10_e: float = 5.0
    """A campaign's evidence from which a pass suspends members who have not verified. Below it they stay at verify. A
    campaign's e-value is a mean over families, each capped (``detection.family_cap_log10``): it tends to six."""

    observe_hours: float = Field(default=336.0, gt=0)
    """How long a decision to observe lasts."""
    withhold_hours: float = Field(default=336.0, gt=0)
    """How long a decision to withhold lasts."""
    verify_hours: float = Field(default=720.0, gt=0)
    """How long a demand to verify lasts."""
    suspend_hours: float = Field(default=336.0, gt=0)
    """How long a suspension lasts. The ladder may suspend again where the campaign goes on."""

    regrowth_factor: float = Field(default=2.0, ge=1)
    """Once a person has undone a decision (or its account has verified), the ladder puts that account on no such rung
    again within the case until the evidence is this many times what it was then..."""
    regrowth_log10_e: float = Field(default=2.0, ge=0)
    """...and has grown by at least this much (log10)."""

    close_after_hours: float = Field(default=336.0, gt=0)
    """A case closes by itself when its campaign has not been found for this long and no decision in it is in force. It
    opens again when the campaign comes back."""
