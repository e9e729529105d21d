# SPDX-License-Identifier: Apache-2.0
"""What the sweeps change: one respect of the reference world at a time, the others left as they are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from stillwatch.arena.worlds.description import World

Change = Callable[[World], World]


@dataclass(frozen=True, slots=True)
class Step:
    """One point of a sweep."""

    label: str
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One sweep."""

    name: str
    """For the command line."""
    title: str
    words: str
    """What the axis says."""
    steps: tuple[Step, ...]
    quick: tuple[int, ...]
    """The steps, by position, of a quick run; none where the factor is left out of it."""


def operator_set(**changes: Any) -> Change:
    """The same world with another operator."""
    return lambda world: replace(world, operators=tuple(replace(one, **changes) for one in world.operators))


def accounts_set(count: int) -> Change:
    """So many accounts, each with as much to do as before."""

    def change(world: World) -> World:
        each = world.operators[0].exchanges / world.operators[0].accounts
        return operator_set(accounts=count, exchanges=round(count * each))(world)

    return change


def volume_set(each: int) -> Change:
    """As many accounts, so many exchanges from each."""
    return lambda world: operator_set(exchanges=each * world.operators[0].accounts)(world)


def crowds_scaled(scale: float) -> Change:
    """So many times the benign accounts."""
    return lambda world: replace(
        world, crowds=tuple(replace(one, accounts=max(1, round(one.accounts * scale))) for one in world.crowds)
    )


def _shares(field: str, *values: float) -> tuple[Step, ...]:
    return tuple(Step(f"{value:.0%}", operator_set(**{field: value})) for value in values)


FACTORS = (
    Factor(
        name="accounts",
        title="Number of accounts",
        words="accounts, 60 exchanges each",
        steps=tuple(Step(str(count), accounts_set(count)) for count in (5, 10, 20, 40, 80, 160)),
        quick=(2, 3),
    ),
    Factor(
        name="volume",
        title="Volume per account",
        words="harvest exchanges per account",
        steps=tuple(Step(str(each), volume_set(each)) for each in (8, 15, 30, 60, 120, 240)),
        quick=(),
    ),
    Factor(
        name="dilution",
        title="Dilution",
        words="share of other people's traffic",
        steps=_shares("dilution", 0.0, 0.25, 0.5, 0.75, 0.9, 0.95),
        quick=(1, 4),
    ),
    Factor(
        name="stagger",
        title="Staggered enrolment",
        words="share of the campaign over which accounts join",
        steps=_shares("stagger", 0.0, 0.3, 0.6, 0.8, 1.0),
        quick=(),
    ),
    Factor(
        name="skew",
        title="Skew of quotas",
        words="standard deviation of the log quota; tail: Pareto, exponent 1",
        steps=(
            *(Step(f"{skew:g}", operator_set(quota_skew=skew)) for skew in (0.0, 0.5, 1.0, 1.5)),
            Step("tail", operator_set(quota_tail="pareto", quota_skew=1.0)),
        ),
        quick=(),
    ),
    Factor(
        name="replacement",
        title="Replacement of accounts",
        words="life of an account; bans: replaced when contained",
        steps=(
            Step("whole", operator_set()),
            *(Step(f"{life:g} d", operator_set(replacement="churn", life_days=life)) for life in (4.0, 2.0, 1.0)),
            Step("bans", operator_set(replacement="adaptive")),
        ),
        quick=(),
    ),
    Factor(
        name="paraphrase",
        title="Paraphrase, rule-based",
        words="share of the harvest reworded",
        steps=_shares("paraphrase", 0.0, 0.25, 0.5, 0.75, 1.0),
        quick=(),
    ),
    Factor(
        name="wrapping",
        title="Fabricated conversations",
        words="share of the harvest with a false history",
        steps=_shares("wrapping", 0.0, 0.25, 0.5, 0.75, 1.0),
        quick=(0, 4),
    ),
    Factor(
        name="shards",
        title="Topical shards",
        words="topics, each dealt to accounts of its own",
        steps=tuple(Step(str(count), operator_set(shards=count)) for count in (1, 4, 10, 20, 40)),
        quick=(0, 3),
    ),
    Factor(
        name="shared",
        title="Shared infrastructure",
        words="chance that a facet is shared",
        steps=_shares("shared", 0.0, 0.25, 0.5, 0.75, 1.0),
        quick=(0, 2),
    ),
    Factor(
        name="background",
        title="Benign background",
        words="benign accounts, times the default",
        steps=tuple(Step(f"x{scale:g}", crowds_scaled(scale)) for scale in (0.5, 1.0, 2.0, 4.0)),
        quick=(),
    ),
)
"""Every sweep, in the report's order."""
