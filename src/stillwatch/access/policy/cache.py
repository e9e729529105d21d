# SPDX-License-Identifier: Apache-2.0
"""A map of bounded size that forgets what was put in first."""

from collections.abc import Hashable
from typing import Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class Bounded(Generic[_K, _V]):
    """A map that forgets what was put in first. What is asked often is put in anew soon.

    Args:
        most: How much it holds, at least 1.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[_K, _V] = {}

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: _K) -> _V | None:
        """What was put under a key, or None."""
        return self._held.get(key)

    def put(self, key: _K, value: _V) -> None:
        """Keep a value, and forget the oldest where there is no room."""
        held = self._held
        if key not in held and len(held) >= self._most:
            del held[next(iter(held))]
        held[key] = value
