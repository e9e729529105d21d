# SPDX-License-Identifier: Apache-2.0
"""The kinds of benign account, and the worlds that need no file."""

from collections.abc import Callable
from types import MappingProxyType

from msgspec.structs import replace

from stillwatch.arena.worlds.description import Crowd, Operator, World
from stillwatch.arena.worlds.draft import Draft
from stillwatch.arena.worlds.kinds.agents import agents
from stillwatch.arena.worlds.kinds.groups import agencies, classrooms, enterprises, hackathons, job_shards
from stillwatch.arena.worlds.kinds.machines import back_ends, evaluations, hobby_bots, judges, pipelines, prototypers
from stillwatch.arena.worlds.kinds.people import launch_wave, office, people, university, vpn_users

Kind = Callable[[Draft, int], None]

KINDS: MappingProxyType[str, Kind] = MappingProxyType(
    {
        "person": people,
        "office": office,
        "university": university,
        "vpn user": vpn_users,
        "launch wave": launch_wave,
        "agent": agents,
        "pipeline": pipelines,
        "back end": back_ends,
        "hobby bot": hobby_bots,
        "prototyper": prototypers,
        "judge": judges,
        "evaluation": evaluations,
        "classroom": classrooms,
        "hackathon": hackathons,
        "enterprise": enterprises,
        "agency": agencies,
        "job shard": job_shards,
    }
)
"""Every kind, by the name that a crowd gives; each adds so many accounts."""

_ACCOUNTS = {
    "person": 620,
    "office": 60,
    "university": 150,
    "vpn user": 50,
    "launch wave": 90,
    "agent": 80,
    "pipeline": 28,
    "back end": 22,
    "hobby bot": 60,
    "prototyper": 60,
    "judge": 10,
    "evaluation": 12,
    "classroom": 70,
    "hackathon": 60,
    "enterprise": 40,
    "agency": 18,
    "job shard": 24,
}
"""Accounts of each kind in the default world: 1,454, with about 53,000 exchanges in two weeks."""

OPERATORS = (
    Operator(name="steady", accounts=40, exchanges=2_600, quota_skew=0.4, dilution=0.15),
    Operator(
        name="slow", field="problems", accounts=110, exchanges=2_600, quota_tail="pareto", quota_skew=0.5,
        stagger=0.6, days=11.0, first_day=1.0, shared=0.3, pacing="day",
    ),
    Operator(name="diluted", field="code", accounts=40, exchanges=1_600, dilution=0.75, stagger=0.5, shared=0.3),
    Operator(name="wrapped", field="grading", accounts=40, exchanges=1_800, wrapping=0.6, paraphrase=0.5, shared=0.4),
    Operator(
        name="sharded", field="instructions", accounts=40, exchanges=1_800, shards=20, system="unique", shared=0.0,
    ),
    Operator(
        name="churning", field="agentic", accounts=30, exchanges=2_000, replacement="adaptive", days=10.0, stagger=0.2,
        system="shared",
    ),
    Operator(name="lone", accounts=1, exchanges=1_200, first_day=5.0, days=2.0, shared=0.0, dilution=0.0),
)  # fmt: skip
"""Seven campaigns, each hard in a way of its own."""

REFERENCE = Operator(name="reference")
"""The campaign that the sweeps change in one respect at a time: moderate in all of them."""


def crowds(scale: float) -> tuple[Crowd, ...]:
    """The default population, made smaller or larger; no kind vanishes."""
    return tuple(Crowd(kind=kind, accounts=max(1, round(count * scale))) for kind, count in _ACCOUNTS.items())


def smaller(operator: Operator, scale: float) -> Operator:
    """The same campaign with fewer accounts in a smaller world; never more than it has, never fewer than half."""
    share = min(1.0, max(0.5, scale))
    return replace(
        operator, accounts=max(1, round(operator.accounts * share)), exchanges=round(operator.exchanges * share)
    )


def default_world(scale: float = 1.0) -> World:
    """The headline's world: every kind of benign account, and the seven campaigns."""
    return World(
        name="default",
        crowds=crowds(scale),
        operators=tuple(smaller(one, scale) for one in OPERATORS),
        feedback_days=3.0 if scale >= 1 else 5.0,
    )


def reference_world(scale: float = 1.0) -> World:
    """The sweeps' world: the same population, and one campaign."""
    return World(name="reference", crowds=crowds(scale), operators=(smaller(REFERENCE, scale),))
