# SPDX-License-Identifier: Apache-2.0
"""Stand-ins for accounts: others that did about as much over about as long a time.

What a group's accounts have in common because of the kind of work they do (a batch run is short and quick, a person
slow and long) their stand-ins have in common too. So a comparison with them asks about the group and not about the
kind.
"""

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from stillwatch.detection.census import Census
from stillwatch.detection.tempo import HOUR_S

Ints = npt.NDArray[np.int64]

NEAREST = 24
"""Accounts of which a stand-in is drawn."""
POPULATION = 12_000
"""Accounts that stand for the population where it is larger."""


def one_of_each(org: Ints, rows: Ints, draw: np.random.Generator) -> Ints:
    """Draw one account of each organisation: those of one house do alike for reasons of their own.

    Args:
        org: Every account's organisation. Shape (A,).
        rows: The accounts to draw among.
        draw: The source of chance.

    Returns:
        Rows, in the order of their organisations.
    """
    mixed = draw.permutation(rows)
    picked: Ints = mixed[np.unique(org[mixed], return_index=True)[1]]
    return picked


def stand_ins(census: Census, rows: Ints, *, without: Ints, groups: int, draw: np.random.Generator) -> Ints | None:
    """Draw groups of accounts that resemble given ones in number of exchanges and length of life.

    Args:
        census: The population.
        rows: The accounts to stand in for.
        without: Accounts that stand in for nobody.
        groups: How many groups to draw.
        draw: The source of chance.

    Returns:
        Rows of the census, shape (groups, number of ``rows``); None where the population is too small.
    """
    is_free = np.ones(len(census), np.bool_)
    is_free[without] = False
    others = census.drawn(POPULATION)
    others = others[is_free[others]]
    if len(others) < 2 * NEAREST:
        return None
    _, nearest = cKDTree(_likes(census, others)).query(_likes(census, rows), k=NEAREST)
    picked = draw.integers(0, NEAREST, (groups, len(rows)))
    drawn: Ints = others[nearest[np.arange(len(rows)), picked]]
    return drawn


def _likes(census: Census, rows: Ints) -> npt.NDArray[np.float64]:
    """Give how much some accounts did and over how long, as logarithms. Shape (R, 2)."""
    span = np.maximum(census.total_last[rows] - census.total_first[rows], HOUR_S)
    return np.stack((np.log(census.total_count[rows]), np.log(span)), axis=1)
