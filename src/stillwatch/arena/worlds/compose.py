# SPDX-License-Identifier: Apache-2.0
"""Composes a world's log: who is in it, what they send, and the truth about them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from stillwatch.arena.prompts.interface import Library
from stillwatch.arena.schedule import Caller
from stillwatch.arena.worlds.catalog import KINDS
from stillwatch.arena.worlds.description import World
from stillwatch.arena.worlds.draft import Draft, Manner, Rows
from stillwatch.arena.worlds.hydra import campaign
from stillwatch.arena.worlds.interface import Arrivals
from stillwatch.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """A composed log: columns of numbers, and what the numbers stand for."""

    world: World
    seed: int
    callers: tuple[Caller, ...]
    campaigns: Mapping[str, tuple[int, ...]]
    """The accounts of each campaign that sent anything, by number."""
    rows: Rows
    """In order of time."""
    texts: pa.Array
    manners: tuple[Manner, ...]


def compose(
    world: World, *, seed: int, library: Library, arrivals: Arrivals, bans: Mapping[str, int] | None = None
) -> Composition:
    """Compose a log.

    Args:
        world: Who lives in it.
        seed: The same world, seed, library, arrivals and bans give the same log.
        library: What callers say.
        arrivals: When they say it.
        bans: Instants from which accounts are shut out, by account id, for operators that react. More bans change
            nothing that comes before them.

    Raises:
        BadInput: The world names a kind of account that does not exist, or nobody says anything.
    """
    draft = Draft(seed=seed, days=world.days, library=library, arrivals=arrivals)
    for crowd in world.crowds:
        if crowd.kind not in KINDS:
            raise BadInput(f"There is no kind of account {crowd.kind!r}.", hint=f"The kinds are: {', '.join(KINDS)}.")
        KINDS[crowd.kind](draft, crowd.accounts)
    for operator in world.operators:
        campaign(draft, operator, bans or {})
    if not len(draft.texts):
        raise BadInput(f"Nobody says anything in the world {world.name!r}.", hint="Give it crowds or operators.")
    return Composition(
        world=world,
        seed=seed,
        callers=tuple(draft.callers),
        campaigns={name: tuple(accounts) for name, accounts in draft.campaigns.items()},
        rows=draft.rows(),
        texts=draft.texts.column(),
        manners=tuple(draft.manners),
    )
