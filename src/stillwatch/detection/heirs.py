# SPDX-License-Identifier: Apache-2.0
"""What a campaign's accounts leave to those that come after them: a card, a network, a template of a system prompt.

A token is *burnt* once most of those who hold it, and who have done enough to be judged, are contained as members of
one campaign. Who turns up with a burnt card or network is the campaign's next account; who uses a burnt template is
looked at, because a text can be copied. Tokens that many organisations hold are public places and never burn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.detection.census import Census
from stillwatch.detection.tokens import TOKEN_KINDS, largest_hub

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """A kind of token that can be inherited."""

    spoken: str
    kind: str
    least: int
    """Organisations of one campaign that must be contained before a token of theirs burns."""
    share: float
    """Share of its holders that they must be."""
    hub: int | None
    """Organisations beyond which the token is a public place; None: the share alone tells."""
    contains: bool
    """Whether its heirs are contained, or watched only."""


ESTATES = (
    Estate(spoken="payment card", kind="payment", least=2, share=0.75, hub=30, contains=True),
    Estate(spoken="network", kind="network", least=3, share=0.75, hub=30, contains=True),
    Estate(spoken="template of a system prompt", kind="template", least=8, share=0.5, hub=None, contains=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heir:
    """An account that holds a burnt token."""

    row: int
    predecessor: int
    """Row of the contained account after which it takes: its campaign is the one inherited."""
    is_contained: bool
    why: str
    """In words that a customer could be told."""


def heirs(census: Census, contained: Sequence[int], *, judged_from: int) -> list[Heir]:
    """Find the accounts that hold what contained accounts held.

    Args:
        census: Everybody.
        contained: Rows of all contained accounts, in the order in which their campaigns were found.
        judged_from: Exchanges from which an account has done enough to be judged by.
    """
    if not contained:
        return []
    members = np.array(contained, np.int64)
    found: dict[int, Heir] = {}
    for estate in ESTATES:
        held = _held(census, estate)
        for predecessor, holders, count, of in _burnt(census, estate, held, members, judged_from=judged_from):
            for row in holders.tolist():
                why = (
                    f"Holds a {estate.spoken} that {count} contained organisations hold, of {of} that have done enough "
                    "to be judged."
                )
                heir = Heir(row=row, predecessor=predecessor, is_contained=estate.contains, why=why)
                found.setdefault(row, heir)
    for row in contained:
        found.pop(row, None)
    return [found[row] for row in sorted(found)]


def _held(census: Census, estate: Estate) -> Ints:
    """Every account's tokens of one kind, 0 where there is none. Shape (A, K)."""
    if estate.kind == "template":
        return census.cells.systems(np.arange(len(census)))[:, None]
    return census.tokens[: len(census), TOKEN_KINDS.index(estate.kind)]


def _burnt(
    census: Census, estate: Estate, held: Ints, members: Ints, *, judged_from: int
) -> list[tuple[int, Ints, int, int]]:
    """Give for each burnt token a contained holder, all holders, its contained organisations and its judged ones."""
    at_stake, owner = _pairs(held, members)
    tokens, orgs = np.unique(np.stack((at_stake, census.org[owner])), axis=1)
    several, counts = np.unique(tokens, return_counts=True)
    several = several[counts >= estate.least]
    if not len(several):
        return []
    is_judged = census.count[: len(census)] >= judged_from
    is_judged[members] = True
    all_held, holder = _pairs(held, np.flatnonzero(_are_among(held, several).any(axis=1)))
    order = np.argsort(all_held, kind="stable")
    begins, ends = (np.searchsorted(all_held[order], several, side=side) for side in ("left", "right"))
    burnt = []
    for token, begin, end in zip(several.tolist(), begins.tolist(), ends.tolist(), strict=True):
        holders = holder[order[begin:end]]
        public = estate.hub is not None and len(np.unique(census.org[holders])) > largest_hub(
            estate.hub, len(census.orgs)
        )
        contained = len(np.unique(orgs[tokens == token]))
        judged = len(np.unique(census.org[holders[is_judged[holders]]]))
        if not public and contained >= estate.share * judged:
            burnt.append((int(owner[at_stake == token][0]), holders, contained, judged))
    return burnt


def _pairs(held: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """Give each token of some accounts, and its holder's row."""
    at, place = np.nonzero(held[rows])
    return held[rows[at], place], rows[at]


def _are_among(held: Ints, tokens: Ints) -> Bools:
    """Say which of many tokens are among a few, by hash: sorting them at every pass costs more. Shape of ``held``."""
    found = pc.is_in(pa.array(held.ravel()), pa.array(tokens))
    return np.asarray(found).reshape(held.shape)
