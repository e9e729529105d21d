# SPDX-License-Identifier: Apache-2.0
"""The hydra: many accounts that harvest one corpus of answers together, each too slowly for any rate limit.

As the public reports describe it: about one request an hour or less from each account, uneven quotas, accounts that
join late and leave early, ordinary customers' chats in between, networks, cards and client programs shared only in
part, and a stock of aged accounts to replace those that are refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.personas.people import conversation
from stillwatch.arena.prompts.interface import Text
from stillwatch.arena.schedule import DAY_US, HOUR_US, HYDRA, START_US, Caller, Planned
from stillwatch.arena.world import Address, World, country, fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """How the operator runs it."""

    accounts: int = 60
    reserve: int = 20
    """Aged accounts held back to replace refused ones."""
    first_day: float = 3.0
    last_day: float = 13.0
    enrolment_days: float = 3.0
    """Accounts join over so many days."""
    per_hour: float = 0.35
    """Harvest requests an hour of the median account."""
    most_per_hour: float = 1.0
    """No account sends more."""
    uneven: float = 0.5
    """Standard deviation of the logarithm of an account's quota."""
    dilution: float = 0.25
    """Share of an account's traffic that is other people's chats; drawn for each account within 0.05 of it."""
    short_lived: float = 0.2
    """Share of the accounts that are given up early, each with a successor."""
    shared: float = 0.5
    """Chance of an account to have its network, card or client program, each by itself, in common with others."""

    def fitted_to(self, days: int, accounts: int) -> "Campaign":
        """The same campaign in a shorter rehearsal, or with another number of accounts."""
        scale = days / 14
        return replace(
            self,
            accounts=accounts,
            reserve=max(2, accounts // 3),
            first_day=self.first_day * scale,
            last_day=self.last_day * scale,
            enrolment_days=self.enrolment_days * scale,
        )


def hydra(world: World, campaign: Campaign) -> tuple[list[Caller], list[Caller], list[Planned]]:
    """The accounts at work, those in reserve, and what those at work mean to send."""
    dice = world.dice.spawn("hydra")
    callers = _accounts(world, campaign, campaign.accounts, dice)
    reserve = _accounts(world, campaign, campaign.reserve, dice)
    slots = [slot for caller in callers for slot in _harvest_times(world, campaign, caller)]
    slots.sort(key=lambda slot: (slot[0], slot[1].account_id))
    # One corpus, dealt out in order of time: no two accounts ask for the same thing.
    texts = world.library.harvest(len(slots), dice.spawn("corpus"))
    planned = [harvest_request(at, caller, text) for (at, caller), text in zip(slots, texts, strict=True)]
    for caller in callers:
        own = sorted(request.at_us for request in planned if request.caller is caller)
        planned += _cover(world, campaign, caller, own)
    return callers, reserve, planned


def harvest_request(at_us: int, caller: Caller, text: Text) -> Planned:
    """A request for training data: with its reasoning, and with log-probabilities now and then."""
    return Planned(
        at_us=at_us,
        caller=caller,
        prompt=text.prompt,
        system=text.system,
        max_tokens=48,
        temperature=1.0,
        reasoning=True,
        logprobs=at_us % 4 == 0,
        is_harvest=True,
    )


def _accounts(world: World, campaign: Campaign, count: int, dice: Dice) -> list[Caller]:
    """Accounts that share networks, cards and client programs in part, a handful to each."""
    groups = max(1, campaign.accounts // 10)
    cards = [f"pay-{dice.token()}" for _ in range(groups)]
    networks = [(world.network(dice), dice.between(1, 399)) for _ in range(groups)]
    agents = dice.some(("OpenAI/Python 2.8.0", "python-requests/2.32.5", "OpenAI/Python 1.99.1"), 2)
    found = []
    for _ in range(count):
        group = dice.below(groups)
        network, rank = networks[group]
        address = Address(client_ip=f"{network}.{dice.between(1, 254)}", asn=world.asn(rank), country=country(rank))
        agent = dice.pick(agents) if dice.chance(campaign.shared) else None
        bought = START_US - int(dice.uniform(-campaign.first_day, 9) * DAY_US)
        found.append(
            world.caller(
                HYDRA,
                address=address if dice.chance(campaign.shared) else None,
                payment_fp=cards[group] if dice.chance(campaign.shared) else None,
                user_agent=agent,
                ja4=fingerprint(agent, dice.below(2)) if agent else None,
                signup_us=bought if dice.chance(campaign.shared) else None,
                route="transfer-station" if dice.chance(0.15) else None,
            )
        )
    return found


def _harvest_times(world: World, campaign: Campaign, caller: Caller) -> list[tuple[int, Caller]]:
    """When one account harvests: from its enrolment to its end, at its own quota."""
    dice = world.chance_for(caller)
    begin = START_US + int((campaign.first_day + dice.uniform(0, campaign.enrolment_days)) * DAY_US)
    end = START_US + int(campaign.last_day * DAY_US)
    if dice.chance(campaign.short_lived):
        end = min(end, begin + int(dice.uniform(0.25, 0.6) * (end - begin)))
    begin = max(begin, caller.signup_us)
    return [(at, caller) for at in paced(dice, campaign, begin_us=begin, end_us=end)]


def paced(dice: Dice, campaign: Campaign, *, begin_us: int, end_us: int) -> list[int]:
    """Instants at an account's own quota, never two within the shortest allowed gap."""
    per_hour = min(campaign.most_per_hour * 0.8, dice.around(campaign.per_hour, campaign.uneven))
    shortest = HOUR_US / campaign.most_per_hour
    at, found = begin_us + dice.uniform(0, HOUR_US / per_hour), []
    while at < end_us:
        found.append(int(at))
        at += shortest + dice.gap(max(1.0, HOUR_US / per_hour - shortest))
    return found


def _cover(world: World, campaign: Campaign, caller: Caller, own: Sequence[int]) -> list[Planned]:
    """Ordinary chats of paying customers that pass through the account while it harvests."""
    if not own:
        return []
    dice = world.chance_for(caller).spawn("cover")
    share = dice.uniform(campaign.dilution - 0.05, campaign.dilution + 0.05)
    wanted = round(len(own) * share / (1.0 - share))
    planned: list[Planned] = []
    number = 0
    while len(planned) < wanted:
        talker = world.library.person(dice.spawn(f"customer {number}"))
        start = int(dice.uniform(own[0], max(own[0] + HOUR_US, own[-1])))
        planned += conversation(caller, talker, dice, start, name=f"{caller.account_id}-c{number}")
        number += 1
    return planned[:wanted]
