# SPDX-License-Identifier: Apache-2.0
from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.personas.hydra import Campaign, hydra, paced
from stillwatch.arena.schedule import DAY_US, HOUR_US, START_US, Caller, Planned
from stillwatch.arena.world import World

Heads = tuple[list[Caller], list[Caller], list[Planned]]
CAMPAIGN = Campaign()


@pytest.fixture
def heads(world: World) -> Heads:
    return hydra(world, CAMPAIGN)


def harvest_of(planned: list[Planned]) -> dict[str, list[int]]:
    found = defaultdict(list)
    for request in planned:
        if request.is_harvest:
            found[request.caller.account_id].append(request.at_us)
    return found


def test_no_account_ever_harvests_more_than_once_an_hour(heads: Heads) -> None:
    for instants in harvest_of(heads[2]).values():
        assert all(later - earlier >= HOUR_US for earlier, later in pairwise(sorted(instants)))


def test_quotas_are_uneven_and_enrolment_is_staggered(heads: Heads) -> None:
    harvest = harvest_of(heads[2])
    counts = sorted(len(instants) for instants in harvest.values())
    assert counts[-len(counts) // 10] > 2 * counts[len(counts) // 10]
    starts = [min(instants) for instants in harvest.values()]
    assert max(starts) - min(starts) > 2 * DAY_US


def test_some_accounts_are_given_up_early(heads: Heads) -> None:
    last = START_US + int(CAMPAIGN.last_day * DAY_US)
    early = [account for account, at in harvest_of(heads[2]).items() if max(at) < last - 2.5 * DAY_US]
    assert 0.08 < len(early) / CAMPAIGN.accounts < 0.45


def test_one_corpus_is_split_without_overlap(heads: Heads) -> None:
    prompts = [request.prompt for request in heads[2] if request.is_harvest]
    assert len(set(prompts)) == len(prompts)


def test_a_fifth_to_a_third_is_other_peoples_chats(heads: Heads) -> None:
    share = Counter(request.is_harvest for request in heads[2])
    assert 0.20 < share[False] / share.total() < 0.30
    assert all(request.conversation for request in heads[2] if not request.is_harvest)


def test_harvest_asks_for_reasoning_and_chats_do_not(heads: Heads) -> None:
    assert all(request.reasoning is request.is_harvest for request in heads[2])


@pytest.mark.parametrize("facet", ["payment_fp", "ja4", "client_ip"])
def test_infrastructure_is_shared_in_part_only(heads: Heads, facet: str) -> None:
    values = [getattr(caller, facet) for caller in heads[0]]
    if facet == "client_ip":
        values = [value.rpartition(".")[0] for value in values]
    shared = sum(count for count in Counter(values).values() if count > 1)
    assert 0.2 < shared / len(values) < 0.95
    assert max(Counter(values).values()) < len(values) / 2


def test_every_account_is_an_organisation_of_its_own(heads: Heads) -> None:
    assert len({caller.org_id for caller in (*heads[0], *heads[1])}) == CAMPAIGN.accounts + CAMPAIGN.reserve


def test_nobody_calls_before_signing_up(heads: Heads) -> None:
    assert all(request.at_us >= request.caller.signup_us for request in heads[2])


def test_median_account_sends_well_under_one_request_an_hour() -> None:
    rates = []
    for number in range(200):
        instants = paced(Dice(number), CAMPAIGN, begin_us=START_US, end_us=START_US + 10 * DAY_US)
        rates.append(len(instants) / 240)
    assert 0.25 < sorted(rates)[100] < 0.45
    assert max(rates) <= 1.0


def test_short_rehearsal_keeps_the_campaigns_proportions() -> None:
    short = CAMPAIGN.fitted_to(7, 30)
    assert (short.first_day, short.last_day, short.accounts, short.reserve) == (1.5, 6.5, 30, 10)
