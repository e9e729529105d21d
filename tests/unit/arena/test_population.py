# SPDX-License-Identifier: Apache-2.0
from collections import Counter

from stillwatch.arena.population import SHARES, populate
from stillwatch.arena.prompts.generated import GeneratedLibrary
from stillwatch.arena.schedule import HYDRA, Plan


def test_same_seed_gives_the_same_plan_and_another_another(plan: Plan) -> None:
    again, _ = populate(accounts=320, days=14, seed=1, library=GeneratedLibrary())
    other, _ = populate(accounts=320, days=14, seed=2, library=GeneratedLibrary())
    assert again == plan
    assert other.requests != plan.requests


def test_shares_of_the_personas_add_up_to_one() -> None:
    assert abs(sum(share for _, share in SHARES) - 1.0) < 1e-9


def test_demo_has_the_size_it_promises(plan: Plan) -> None:
    kinds = Counter(caller.kind for caller in plan.callers)
    assert kinds[HYDRA] == 60 + len(plan.reserve)
    assert 255 <= kinds.total() - kinds[HYDRA] <= 265
    assert 12_000 <= len(plan.requests) <= 18_000
    assert len({request.prompt for request in plan.requests}) > 8_000


def test_requests_are_in_order_and_within_the_rehearsal(plan: Plan) -> None:
    instants = [request.at_us for request in plan.requests]
    assert instants == sorted(instants)
    assert instants[-1] < plan.end_us


def test_hydra_is_a_minority_of_the_traffic(plan: Plan) -> None:
    share = sum(request.caller.is_hydra for request in plan.requests) / len(plan.requests)
    assert 0.2 < share < 0.4


def test_every_account_is_known_by_one_name_only(plan: Plan) -> None:
    assert len({caller.account_id for caller in plan.callers}) == len(plan.callers)
    assert {request.caller.account_id for request in plan.requests} <= {c.account_id for c in plan.callers}


def test_reserve_sends_nothing_by_plan(plan: Plan) -> None:
    held = {caller.account_id for caller in plan.reserve}
    assert not any(request.caller.account_id in held for request in plan.requests)


def test_smallest_rehearsal_has_somebody_of_every_kind() -> None:
    small, _ = populate(accounts=60, days=1, seed=1, library=GeneratedLibrary())
    assert len({caller.kind for caller in small.callers}) == len(SHARES) + 1
