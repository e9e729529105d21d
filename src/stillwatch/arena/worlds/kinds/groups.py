# SPDX-License-Identifier: Apache-2.0
"""Accounts that belong together for lawful reasons, and so look coordinated: they are, but they harvest nothing."""

import numpy as np

from stillwatch.arena.schedule import DAY_US, HOUR_US, SECOND_US, START_US
from stillwatch.arena.world import Address
from stillwatch.arena.worlds.draft import Draft, Manner
from stillwatch.arena.worlds.kinds.people import chats


def classrooms(draft: Draft, count: int) -> None:
    """Courses of up to 35: one campus address, sign-up in one hour, the same ten questions in the same lessons."""
    for number, size in enumerate(_sizes(draft, "classroom", count, 15, 35)):
        chance, dice = draft.chance(f"classroom {number}"), draft.world.dice.spawn(f"classroom {number}")
        address, questions = draft.world.address(dice), list(draft.library.assignment(dice))
        enrolment_us = START_US + int(chance.uniform(-2, 3) * DAY_US)
        lessons = (
            START_US + np.sort(chance.choice(draft.days, min(3, draft.days), replace=False)) * DAY_US + 9 * HOUR_US
        )
        for _ in range(size):
            signup_us = enrolment_us + int(chance.uniform(0, HOUR_US))
            account = draft.account("classroom", address=address, signup_us=signup_us)
            for lesson in lessons:
                asked = chance.choice(len(questions), int(chance.integers(1, 6)))
                at_us = lesson + np.cumsum(chance.exponential(400, len(asked))) * SECOND_US
                draft.say(account, at_us.astype(np.int64), [questions[q] for q in asked], manner=Manner())


def hackathons(draft: Draft, count: int) -> None:
    """Strangers who sign up on one day and build around one theme for a weekend, with single prompts, day and night."""
    for number, size in enumerate(_sizes(draft, "hackathon", count, 30, 90)):
        chance = draft.chance(f"hackathon {number}")
        dice = draft.world.dice.spawn(f"hackathon {number}")
        theme = list(draft.library.assignment(dice))
        begin = START_US + chance.uniform(1, max(1.5, draft.days - 3)) * DAY_US
        for _ in range(size):
            account = draft.account("hackathon", signup_us=int(begin - chance.uniform(0, 0.5) * DAY_US))
            own, words = draft.chance_of(account)
            talker = draft.library.person(words)
            at = np.sort(begin + own.random(max(3, round(own.lognormal(3.1, 0.8)))) * 2 * DAY_US)
            prompts = [
                f"{words.pick(theme)} {talker.follow_up()}" if words.chance(0.5) else talker.opening() for _ in at
            ]
            draft.say(account, at.astype(np.int64), prompts, manner=Manner())


def enterprises(draft: Draft, count: int) -> None:
    """Companies with many keys: one card, one network and one client program for people and machines alike."""
    for number, size in enumerate(_sizes(draft, "enterprise", count, 8, 40)):
        dice = draft.world.dice.spawn(f"enterprise {number}")
        chance, where = draft.chance(f"enterprise {number}"), draft.world.address(dice)
        org_id, card, zone = f"org-{dice.token(10)}", f"pay-{dice.token()}", chance.uniform(-6, 8)
        for _ in range(size):
            address = Address(
                client_ip=f"{where.client_ip.rpartition('.')[0]}.{dice.between(1, 254)}",
                asn=where.asn,
                country=where.country,
            )
            account = draft.account("enterprise", org_id=org_id, address=address, payment_fp=card)
            if dice.chance(0.6):
                chats(draft, account, zone=zone, median=8)
                continue
            own, words = draft.chance_of(account)
            system, item = draft.library.job(words)
            items = [item() for _ in range(max(10, round(own.lognormal(np.log(70), 0.6))))]
            at_us = draft.arrivals.service(own, len(items), days=draft.days)
            draft.say(account, at_us, items, system=system, manner=Manner(temperature=0.0))


def agencies(draft: Draft, count: int) -> None:
    """Studios that run the products of several customers: one card and one network over several organisations."""
    for number, size in enumerate(_sizes(draft, "agency", count, 3, 8)):
        dice = draft.world.dice.spawn(f"agency {number}")
        card, address = f"pay-{dice.token()}", draft.world.address(dice)
        for _ in range(size):
            account = draft.account("agency", address=address, payment_fp=card)
            own, words = draft.chance_of(account)
            users = [draft.library.person(words.spawn(f"user {user}")) for user in range(words.between(6, 25))]
            at_us = draft.arrivals.service(own, max(15, round(own.lognormal(np.log(110), 0.6))), days=draft.days)
            system = words.pick(("", f"You are the assistant of shop {words.token(4)}."))
            draft.say(account, at_us, [words.pick(users).opening() for _ in at_us], system=system, manner=Manner())


def job_shards(draft: Draft, count: int) -> None:
    """One organisation that splits one lawful bulk job over many accounts, in turn, without a system prompt."""
    for number, size in enumerate(_sizes(draft, "job shard", count, 8, 30)):
        dice, chance = draft.world.dice.spawn(f"job {number}"), draft.chance(f"job {number}")
        org_id, card = f"org-{dice.token(10)}", f"pay-{dice.token()}"
        members = [draft.account("job shard", org_id=org_id, payment_fp=card) for _ in range(size)]
        _, item = draft.library.job(dice)
        total = size * int(chance.integers(30, 110))
        begin, span = START_US + chance.uniform(0, 0.5) * draft.days * DAY_US, chance.uniform(1, 5) * DAY_US
        at_us = (begin + (np.arange(total) + chance.random(total)) / total * span).astype(np.int64)
        for place, account in enumerate(members):
            own = at_us[place::size]
            draft.say(account, own, [item() for _ in own], manner=Manner(temperature=0.0))


def _sizes(draft: Draft, kind: str, count: int, least: int, most: int) -> list[int]:
    """Groups of ``least`` to ``most`` accounts that make up the count; the last may be smaller."""
    chance, sizes, left = draft.chance(f"sizes of {kind}"), [], count
    while left > 0:
        sizes.append(min(left, int(chance.integers(least, most + 1))))
        left -= sizes[-1]
    return sizes
