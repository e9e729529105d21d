# SPDX-License-Identifier: Apache-2.0
"""Companies with many accounts: one organisation, card and network; some of its people chat, some of its jobs run."""

from stillwatch.arena.personas.people import chats
from stillwatch.arena.personas.pipelines import bulk_job
from stillwatch.arena.schedule import DAY_US, START_US, Caller, Planned
from stillwatch.arena.world import Address, World, country


def enterprise(world: World, count: int) -> tuple[list[Caller], list[Planned]]:
    """One company's accounts."""
    dice = world.dice.spawn("enterprise")
    organisation, card, network = f"org-{dice.token(10)}", f"pay-{dice.token()}", world.network(dice)
    rank, joined, zone = dice.between(1, 300), START_US - int(dice.uniform(40, 300) * DAY_US), dice.uniform(-6, 6)
    callers, planned = [], []
    for _ in range(count):
        caller = world.caller(
            "enterprise",
            org_id=organisation,
            payment_fp=card,
            address=Address(client_ip=f"{network}.{dice.between(2, 60)}", asn=world.asn(rank), country=country(rank)),
            signup_us=joined + int(dice.uniform(0, 30) * DAY_US),
        )
        callers.append(caller)
        planned += chats(world, caller, zone=zone) if dice.chance(0.7) else bulk_job(world, caller, median=60.0)
    return callers, planned


def agency(world: World, count: int) -> tuple[list[Caller], list[Planned]]:
    """A studio that runs products for several customers: their organisations differ, its card and office do not."""
    dice = world.dice.spawn("agency")
    card, network, rank = f"pay-{dice.token()}", world.network(dice), dice.between(1, 300)
    callers, planned = [], []
    for _ in range(count):
        caller = world.caller(
            "agency",
            payment_fp=card,
            user_agent="OpenAI/JS 6.2.0",
            address=Address(client_ip=f"{network}.{dice.between(2, 9)}", asn=world.asn(rank), country=country(rank)),
        )
        callers.append(caller)
        planned += bulk_job(world, caller, median=70.0)
    return callers, planned
