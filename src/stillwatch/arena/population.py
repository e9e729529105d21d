# SPDX-License-Identifier: Apache-2.0
"""The whole population: who of each kind, and the plan of everything they mean to send."""

from collections.abc import Callable

from stillwatch.arena.personas.agents import agents
from stillwatch.arena.personas.bots import back_ends, hobby_bots
from stillwatch.arena.personas.classrooms import classroom
from stillwatch.arena.personas.enterprises import agency, enterprise
from stillwatch.arena.personas.evaluations import evaluations
from stillwatch.arena.personas.hydra import Campaign, hydra
from stillwatch.arena.personas.people import office, people
from stillwatch.arena.personas.pipelines import pipelines
from stillwatch.arena.prompts.interface import Library
from stillwatch.arena.schedule import START_US, Caller, Plan, Planned
from stillwatch.arena.world import World

Persona = Callable[[World, int], tuple[list[Caller], list[Planned]]]

SHARES: tuple[tuple[Persona, float], ...] = (
    (people, 0.40),
    (office, 0.05),
    (pipelines, 0.09),
    (evaluations, 0.03),
    (agents, 0.11),
    (classroom, 0.10),
    (enterprise, 0.08),
    (agency, 0.02),
    (hobby_bots, 0.07),
    (back_ends, 0.05),
)
"""The personas and the share of the benign accounts that each has; the shares add up to 1."""

HYDRA_SHARE = 0.1875
"""Of all accounts: 60 of 320."""


def populate(*, accounts: int, days: int, seed: int, library: Library) -> tuple[Plan, Campaign]:
    """Plan a rehearsal.

    Args:
        accounts: All accounts at work, the hydra's included; its reserve comes on top.
        days: Length of the rehearsal, at least 1.
        seed: The same seed and library give the same plan.
        library: What the callers say.
    """
    world = World(seed=seed, days=days, library=library)
    campaign = Campaign().fitted_to(days, max(2, round(accounts * HYDRA_SHARE)))
    benign = accounts - campaign.accounts
    callers: list[Caller] = []
    planned: list[Planned] = []
    for persona, share in SHARES:
        who, what = persona(world, max(1, round(benign * share)))
        callers += who
        planned += what
    heads, reserve, what = hydra(world, campaign)
    planned = [request for request in [*planned, *what] if START_US <= request.at_us < world.end_us]
    # Ties are broken by account, so that equal plans are equal whatever order the personas came in.
    planned.sort(key=lambda request: (request.at_us, request.caller.account_id))
    plan = Plan(days=days, callers=(*callers, *heads, *reserve), reserve=tuple(reserve), requests=tuple(planned))
    return plan, campaign
