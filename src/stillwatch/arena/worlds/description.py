# SPDX-License-Identifier: Apache-2.0
"""A world as data: who lives in it and who harvests it. Read from TOML or JSON; everything else follows from a seed."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from stillwatch.errors import BadInput

Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Positive = Annotated[float, msgspec.Meta(gt=0.0)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9 _-]{0,39}$")]

Field = Literal["reasoning", "problems", "code", "instructions", "agentic", "grading"]
"""What an operator harvests: see ``harvest.py``."""


class Crowd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Benign accounts of one kind."""

    kind: Name
    """A kind of ``catalog.py``."""
    accounts: Count


class Operator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One campaign: how its operator runs it."""

    name: Name
    field: Field = "reasoning"
    accounts: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 40
    """Accounts at work at one time, once all have joined."""
    exchanges: Count = 2_400
    """Exchanges to be harvested in all."""
    first_day: Annotated[float, msgspec.Meta(ge=0.0)] = 2.0
    days: Positive = 9.0
    stagger: Share = 0.3
    """Accounts join over this share of the campaign."""
    quota_tail: Literal["lognormal", "pareto"] = "lognormal"
    quota_skew: Annotated[float, msgspec.Meta(ge=0.0, le=4.0)] = 0.5
    """Log-normal: the standard deviation of an account's log quota. Pareto: the inverse of the tail's exponent."""
    replacement: Literal["none", "churn", "adaptive"] = "none"
    """``churn``: accounts are given up after ``life_days`` and hand over. ``adaptive``: the operator sees bans, and
    puts a new account in the place of each that is contained."""
    life_days: Positive = 4.0
    delay_days: Positive = 0.75
    """Mean time until a banned account's successor works, for ``adaptive``."""
    reserve: Count = 10_000
    """Successors at most, for ``adaptive``."""
    dilution: Share = 0.25
    """Share of the accounts' traffic that is other people's. At most 0.98."""
    dilution_single: Share = 0.3
    """Share of that traffic that comes as single prompts; the rest are conversations."""
    wrapping: Share = 0.0
    """Share of the harvest sent with a fabricated history before it, so that it looks like a later turn."""
    paraphrase: Share = 0.0
    """Share of the harvest that the rule-based paraphraser rewrites."""
    shards: Annotated[int, msgspec.Meta(ge=1)] = 1
    """The corpus is split into so many topics, each dealt to its own accounts; 1 deals everything to everybody."""
    system: Literal["none", "shared", "unique"] = "none"
    """System prompts: the corpus's own, one for all, or one of each account's own."""
    shared: Share = 0.5
    """Chance of an account to have its network, card, client or sign-up date, each by itself, in common with others."""
    group: Annotated[int, msgspec.Meta(ge=1)] = 10
    """Accounts that share one network or card, on average."""
    pacing: Literal["even", "poisson", "day"] = "poisson"


class World(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about a world but its chance."""

    name: Name
    days: Annotated[int, msgspec.Meta(ge=2, le=120)] = 14
    crowds: tuple[Crowd, ...]
    operators: tuple[Operator, ...] = ()
    feedback_days: Annotated[float, msgspec.Meta(ge=0.5, le=60)] = 3.0
    """How often adaptive operators are shown which of their accounts were contained, and when."""

    @property
    def is_adaptive(self) -> bool:
        """Whether any operator answers bans."""
        return any(one.replacement == "adaptive" for one in self.operators)


def read_world(path: Path) -> World:
    """Read a world.

    Raises:
        BadInput: The file is missing, is no TOML or JSON, or describes no world; the message says what and where.
    """
    try:
        data = path.read_bytes()
        world = (
            msgspec.toml.decode(data, type=World) if path.suffix == ".toml" else msgspec.json.decode(data, type=World)
        )
    except OSError as error:
        raise BadInput(f"The world {path} cannot be read: {error.strerror}.") from None
    except msgspec.DecodeError as error:
        raise BadInput(f"{path} describes no world: {error}.", hint="See docs/how-to/judge-detection.md.") from None
    names = [one.name for one in world.operators]
    if len(set(names)) < len(names):
        raise BadInput(f"{path}: two operators have the same name.", hint="Campaigns are told apart by name.")
    return world
