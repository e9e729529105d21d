# SPDX-License-Identifier: Apache-2.0
import asyncio
import contextlib
from collections import defaultdict
from dataclasses import dataclass, field

import pytest

from stillwatch.arena.client import Answered
from stillwatch.arena.driver import SKEW_US, Driver
from stillwatch.arena.operator import Operator
from stillwatch.arena.personas.hydra import Campaign
from stillwatch.arena.schedule import HOUR_US, START_US, Plan, Planned


@dataclass
class FakeGateway:
    """Answers after a moment, in no particular order, and bars whom it is told to bar."""

    barred: set[str] = field(default_factory=set)
    clock: int = START_US
    log: list[tuple[int, Planned]] = field(default_factory=list)
    passes: list[tuple[int, int]] = field(default_factory=list)
    """Each pass, with the number of requests answered before it."""
    answered: int = 0
    in_flight: dict[int, Planned] = field(default_factory=dict)
    most_in_flight: int = 0
    worst_skew_us: int = 0
    overlaps: int = 0
    bar_everybody_at: int | None = None

    async def send(self, request: Planned) -> Answered:
        self.log.append((self.clock, request))
        self.overlaps += any(r.caller is request.caller for r in self.in_flight.values())
        self.in_flight[id(request)] = request
        self.most_in_flight = max(self.most_in_flight, len(self.in_flight))
        instants = [r.at_us for r in self.in_flight.values()]
        self.worst_skew_us = max(self.worst_skew_us, max(instants) - min(instants))
        for _ in range(len(request.prompt) % 7):
            await asyncio.sleep(0)
        del self.in_flight[id(request)]
        self.answered += 1
        return Answered(status=403 if request.caller.account_id in self.barred else 200)

    def set_clock(self, now_us: int) -> None:
        assert now_us >= self.clock
        self.clock = now_us

    async def barrier(self, now_us: int) -> None:
        assert not self.in_flight
        assert self.clock == now_us
        self.passes.append((now_us, self.answered))
        if now_us == self.bar_everybody_at:
            self.barred = {r.caller.account_id for _, r in self.log if r.caller.is_hydra}


async def played(plan: Plan, gateway: FakeGateway) -> Operator:
    operator = Operator(Campaign(), plan.reserve, seed=1)
    driver = Driver(
        plan,
        send=gateway.send,
        set_clock=gateway.set_clock,
        barrier=gateway.barrier,
        operator=operator,
        watch=lambda _request, _answered: None,
    )
    await driver.play()
    return operator


async def test_everything_planned_is_sent_once_and_in_order_of_time(plan: Plan) -> None:
    gateway = FakeGateway()
    await played(plan, gateway)
    assert [request for _, request in gateway.log] == list(plan.requests)


async def test_clock_shows_the_planned_instant_when_a_request_leaves(plan: Plan) -> None:
    gateway = FakeGateway()
    await played(plan, gateway)
    assert all(0 <= clock - request.at_us <= SKEW_US for clock, request in gateway.log)


async def test_barrier_opens_every_hour_after_all_earlier_answers_and_no_later_ones(plan: Plan) -> None:
    gateway = FakeGateway()
    await played(plan, gateway)
    assert [at for at, _ in gateway.passes] == list(range(START_US + HOUR_US, plan.end_us + 1, HOUR_US))
    for at, answered in gateway.passes:
        assert answered == sum(request.at_us < at for request in plan.requests)


async def test_requests_in_flight_are_few_near_in_time_and_of_different_accounts(plan: Plan) -> None:
    gateway = FakeGateway()
    await played(plan, gateway)
    assert 1 < gateway.most_in_flight <= 6
    assert gateway.worst_skew_us <= SKEW_US
    assert gateway.overlaps == 0


async def test_refused_account_stops_and_a_successor_goes_on(plan: Plan) -> None:
    gateway = FakeGateway(bar_everybody_at=START_US + 150 * HOUR_US)
    operator = await played(plan, gateway)
    refusals: defaultdict[str, int] = defaultdict(int)
    for _, request in gateway.log:
        if request.at_us >= START_US + 150 * HOUR_US and request.caller.account_id in gateway.barred:
            refusals[request.caller.account_id] += 1
    assert set(refusals.values()) == {1}
    assert operator.lost == set(refusals)
    reserve = {caller.account_id for caller in plan.reserve}
    assert operator.replacements == len({r.caller.account_id for _, r in gateway.log} & reserve) > 0


async def test_refused_people_go_on_trying(plan: Plan) -> None:
    person = next(request.caller for request in plan.requests if request.caller.kind == "back end")
    gateway = FakeGateway(barred={person.account_id})
    operator = await played(plan, gateway)
    assert [r for _, r in gateway.log if r.caller is person] == [r for r in plan.requests if r.caller is person]
    assert not operator.lost


async def test_told_to_stop_it_stops_though_a_request_on_the_way_swallows_it(plan: Plan) -> None:
    gateway = FakeGateway()
    sent = asyncio.Event()

    async def swallowing(request: Planned) -> Answered:
        sent.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(30)
        return await gateway.send(request)

    driver = Driver(
        plan,
        send=swallowing,
        set_clock=gateway.set_clock,
        barrier=gateway.barrier,
        operator=Operator(Campaign(), plan.reserve, seed=1),
        watch=lambda _request, _answered: None,
    )
    playing = asyncio.create_task(driver.play())
    await sent.wait()
    await asyncio.sleep(0.01)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(playing, 5)
