# SPDX-License-Identifier: Apache-2.0
"""Gradient-boosted trees for a yes-or-no question: small enough to read, the same to the last bit everywhere.

Sums are made by ``numpy.bincount`` in the order of the rows, on one thread: the usual libraries sum in the order in
which their threads come, and so give other trees on other machines. Trees are complete, so they are plain arrays.
Source: Friedman, "Greedy function approximation", Annals of Statistics 29(5), 2001; the gain is that of Chen &
Guestrin,
"XGBoost", KDD 2016, equation 7.
"""

from dataclasses import dataclass

import numpy as np

from stillwatch.access.screening.trees import Doubles, Forest, Ints

BINS = 64


@dataclass(frozen=True, slots=True)
class Plan:
    """How to grow them."""

    trees: int = 150
    depth: int = 4
    rate: float = 0.1
    ridge: float = 5.0
    smallest: float = 4.0
    """Least sum of second derivatives in a leaf."""


def grow(rows: Doubles, labels: Doubles, weights: Doubles, plan: Plan) -> Forest:
    """Grow trees on rows (N, F), labels 0 or 1, and weights."""
    edges = [_edges(rows[:, column]) for column in range(rows.shape[1])]
    bins = np.stack([np.searchsorted(edge, rows[:, column], side="left") for column, edge in enumerate(edges)], axis=1)
    share = float((weights * labels).sum() / weights.sum())
    bias = float(np.log(share / (1.0 - share)))
    logits = np.full(len(rows), bias)
    inner = 2**plan.depth - 1
    features = np.zeros((plan.trees, inner), np.int64)
    bounds = np.full((plan.trees, inner), np.inf)
    leaves = np.zeros((plan.trees, inner + 1))
    offsets = np.arange(rows.shape[1]) * BINS
    for tree in range(plan.trees):
        chance = 1.0 / (1.0 + np.exp(-logits))
        first, second = weights * (chance - labels), weights * chance * (1.0 - chance)
        at = np.zeros(len(rows), np.int64)
        for level in range(plan.depth):
            start, count = 2**level - 1, 2**level
            cells = ((at - start)[:, None] * (rows.shape[1] * BINS) + offsets + bins).ravel()
            size = count * rows.shape[1] * BINS
            shape = (count, rows.shape[1], BINS)
            every = rows.shape[1]
            sums = [
                np.bincount(cells, np.repeat(part, every), size).reshape(shape).cumsum(2) for part in (first, second)
            ]
            feature, cut = _best(sums[0], sums[1], plan)
            for node in range(count):
                if cut[node] >= 0:
                    features[tree, start + node] = feature[node]
                    bounds[tree, start + node] = edges[feature[node]][cut[node]]
            is_right = rows[np.arange(len(rows)), features[tree, at]] > bounds[tree, at]
            at = 2 * at + 1 + is_right
        leaf = at - inner
        top, bottom = (np.bincount(leaf, part, inner + 1) for part in (first, second))
        leaves[tree] = -plan.rate * top / (bottom + plan.ridge)
        logits = logits + leaves[tree][leaf]
    return Forest(features, bounds, leaves, bias)


def _edges(column: Doubles) -> Doubles:
    values = np.unique(column)
    if len(values) > BINS:
        values = np.unique(np.quantile(column, np.linspace(0.0, 1.0, BINS), method="lower"))
    return (values[:-1] + values[1:]) / 2


def _best(first: Doubles, second: Doubles, plan: Plan) -> tuple[Ints, Ints]:
    """For each node the feature and the bin to cut after; -1 where no cut gains anything."""
    all_first, all_second = first[:, :, -1:], second[:, :, -1:]
    rest_first, rest_second = all_first - first, all_second - second
    gain = (
        first**2 / (second + plan.ridge)
        + rest_first**2 / (rest_second + plan.ridge)
        - all_first**2 / (all_second + plan.ridge)
    )
    gain[(second < plan.smallest) | (rest_second < plan.smallest)] = 0.0
    flat = gain.reshape(len(gain), -1)
    best = flat.argmax(axis=1)
    cut = np.where(flat[np.arange(len(flat)), best] > 1e-9, best % BINS, -1)
    return best // BINS, cut
