# SPDX-License-Identifier: Apache-2.0
"""Who calls, and what they mean to send when: the plan that the driver plays."""

from dataclasses import dataclass
from datetime import UTC, datetime

SECOND_US = 1_000_000
HOUR_US = 3_600 * SECOND_US
DAY_US = 24 * HOUR_US
START_US = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp()) * SECOND_US
"""The first instant of every rehearsal: a Monday, so that weekends fall where people expect them."""

HYDRA = "hydra"
"""The kind of every account of the campaign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One account as the world sees it, and the truth about it that only the arena knows."""

    account_id: str
    org_id: str
    kind: str
    """What it is in truth: ``person``, ``pipeline``, …, ``hydra``."""
    client_ip: str
    asn: int
    country: str
    ja4: str
    user_agent: str
    payment_fp: str
    signup_us: int
    route: str | None = None

    @property
    def is_hydra(self) -> bool:
        """Whether it belongs to the campaign."""
        return self.kind == HYDRA


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One request that a caller means to send."""

    at_us: int
    caller: Caller
    prompt: str
    system: str = ""
    conversation: str | None = None
    """Requests of one conversation carry the earlier messages and answers with them."""
    max_tokens: int = 24
    temperature: float = 0.7
    stream: bool = False
    reasoning: bool = False
    logprobs: bool = False
    tools: int = 0
    is_harvest: bool = False
    """Whether its answer would be training data for a student."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole rehearsal before it begins."""

    days: int
    callers: tuple[Caller, ...]
    """Everybody, the hydra's accounts in reserve included."""
    reserve: tuple[Caller, ...]
    """Accounts that the hydra's operator holds back to replace refused ones."""
    requests: tuple[Planned, ...]
    """In order of time."""

    @property
    def end_us(self) -> int:
        """When it is over."""
        return START_US + self.days * DAY_US

    @property
    def harvest_planned(self) -> int:
        """How many exchanges the campaign means to harvest."""
        return sum(request.is_harvest for request in self.requests)
