# SPDX-License-Identifier: Apache-2.0
"""Public lists of prompts, as hashes: what a harvester may feed, known beforehand.

A list is kept as the prompt hashes that a sighting has, so that no text is needed to look a prompt up, and a prompt is
found again whatever its case, spaces and punctuation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from stillwatch.detection.sketching import sketch_many

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LEAST_FEATURES = 5
"""Distinct words and word pairs a text must have: "Hello there" is on many lists and tells nothing about any."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """One list."""

    name: str
    hashes: Ints
    """Prompt hashes, distinct, ascending. Often mapped from a file: what is not looked at is not read."""

    def has(self, hashes: Ints) -> Bools:
        """Say which of some prompt hashes are on the list. Shape of ``hashes``.

        Cost:
            The logarithm of the list's length, each.
        """
        if not len(self.hashes):
            return np.zeros(hashes.shape, np.bool_)
        at = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        found: Bools = self.hashes[at] == hashes
        return found

    def up_to(self, bound: int) -> int:
        """Count the list's hashes that are at most ``bound``."""
        return int(np.searchsorted(self.hashes, bound, side="right"))


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What an index says of one of its lists."""

    name: str
    source: str
    """Where its texts came from, in words."""
    texts: int
    """How many texts were read."""
    prompts: int
    """How many distinct hashes are kept."""
    crc: int
    """CRC-32 of these, as they lie in its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One list of an index."""

    entry: Entry
    corpus: Corpus


def hashes_of(texts: Sequence[str]) -> Ints:
    """Give the prompt hashes of those texts that are long enough to tell a list, in their order."""
    sketches = sketch_many(texts, [None] * len(texts))
    is_long = np.diff(sketches.ends) >= LEAST_FEATURES
    hashes: Ints = sketches.prompt_hash[is_long].view(np.int64)
    return hashes
