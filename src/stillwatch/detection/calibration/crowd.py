# SPDX-License-Identifier: Apache-2.0
"""The accounts of a log as calibration sees them: who belongs to whom, and in which cohorts they are counted.

Everything here can be seen without a label. Accounts that belong together (of one organisation, or of organisations
that share a card or a network which few have: an office, an agency) form a *block*: they depend on each other, so they
move together and are worth one observation where the worst is assumed.

Symbols: A accounts, B blocks.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from stillwatch.detection.linking import PUBLIC_PLACE
from stillwatch.detection.tempo import DAY_S
from stillwatch.detection.tokens import largest_hub

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

EVERYBODY = "everybody"
PLACES = ("payment", "network")
"""Kinds of token that hold a block together."""
MOST = np.iinfo(np.int64).max
VOLUMES = (20, 100, 500)
"""Exchanges at which cohorts of volume part."""
TENURES = (1.0, 7.0)
"""Days of life at which cohorts of tenure part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """All accounts of a log. All arrays have A rows."""

    names: tuple[str, ...]
    """In ascending order."""
    org: Ints
    """The place of the account's organisation among ``organisations``; one of them, where it has several."""
    block: Ints
    """Number of the account's block, from 0."""
    first_us: Ints
    last_us: Ints
    organisations: tuple[str, ...]
    org_block: Ints
    """The block of each organisation. Shape of ``organisations``."""
    cohorts: dict[str, Bools]
    """For each cohort, ``EVERYBODY`` first, the accounts in it; those of one respect part the accounts."""

    @property
    def blocks(self) -> int:
        """How many there are."""
        return int(self.block.max()) + 1 if len(self.block) else 0


def crowd_of(lives: pa.Table, postings: pa.Table) -> Crowd:
    """Make the crowd of a log.

    Args:
        lives: ``LIVES``.
        postings: ``POSTINGS``.
    """
    names, account = _coded(lives["account"])
    organisations, org = _coded(lives["org"])
    size = len(names)
    org_of = np.zeros(size, np.int64)
    org_of[account] = org
    account_block, org_block, is_sharing = _blocks(names, organisations, account, org, postings)
    first_us, last_us = np.full(size, MOST), np.zeros(size, np.int64)
    np.minimum.at(first_us, account, lives["first_us"].to_numpy())
    np.maximum.at(last_us, account, lives["last_us"].to_numpy())
    count, firsts, systems = (
        np.bincount(account, lives[name].to_numpy(), minlength=size) for name in ("count", "firsts", "systems")
    )
    days = (last_us - first_us) / (DAY_S * 1e6)
    return Crowd(
        names=tuple(names),
        org=org_of,
        block=account_block,
        first_us=first_us,
        last_us=last_us,
        organisations=tuple(organisations),
        org_block=org_block,
        cohorts={
            EVERYBODY: np.ones(size, np.bool_),
            "fewer than 20 exchanges": count < VOLUMES[0],
            "20 to 99 exchanges": (count >= VOLUMES[0]) & (count < VOLUMES[1]),
            "100 to 499 exchanges": (count >= VOLUMES[1]) & (count < VOLUMES[2]),
            "500 exchanges or more": count >= VOLUMES[2],
            "alive for less than a day": days < TENURES[0],
            "alive for a day to a week": (days >= TENURES[0]) & (days < TENURES[1]),
            "alive for a week or more": days >= TENURES[1],
            "mostly single messages": firsts >= 0.9 * count,
            "mostly conversations": firsts < 0.9 * count,
            "mostly with a system prompt": systems > 0.5 * count,
            "mostly without a system prompt": systems <= 0.5 * count,
            "shares a card or a network": is_sharing,
            "shares neither": ~is_sharing,
        },
    )


def _coded(column: pa.ChunkedArray) -> tuple[list[str], Ints]:
    """Give the distinct texts in ascending order and each row's place among them."""
    texts = sorted(pc.unique(column).to_pylist())
    place = {text: at for at, text in enumerate(texts)}
    return texts, np.fromiter((place[text] for text in column.to_pylist()), np.int64, len(column))


def _blocks(
    names: list[str], organisations: list[str], account: Ints, org: Ints, postings: pa.Table
) -> tuple[Ints, Ints, Bools]:
    """Give the block of each account and of each organisation, and who shares a place with another organisation."""
    held = postings.filter(pc.is_in(postings["kind"], pa.array(PLACES)))
    account_at = {name: at for at, name in enumerate(names)}
    holder = np.fromiter((account_at[name] for name in held["account"].to_pylist()), np.int64, held.num_rows)
    kinds = pc.equal(held["kind"], PLACES[0]).to_numpy()
    # One card and one network with the same hash are two places.
    _, place = np.unique(np.stack((held["token"].to_numpy(), kinds.astype(np.int64))), axis=1, return_inverse=True)
    place = place.reshape(-1)
    org_of = np.zeros(len(names), np.int64)
    org_of[account] = org
    users = np.unique(np.stack((place, org_of[holder])), axis=1) if len(place) else np.zeros((2, 0), np.int64)
    crowded = np.bincount(users[0], minlength=int(place.max()) + 1 if len(place) else 0)
    is_private = (crowded > 1) & (crowded <= largest_hub(PUBLIC_PLACE, len(organisations)))
    is_sharing = np.zeros(len(names), np.bool_)
    is_sharing[holder[is_private[place]]] = True
    kept = is_private[users[0]] if users.size else np.zeros(0, np.bool_)
    # Nodes: accounts, then organisations, then places.
    first = np.concatenate((account, len(names) + users[1][kept]))
    second = np.concatenate((len(names) + org, len(names) + len(organisations) + users[0][kept]))
    nodes = len(names) + len(organisations) + len(crowded)
    graph = sparse.csr_matrix((np.ones(len(first), np.int8), (first, second)), shape=(nodes, nodes))
    _, component = connected_components(graph, directed=False)
    _, block = np.unique(component[: len(names) + len(organisations)], return_inverse=True)
    block = block.astype(np.int64)
    return block[: len(names)], block[len(names) :], is_sharing
