# SPDX-License-Identifier: Apache-2.0
"""Where callers come from: names, networks, client programs, cards. All of it made up, none of it meaningful."""

import hashlib
from dataclasses import dataclass

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.prompts.interface import Library
from stillwatch.arena.schedule import DAY_US, START_US, Caller

_CLIENTS = (
    ("OpenAI/Python 2.8.0", 26),
    ("OpenAI/Python 1.99.1", 16),
    ("OpenAI/JS 6.2.0", 14),
    ("python-requests/2.32.5", 9),
    ("axios/1.12.2", 8),
    ("LangChain/1.0", 7),
    ("okhttp/5.1.0", 5),
    ("Go-http-client/2.0", 5),
    ("node", 5),
    ("curl/8.14.1", 3),
)
_COUNTRIES = (
    "US",
    "GB",
    "DE",
    "FR",
    "IN",
    "BR",
    "JP",
    "SG",
    "CA",
    "AU",
    "NL",
    "KR",
    "MX",
    "PL",
    "VN",
    "ES",
    "IT",
    "SE",
)
_BLOCKS = (23, 31, 45, 62, 79, 84, 91, 103, 121, 146, 163, 185, 203, 212)
_NETWORKS = 400
"""So many autonomous systems exist in this world; a few have most of the callers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a caller connects from."""

    client_ip: str
    asn: int
    country: str


class World:
    """Makes callers who have nothing in common but what their persona gives them.

    Args:
        seed: The same seed gives the same world.
        days: Length of the rehearsal.
        library: What callers say.
    """

    def __init__(self, *, seed: int, days: int, library: Library) -> None:
        self.dice = Dice(seed, "world")
        self.days = days
        self.library = library
        self._seed = seed
        self._made = 0

    @property
    def end_us(self) -> int:
        """When the rehearsal is over."""
        return START_US + self.days * DAY_US

    def chance_for(self, caller: Caller) -> Dice:
        """The caller's own chance, untouched by what others do."""
        return Dice(self._seed, caller.account_id)

    def caller(
        self,
        kind: str,
        *,
        org_id: str | None = None,
        address: Address | None = None,
        payment_fp: str | None = None,
        user_agent: str | None = None,
        ja4: str | None = None,
        signup_us: int | None = None,
        route: str | None = None,
    ) -> Caller:
        """A new caller; what is not given is drawn."""
        dice = self.dice.spawn(f"caller {self._made}")
        self._made += 1
        name = dice.token(10)
        where = address or self.address(dice)
        agent = user_agent or dice.weighted([c for c, _ in _CLIENTS], [w for _, w in _CLIENTS])
        # Most customers have been here for months, a few came last week.
        age_days = dice.gap(120.0) if dice.chance(0.8) else dice.uniform(0.5, 20.0)
        return Caller(
            account_id=f"acct-{name}",
            org_id=org_id or f"org-{name}",
            kind=kind,
            client_ip=where.client_ip,
            asn=where.asn,
            country=where.country,
            ja4=ja4 or fingerprint(agent, dice.below(3)),
            user_agent=agent,
            payment_fp=payment_fp or f"pay-{dice.token()}",
            signup_us=START_US - int(age_days * DAY_US) if signup_us is None else signup_us,
            route=route,
        )

    def address(self, dice: Dice) -> Address:
        """Anywhere on the network: busy networks often, quiet ones seldom."""
        rank = int(_NETWORKS ** dice.uniform(0, 1))
        return Address(
            client_ip=self.network(dice) + f".{dice.between(1, 254)}", asn=self.asn(rank), country=country(rank)
        )

    def network(self, dice: Dice) -> str:
        """The first three parts of some address."""
        return f"{dice.pick(_BLOCKS)}.{dice.below(256)}.{dice.below(256)}"

    def asn(self, rank: int) -> int:
        """The number of the network with this rank by size."""
        return 3_000 + rank * 137 % 60_000


def country(rank: int) -> str:
    """Where a network is."""
    return _COUNTRIES[rank % len(_COUNTRIES)]


def fingerprint(user_agent: str, variant: int) -> str:
    """The TLS fingerprint of a client program: a handful for each, whoever uses it."""
    digest = hashlib.sha256(f"{user_agent}|{variant}".encode()).hexdigest()
    return f"t13d{int(digest[:2], 16) % 30 + 10}12h2_{digest[2:14]}_{digest[14:26]}"
