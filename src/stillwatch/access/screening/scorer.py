# SPDX-License-Identifier: Apache-2.0
"""The learnt part: from the features of two names to how surely the one is, or belongs to, the other.

Its numbers are in ``scorer.json`` beside this file; ``python -m dev.screening.train`` makes them anew, bit for bit, and
docs/how-to/screen.md says of what. Two questions are answered by two sets of trees over the same features:

- ``same``: are these two names of one party?
- ``family``: is the query the listed organisation or one that bears its name: a branch, a subsidiary, a product
company?
"""

from dataclasses import dataclass
from typing import Self

import msgspec
import numpy as np

from stillwatch.access.screening.entry import Kind
from stillwatch.access.screening.features import NAMES, Rarity, compare
from stillwatch.access.screening.normalise import Normal
from stillwatch.access.screening.trees import Doubles, Forest
from stillwatch.errors import IntegrityError


class ForestFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A forest as it is stored."""

    features: list[list[int]]
    bounds: list[list[float | None]]
    """None where a node does not split."""
    leaves: list[list[float]]
    bias: float

    def forest(self) -> Forest:
        """The forest itself."""
        bounds = [[np.inf if bound is None else bound for bound in tree] for tree in self.bounds]
        return Forest(np.array(self.features, np.int64), np.array(bounds), np.array(self.leaves), self.bias)


class Provenance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of what the numbers were made."""

    made_by: str
    lists: dict[str, str]
    """SHA-256 of every file that was learnt from, by its name."""
    pairs: dict[str, int]
    """How many pairs of names of each sort were learnt from."""
    rigour: str
    rapidfuzz: str


class ScorerFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of ``scorer.json``."""

    provenance: Provenance
    features: list[str]
    words: dict[str, float]
    grams: dict[str, float]
    same: ForestFile
    family: ForestFile
    same_pair: float
    """Bound of ``same`` for two names that are put side by side: where F1 is best."""
    same_search: float
    """Bound of ``same`` for a person who is looked for on every list."""
    family_search: float
    """Bound of ``family`` for an organisation that is looked for on every list."""


@dataclass(frozen=True, slots=True)
class Scorer:
    """What screening decides by."""

    same: Forest
    family: Forest
    rarity: Rarity
    same_pair: float
    same_search: float
    family_search: float
    digest: str
    """SHA-256 of the file: part of what a decision rests on."""

    @classmethod
    def of(cls, data: bytes, *, digest: str) -> Self:
        """Make the scorer of a file's bytes.

        Raises:
            IntegrityError: The file is damaged, or was made for other features than this program computes.
        """
        try:
            file = msgspec.json.decode(data, type=ScorerFile)
        except msgspec.DecodeError as error:
            raise IntegrityError(
                f"The screening scorer is damaged: {error}.", hint="Install Stillwatch again."
            ) from None
        if file.features != list(NAMES):
            raise IntegrityError("The screening scorer was made for other features.", hint="Install Stillwatch again.")
        return cls(
            same=file.same.forest(),
            family=file.family.forest(),
            rarity=Rarity(file.words, file.grams),
            same_pair=file.same_pair,
            same_search=file.same_search,
            family_search=file.family_search,
            digest=digest,
        )

    def rows(self, query: Normal, listed: list[Normal], *, kind: Kind) -> Doubles:
        """The features of a query against each of N names, (N, F)."""
        return np.array([compare(query, one, kind=kind, rarity=self.rarity) for one in listed]).reshape(-1, len(NAMES))

    def are_same(self, query: Normal, other: Normal, *, kind: Kind) -> bool:
        """Whether two names that are put side by side are one party's."""
        return bool(self.same.logits(self.rows(query, [other], kind=kind))[0] >= self.same_pair)


def probability(logit: float) -> float:
    """The chance that belongs to the logarithm of odds, rounded to four digits; never quite 0 or 1."""
    return round(float(1.0 / (1.0 + np.exp(-np.clip(logit, -9.0, 9.0)))), 4)
