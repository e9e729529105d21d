# SPDX-License-Identifier: Apache-2.0
"""Seeded chance, named: every part of the arena draws from its own stream, so that one part cannot disturb another."""

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of chance that depends only on its seed and its name.

    Args:
        seed: Any integer.
        name: What the stream is for; two names give independent streams.

    Example:
        >>> Dice(7, "people").pick(["a", "b", "c"]) == Dice(7, "people").pick(["a", "b", "c"])
        True
    """

    def __init__(self, seed: int, name: str = "") -> None:
        self._seed = seed
        self._name = name
        digest = hashlib.blake2b(f"{seed}|{name}".encode(), digest_size=16).digest()
        # The arena needs repeatable chance, not secrecy.
        self._random = random.Random(int.from_bytes(digest, "little"))  # noqa: S311 - see above

    def spawn(self, name: str) -> "Dice":
        """An independent stream, the same however much was drawn from this one."""
        return Dice(self._seed, f"{self._name}/{name}")

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, all equally likely."""
        return options[self.below(len(options))]

    def some(self, options: Sequence[T], count: int) -> list[T]:
        """Different options, at most ``count``, in random order."""
        return self._random.sample(options, min(count, len(options)))

    def weighted(self, options: Sequence[T], weights: Sequence[float]) -> T:
        """One of the options, each as likely as its weight says."""
        return self._random.choices(options, weights)[0]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """All of the options in random order."""
        return self._random.sample(options, len(options))

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self._random.random() < probability

    def below(self, limit: int) -> int:
        """An integer in [0, limit)."""
        return int(self._random.random() * limit)

    def between(self, low: int, high: int) -> int:
        """An integer in [low, high]."""
        return low + self.below(high - low + 1)

    def uniform(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self._random.random()

    def normal(self, mean: float, deviation: float) -> float:
        """A normally distributed number."""
        return self._random.gauss(mean, deviation)

    def around(self, median: float, spread: float) -> float:
        """A positive number, log-normal about its median; ``spread`` is the standard deviation of its logarithm."""
        return median * self._random.lognormvariate(0.0, spread)

    def gap(self, mean: float) -> float:
        """A waiting time with the given mean, exponentially distributed."""
        return self._random.expovariate(1.0 / mean)

    def token(self, digits: int = 12) -> str:
        """Hexadecimal digits that stand for an opaque identifier."""
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"
