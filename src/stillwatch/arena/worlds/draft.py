# SPDX-License-Identifier: Apache-2.0
"""A log in the making: accounts, and columns of numbers that say what each sends when.

Symbols: N rows.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillwatch.arena import world as identities
from stillwatch.arena.language.dice import Dice
from stillwatch.arena.prompts.interface import Library
from stillwatch.arena.schedule import DAY_US, START_US, Caller
from stillwatch.arena.worlds.interface import Arrivals
from stillwatch.arena.worlds.texts import Texts

Instants = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a caller asks: the parameters that its requests have in common."""

    max_tokens: int = 1_024
    temperature: float = 1.0
    reasoning: bool = False
    logprobs: bool = False
    tools: int = 0
    is_streamed: bool = False
    answer_tokens: float = 220.0
    """Tokens of the median answer."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of one length N, one element a request."""

    account: NDArray[np.int32]
    at_us: Instants
    text: NDArray[np.int32]
    system: NDArray[np.int32]
    conversation: NDArray[np.int32]
    """-1 where the request belongs to none."""
    turn: NDArray[np.int16]
    manner: NDArray[np.int16]
    harvest: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.at_us)

    def at(self, index: NDArray[Any]) -> "Rows":
        """Some of the rows, in the order of ``index``."""
        return Rows(*(getattr(self, field.name)[index] for field in fields(self)))


class Draft:
    """What the kinds and the operators write into.

    Args:
        seed: The same seed, library and arrivals give the same log.
        days: Its length.
        library: What callers say.
        arrivals: When they say it.
    """

    def __init__(self, *, seed: int, days: int, library: Library, arrivals: Arrivals) -> None:
        self.seed = seed
        self.days = days
        self.library = library
        self.arrivals = arrivals
        self.world = identities.World(seed=seed, days=days, library=library)
        self.texts = Texts()
        self.callers: list[Caller] = []
        self.campaigns: dict[str, list[int]] = {}
        self.manners: list[Manner] = []
        self._manner_numbers: dict[Manner, int] = {}
        self._conversations = 0
        self._parts: list[Rows] = []

    @property
    def end_us(self) -> int:
        """When the log ends."""
        return START_US + self.days * DAY_US

    def account(self, kind: str, **facets: Any) -> int:
        """A new account and its number; facets that are not given are drawn. See ``identities.World.caller``."""
        return self.enrol(self.world.caller(kind, **facets))

    def enrol(self, caller: Caller) -> int:
        """Take in a caller that was made elsewhere, and give its number."""
        self.callers.append(caller)
        return len(self.callers) - 1

    def chance(self, name: str) -> np.random.Generator:
        """A stream of chance that depends on the seed and its name alone."""
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])

    def chance_of(self, account: int) -> tuple[np.random.Generator, Dice]:
        """An account's own streams, for numbers and for words."""
        name = self.callers[account].account_id
        return self.chance(name), Dice(self.seed, f"words of {name}")

    def conversations(self, count: int) -> NDArray[np.int32]:
        """Numbers of new conversations."""
        self._conversations += count
        return np.arange(self._conversations - count, self._conversations, dtype=np.int32)

    def say(
        self,
        account: int,
        at_us: Instants,
        prompts: Sequence[str],
        *,
        manner: Manner,
        system: str | Sequence[str] = "",
        conversation: NDArray[np.int32] | None = None,
        turn: NDArray[np.integer[Any]] | None = None,
        is_harvest: bool = False,
        before_us: int | None = None,
    ) -> None:
        """Add one account's requests; those outside the log's days are left out when it is finished.

        Args:
            account: Its number.
            at_us: When, shape (N,).
            prompts: What, N of them.
            manner: How.
            system: The system prompt of all, or N of them.
            conversation: Numbers of conversations, -1 for none; shape (N,).
            turn: Places in the conversation, shape (N,).
            is_harvest: Whether the answers would be training data.
            before_us: Requests from this instant on are not sent.
        """
        count = len(at_us)
        if manner not in self._manner_numbers:
            self._manner_numbers[manner] = len(self.manners)
            self.manners.append(manner)
        systems = (
            np.full(count, self.texts.intern(system), np.int32)
            if isinstance(system, str)
            else np.array([self.texts.intern(one) for one in system], np.int32)
        )
        part = Rows(
            np.full(count, account, np.int32),
            np.asarray(at_us, np.int64),
            self.texts.add(prompts),
            systems,
            np.full(count, -1, np.int32) if conversation is None else conversation,
            np.zeros(count, np.int16) if turn is None else turn.astype(np.int16),
            np.full(count, self._manner_numbers[manner], np.int16),
            np.full(count, is_harvest, np.bool_),
        )
        self._parts.append(part if before_us is None else part.at(np.flatnonzero(part.at_us < before_us)))

    def rows(self) -> Rows:
        """Everything said within the log's days, in order of time; ties keep the order in which they were said."""
        whole = Rows(*(np.concatenate([getattr(p, f.name) for p in self._parts]) for f in fields(Rows)))
        inside = whole.at(np.flatnonzero((whole.at_us >= START_US) & (whole.at_us < self.end_us)))
        return inside.at(np.argsort(inside.at_us, kind="stable"))
