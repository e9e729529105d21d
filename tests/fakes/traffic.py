# SPDX-License-Identifier: Apache-2.0
"""A small world for detection: people with tastes of their own, and an operator who deals one pile to many accounts.

Its words are made up from syllables, so no corpus is needed and no two topics share a vocabulary by accident.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from stillwatch.records.exchange import Exchange

START_US = 1_780_272_000_000_000
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
SYLLABLES = ("ka", "lo", "mi", "ren", "tu", "vos", "pel", "dra", "shi", "no", "gar", "wen", "bi", "zu", "fa", "qel")


@dataclass
class World:
    """Exchanges of one population, in order of time once ``log`` is called."""

    seed: int = 0
    days: float = 10.0
    exchanges: list[Exchange] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.draw = np.random.default_rng(self.seed)
        self.topics = [[self._word() for _ in range(30)] for _ in range(40)]
        self.common = [self._word() for _ in range(40)]

    def _word(self) -> str:
        return "".join(self.draw.choice(SYLLABLES) for _ in range(int(self.draw.integers(2, 5))))

    def prompt(self, topics: list[int]) -> str:
        """Some twelve words, half of them of one of the topics."""
        topic = self.topics[int(self.draw.choice(topics))]
        words = [*self.draw.choice(topic, 7), *self.draw.choice(self.common, 5)]
        self.draw.shuffle(words)
        return " ".join(words)

    def send(self, account: str, at_us: float, prompt: str, **columns: object) -> None:
        """One exchange; its organisation is named after the account unless given."""
        given: dict[str, object] = {"org_id": f"org-{account}", **columns}
        self.exchanges.append(
            Exchange(
                exchange_id=f"{account}-{len(self.exchanges)}",
                ts_us=int(at_us),
                account_id=account,
                model="teacher",
                prompt=prompt,
                **given,  # type: ignore[arg-type]
            )
        )

    def person(self, name: str, *, exchanges: int = 20, topics: list[int] | None = None, **columns: object) -> None:
        """Someone with one to three topics, who comes and goes over a stretch of the days."""
        mine = topics or [int(one) for one in self.draw.choice(len(self.topics), int(self.draw.integers(1, 4)))]
        begin = self.draw.uniform(0, 0.7 * self.days) if self.draw.random() < 0.5 else 0.0
        length = self.draw.uniform(0.1, 1.0) * (self.days - begin)
        columns = {"payment_fp": f"pay-{name}", "client_ip": self.address(), **columns}
        columns = {
            "ja4": f"t13d-{int(self.draw.integers(3))}",
            "signup_ts_us": int(START_US - self.draw.uniform(1, 200) * DAY_US),
            **columns,
        }
        for at in np.sort(self.draw.random(exchanges)):
            self.send(name, START_US + (begin + at * length) * DAY_US, self.prompt(mine), **columns)

    def address(self) -> str:
        """An address of a network that is nobody else's, nearly surely."""
        return ".".join(str(int(one)) for one in self.draw.integers(1, 255, 4))

    def people(self, count: int, prefix: str = "person") -> None:
        """Several of them, busy and idle."""
        for number in range(count):
            self.person(f"{prefix}-{number}", exchanges=int(np.clip(self.draw.lognormal(2.8, 0.9), 6, 120)))

    def hydra(
        self,
        accounts: int = 30,
        *,
        exchanges: int = 25,
        begin: float = 3.0,
        length: float = 4.0,
        shared: float = 0.0,
        columns: Callable[[int], dict[str, object]] = lambda _: {},
    ) -> list[str]:
        """An operator who deals a pile of six topics to accounts enrolled together, at one pace."""
        names = [f"hydra-{number}" for number in range(accounts)]
        pile = [3, 9, 14, 21, 27, 33]
        for number, name in enumerate(names):
            own = {"payment_fp": f"pay-{name}", "client_ip": self.address(), **columns(number)}
            if self.draw.random() < shared:
                own["payment_fp"] = f"card-{number % 3}"
            for at in np.sort(self.draw.random(exchanges)):
                self.send(name, START_US + (begin + at * length) * DAY_US, self.prompt(pile), **own)
        return names

    def relay(self, *, chains: int = 6, links: int = 6, wait_hours: float = 1.5) -> list[str]:
        """An operator each of whose accounts lives for a day or so, and is replaced hours after it has ended."""
        names = []
        for chain in range(chains):
            at = self.draw.uniform(0.8, 1.6)
            for link in range(links):
                name = f"relay-{chain}-{link}"
                own: dict[str, object] = {"payment_fp": f"pay-{name}", "client_ip": self.address()}
                life = self.draw.uniform(0.7, 1.3)
                for part in np.linspace(0.0, 1.0, 24):
                    self.send(name, START_US + (at + part * life) * DAY_US, self.prompt([3, 9, 14]), **own)
                at += life + wait_hours * self.draw.uniform(0.2, 1.0) / 24.0
                names.append(name)
        return names

    def log(self) -> list[Exchange]:
        """All exchanges in order of time."""
        return sorted(self.exchanges, key=lambda one: (one.ts_us, one.exchange_id))
