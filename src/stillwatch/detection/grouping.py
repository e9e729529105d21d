# SPDX-License-Identifier: Apache-2.0
"""From linked accounts to groups that draw on one source.

Connected components will not do: one loose link joins everybody. A group is peeled off instead: start from the most
surprising account and those it is linked with, then move to the group's common mean and keep who fits it, until nothing
changes; take the group away and begin again. Fitting a common mean is a far sharper test than likeness of two accounts,
because the noise of a group's mean shrinks with its size: a shard of a queue fits up to its own sampling noise, a
person with tastes of his own does not.

Symbols: C candidates, D dimensions.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from stillwatch.detection.content import Floats
from stillwatch.detection.linking import Candidates, Links, score_within

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

ROUNDS = 8
OFF_BY = 0.4
"""How far from the group's mean an account may lie, as a share of the mean's own length, before noise is allowed
for."""
LOUDEST = 100.0
"""Exchanges of one account that count towards the mean."""
LINKED_SHARE = 0.08
"""Share of the group a member must be linked with, in content and time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Candidates that draw on one source and keep one time."""

    members: Ints
    """Positions among the candidates, ascending."""
    scores: Doubles
    """Each member's surprise, counting only coincidences with other members. Shape of ``members``."""
    attached: Ints
    """Further candidates that fit the group's mean and are linked with it, though not surprising by themselves."""
    cohesion: float
    """Share of the members' self-similarity that their common mean explains: near 1 where one queue feeds them all,
    well below it where people share a theme."""


def groups(chosen: Candidates, links: Links, *, score: float, smallest: int) -> list[Group]:
    """Peel groups off the linked accounts, the most surprising first.

    Args:
        chosen: The candidates.
        links: Their links.
        score: Surprise from which an account can be a member.
        smallest: Organisations a group must have.
    """
    size = len(chosen.rows)
    kept = links.kept()
    adjacency = sparse.csr_matrix(
        (np.ones(int(kept.sum()), np.float32), (links.first[kept], links.second[kept])), shape=(size, size)
    )
    free = links.score >= score
    among = links.among(free)
    found: list[Group] = []
    order = np.lexsort((chosen.rows, -links.score))
    for seed in order:
        if not free[seed]:
            continue
        members = _grow(int(seed), adjacency, chosen, free)
        free[seed] = False
        scores = _own_scores(members, chosen, among)
        # Who coincides with the group's members only now and then does not belong to it.
        while len(members) and scores.min() < score / 2.0:
            members = members[scores >= score / 2.0]
            scores = _own_scores(members, chosen, among)
        if len(np.unique(chosen.org[members])) < smallest or np.median(scores) < score:
            continue
        free[members] = False
        found.append(_finished(members, scores, adjacency, chosen, links, score=score))
    return found


def _own_scores(members: Ints, chosen: Candidates, links: Links) -> Doubles:
    inside = np.zeros(len(chosen.rows), np.bool_)
    inside[members] = True
    own: Doubles = score_within(chosen, links, inside)[members] if len(members) else np.zeros(0)
    return own


def _grow(seed: int, adjacency: sparse.csr_matrix, chosen: Candidates, free: Bools) -> Ints:
    inside = np.zeros(len(free), np.bool_)
    inside[adjacency.indices[adjacency.indptr[seed] : adjacency.indptr[seed + 1]]] = True
    inside[seed] = True
    inside &= free
    seen: set[bytes] = set()
    for _ in range(ROUNDS):
        if inside.sum() < 3 or inside.tobytes() in seen:
            break
        seen.add(inside.tobytes())
        fitting = fits(chosen, inside) & free
        linked = adjacency @ (inside & fitting).astype(np.float32)
        inside = fitting & (linked >= max(2.0, LINKED_SHARE * float((inside & fitting).sum())))
    return np.flatnonzero(inside)


def fits(chosen: Candidates, inside: Bools) -> Bools:
    """Say which candidates' content agrees with a group's common mean, up to their own sampling noise."""
    weight = np.where(inside, np.minimum(chosen.count, LOUDEST), 0.0)
    total = weight @ chosen.mean
    whole = float(weight.sum())
    # Each member is measured against the mean of the others; an outsider against the mean of all.
    rest = np.maximum(whole - weight, 1e-9)
    product = (chosen.mean @ total.astype(np.float32) - weight * np.einsum("cd,cd->c", chosen.mean, chosen.mean)) / rest
    length = common_length(chosen, np.flatnonzero(inside))
    if length <= chosen.floor / 4:
        return np.zeros(len(inside), np.bool_)
    along = chosen.noise**2 / max(chosen.rarity, 1e-9)
    fit_error = np.sqrt(along / chosen.count / length + chosen.noise**2 / (chosen.count * rest) / length**2)
    distance = (chosen.self_similarity - 2.0 * product + length) / length
    distance_error = np.sqrt(
        2.0 * chosen.noise**2 / (chosen.count * (chosen.count - 1.0)) / length**2 + 4.0 * fit_error**2
    )
    close: Bools = np.abs(product / length - 1.0) < OFF_BY + 2.0 * fit_error
    # Little traffic blurs everything; beyond a point it fits nothing rather than anything.
    fitting: Bools = close & (distance < OFF_BY + 2.0 * distance_error) & (product / length > 2.0 * fit_error)
    return fitting


def common_length(chosen: Candidates, members: Ints) -> float:
    """Squared length of the members' common mean, estimated from pairs of different organisations."""
    weight = np.minimum(chosen.count[members], LOUDEST)
    weighted = chosen.mean[members] * weight[:, None].astype(np.float32)
    by_org = np.zeros((0, chosen.mean.shape[1]), np.float32)
    _, org = np.unique(chosen.org[members], return_inverse=True)
    by_org = np.zeros((int(org.max()) + 1, chosen.mean.shape[1]), np.float32)
    np.add.at(by_org, org, weighted)
    org_weight = np.bincount(org, weight)
    total = by_org.sum(axis=0)
    pairs = float(org_weight.sum() ** 2 - (org_weight**2).sum())
    if pairs <= 0.0:
        return 0.0
    return float((total @ total) - np.einsum("od,od->", by_org, by_org)) / pairs


def cohesion(chosen: Candidates, members: Ints) -> float:
    """Share of the members' self-similarity that their common mean explains; by chance it may exceed 1."""
    count = np.minimum(chosen.count[members], LOUDEST)
    own = float((chosen.self_similarity[members] * count).sum() / count.sum())
    return common_length(chosen, members) / max(own, chosen.floor)


def _finished(
    members: Ints, scores: Doubles, adjacency: sparse.csr_matrix, chosen: Candidates, links: Links, *, score: float
) -> Group:
    inside = np.zeros(len(chosen.rows), np.bool_)
    inside[members] = True
    linked = adjacency @ inside.astype(np.float32)
    near = fits(chosen, inside) & ~inside & (links.score < score) & (links.score >= score / 3.0)
    near &= linked >= max(3.0, 2.0 * LINKED_SHARE * len(members))
    return Group(members=members, scores=scores, attached=np.flatnonzero(near), cohesion=cohesion(chosen, members))


def mean_of(chosen: Candidates, members: Ints) -> Floats:
    """The members' common mean."""
    weight = np.minimum(chosen.count[members], LOUDEST).astype(np.float32)
    mean: Floats = (weight @ chosen.mean[members]) / weight.sum()
    return mean
