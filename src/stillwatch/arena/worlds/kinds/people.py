# SPDX-License-Identifier: Apache-2.0
"""People in conversation: alone, behind one address, behind a VPN, or all on the day a product is talked about."""

import numpy as np
from numpy.typing import NDArray

from stillwatch.arena.prompts.interface import Talker
from stillwatch.arena.schedule import DAY_US, START_US
from stillwatch.arena.world import Address
from stillwatch.arena.worlds.draft import Draft, Manner


def people(draft: Draft, count: int) -> None:
    """People who have nothing to do with each other."""
    for _ in range(count):
        chats(draft, draft.account("person"))


def office(draft: Draft, count: int) -> None:
    """Offices of up to forty people who share nothing but an address and working hours."""
    _behind_one_address(draft, "office", count, most=40)


def university(draft: Draft, count: int) -> None:
    """Campuses: a few hundred people behind one network, a good part of whom signed up in the same weeks."""
    _behind_one_address(draft, "university", count, most=300, terms_signup=True)


def vpn_users(draft: Draft, count: int) -> None:
    """People behind the exits of one VPN: a handful of addresses, strangers otherwise, from every time zone."""
    dice = draft.world.dice.spawn("vpn")
    exits = [draft.world.address(dice.spawn(f"exit {number}")) for number in range(4)]
    for _ in range(count):
        chats(draft, draft.account("vpn user", address=dice.pick(exits)))


def launch_wave(draft: Draft, count: int) -> None:
    """People who all sign up within two days because something was launched, try it, and mostly leave again."""
    chance = draft.chance("launch")
    launch_us = START_US + int(chance.uniform(0.2, 0.6) * draft.days * DAY_US)
    for _ in range(count):
        signup_us = launch_us + int(chance.exponential(0.6) * DAY_US)
        account = draft.account("launch wave", signup_us=signup_us)
        own, dice = draft.chance_of(account)
        talker = draft.library.person(dice)
        starts = signup_us + np.cumsum(own.exponential(0.5 * DAY_US, 1 + own.poisson(2.0)))
        if own.random() < 0.4:  # tries the API with single prompts, not the chat
            draft.say(account, starts.astype(np.int64), [talker.opening() for _ in starts], manner=Manner())
        else:
            converse(draft, account, starts.astype(np.int64), talker, own)


def chats(draft: Draft, account: int, *, zone: float | None = None, median: float = 6.0) -> None:
    """One person's conversations over the whole log; ``median`` of them for the median person."""
    chance, dice = draft.chance_of(account)
    sessions = max(1, round(chance.lognormal(np.log(median), 0.9)))
    ahead = chance.uniform(-8, 9) if zone is None else zone
    starts = draft.arrivals.sessions(chance, sessions, days=draft.days, zone=ahead)
    converse(draft, account, starts, draft.library.person(dice), chance, reasoning=chance.random() < 0.15)


def converse(
    draft: Draft,
    account: int,
    starts_us: NDArray[np.int64],
    talker: Talker,
    chance: np.random.Generator,
    *,
    reasoning: bool = False,
    before_us: int | None = None,
) -> None:
    """Conversations that begin at the given instants, each of a few messages, mostly one to four."""
    lengths = np.minimum(chance.geometric(0.4, len(starts_us)), 8)
    turn = np.concatenate([np.arange(length) for length in lengths])
    gaps = draft.arrivals.pauses(chance, len(turn))
    gaps[turn == 0] = 0
    passed = np.cumsum(gaps)
    first = np.repeat(np.flatnonzero(turn == 0), lengths)
    at_us = np.repeat(starts_us, lengths) + passed - passed[first]
    draft.say(
        account,
        at_us,
        [talker.follow_up() if one else talker.opening() for one in turn],
        manner=Manner(reasoning=reasoning, is_streamed=True),
        conversation=np.repeat(draft.conversations(len(lengths)), lengths),
        turn=turn,
        before_us=before_us,
    )


def _behind_one_address(draft: Draft, kind: str, count: int, *, most: int, terms_signup: bool = False) -> None:
    chance = draft.chance(kind)
    left = count
    while left > 0:
        size = min(left, int(chance.integers(most // 2, most + 1)))
        left -= size
        address: Address = draft.world.address(draft.world.dice.spawn(f"{kind} {left}"))
        zone, term_us = chance.uniform(-6, 8), START_US - int(chance.uniform(0, 30) * DAY_US)
        for _ in range(size):
            is_new = terms_signup and chance.random() < 0.4
            signup_us = term_us + int(chance.uniform(-4, 4) * DAY_US) if is_new else None
            chats(draft, draft.account(kind, address=address, signup_us=signup_us), zone=zone)
