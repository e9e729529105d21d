# SPDX-License-Identifier: Apache-2.0
"""From linked accounts to groups that draw on one source.

Connected components will not do: one loose link joins everybody. A group is peeled off instead: start from the most
surprising account and those it is linked with, then move to the group's common mean and keep who fits it, until nothing
changes; take the group away and begin again. Fitting a common mean is a far sharper test than likeness of two accounts,
because the noise of a group's mean shrinks with its size: a shard of a queue fits up to its own sampling noise, a
person with tastes of his own does not.

Symbols: C candidates, D dimensions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from stillwatch.detection.content import Floats
from stillwatch.detection.linking import SAME_PROMPTS, Candidates, Links, runs, score_within, shared_prompts

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

ROUNDS = 8
OFF_BY = 0.4
"""How far from the group's mean an account may lie, as a share of the mean's own length, before noise is allowed
for."""
COHERENT = 0.6
FITS = 0.6
"""Fit from which an account can join a group on little more than its content."""
NARROWER_THAN = 0.75
"""Share of the established accounts whose own talk is broader than a source which people do not come upon by chance."""
LEAST_LINKS = 2
"""Members that an account which joins must be linked with, in content and in time or infrastructure."""
TRIES = 24
"""Accounts at which further sources are looked for in one pass."""
LINKED_SHARE = 0.08
"""Share of the group a member must be linked with, in content and time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Candidates that draw on one source and keep one time."""

    members: Ints
    """Positions among the candidates, ascending."""
    scores: Doubles
    """Each member's surprise, counting only coincidences with other members. Shape of ``members``."""
    joined: Ints
    """Further candidates whose content agrees with the group's mean and who keep its time or share its infrastructure,
    though not surprising by themselves."""
    least_fit: Doubles
    """Length of each account's mean along the group's, as a share of it, less its standard error: about 1 for who draws
    on nothing but the group's source, 0 for who has nothing to do with it. First the members', then the joined."""
    is_found_by_content: bool
    """True where content alone chose the members: how they keep time is then a test that nobody has tuned."""
    cohesion: float
    """Share of the members' self-similarity that their common mean explains: near 1 where one queue feeds them all,
    well below it where people share a theme."""


def groups(
    chosen: Candidates, links: Links, *, known: Sequence[Ints], score: float, smallest: int, draw: np.random.Generator
) -> list[Group]:
    """Peel groups off the linked accounts: those that were groups before first, then around accounts drawn at random.

    Args:
        chosen: The candidates.
        links: Their links.
        known: Candidates that were of one group before, for each such group.
        score: Surprise from which an account can be a member.
        smallest: Organisations a group must have.
        draw: Picks the accounts around which further groups are looked for.
    """
    size = len(chosen.rows)
    kept = links.kept()
    adjacency = sparse.csr_matrix(
        (np.ones(int(kept.sum()), np.float32), (links.first[kept], links.second[kept])), shape=(size, size)
    )
    free = links.score >= score
    found: list[Group] = []
    seeds = np.flatnonzero(free)
    begins = [*known, *(_neighbours(seed, adjacency) for seed in draw.permutation(seeds).tolist())]
    tries = 0
    for number, begin in enumerate(begins):
        if number >= len(known) and (tries >= TRIES or not free[begin[-1]]):
            continue
        tries += number >= len(known)
        members = _no_list(chosen, _grow(begin[free[begin]], adjacency, chosen, free, smallest=smallest))
        if len(members) < smallest:
            continue
        scores = score_within(chosen, links, members)
        # Who coincides with the group's members only now and then does not belong to it.
        while len(members) >= smallest and scores.min() < score / 2.0:
            members = members[scores >= score / 2.0]
            scores = score_within(chosen, links, members)
        if len(np.unique(chosen.org[members])) < smallest or np.median(scores) < score:
            continue
        members, scores = _one_each(members, scores, chosen)
        free[members] = False
        near = np.flatnonzero(_linked_with(members, adjacency) >= LEAST_LINKS)
        found.append(_finished(members, scores, near, chosen, by_content=False))
    return found


def _neighbours(seed: int, adjacency: sparse.csr_matrix) -> Ints:
    """Those an account is linked with, and last itself."""
    linked = adjacency.indices[adjacency.indptr[seed] : adjacency.indptr[seed + 1]]
    return np.append(linked.astype(np.int64), seed)


def sources(
    chosen: Candidates, links: Links, taken: Bools, *, known: Sequence[Ints], smallest: int, draw: np.random.Generator
) -> list[Group]:
    """Find sources that many organisations draw on, by content alone, among accounts that no group has taken.

    Args:
        chosen: The candidates.
        links: Their links.
        taken: Candidates that belong to a group.
        known: Candidates that drew on one source before, for each such group.
        smallest: Organisations that must draw on a source.
        draw: Picks the accounts at which further sources are looked for. Who keeps time with whom plays no part.
    """
    free = ~taken & ~chosen.is_guest & chosen.is_regular
    crowded = np.bincount(links.first, minlength=len(free)) >= smallest
    seeds = np.flatnonzero(free & crowded)
    seeds = draw.choice(seeds, min(len(seeds), TRIES), replace=False) if len(seeds) else seeds
    begins = [*known, *(np.append(links.of(seed), seed) for seed in seeds.tolist())]
    found: list[Group] = []
    tried = np.flatnonzero(free), chosen.mean[free]
    for number, begin in enumerate(begins):
        if number >= len(known) and not free[begin[-1]]:
            continue
        members = _no_list(chosen, _drawing_on(begin[free[begin]], chosen, tried, smallest=smallest))
        if (
            len(members) < smallest
            or organisations_of(chosen, members) < smallest
            or cohesion(chosen, members) < COHERENT
        ):
            continue
        members, scores = _one_each(members, score_within(chosen, links, members), chosen)
        free[members] = False
        tried = np.flatnonzero(free), chosen.mean[free]
        found.append(_finished(members, scores, members[:0], chosen, by_content=True))
    return found


def _one_each(members: Ints, scores: Doubles, chosen: Candidates) -> tuple[Ints, Doubles]:
    """Keep one stream of each account, the longer, and its score."""
    order = np.argsort(-chosen.count[members], kind="stable")
    kept = np.sort(order[np.unique(chosen.rows[members[order]], return_index=True)[1]])
    return members[kept], scores[kept]


def organisations_of(chosen: Candidates, members: Ints) -> float:
    """Give the effective number of organisations of some accounts: a few houses with many keys each count as a few.

    It is the inverse of the chance that two accounts drawn with replacement are of one organisation.
    """
    sizes = np.unique(chosen.org[members], return_counts=True)[1].astype(np.float64)
    return float(sizes.sum() ** 2 / (sizes * sizes).sum())


def _no_list(chosen: Candidates, members: Ints) -> Ints:
    """Leave out who sends mostly what other members send too: they run a list that all of them know."""
    return members[shared_prompts(chosen, members) < SAME_PROMPTS] if len(members) else members


def _drawing_on(begin: Ints, chosen: Candidates, tried: tuple[Ints, Floats], *, smallest: int) -> Ints:
    """Move to the common mean of some accounts, and keep who fits it, until nothing changes.

    Args:
        begin: Accounts to begin with, which are tried too.
        chosen: The candidates.
        tried: Who may fit, and their means.
        smallest: Accounts below which it is given up.
    """
    members, (who, mean) = np.unique(begin), tried
    seen: set[bytes] = set()
    for _ in range(ROUNDS):
        if len(members) < smallest or members.tobytes() in seen:
            break
        seen.add(members.tobytes())
        fit = fit_of(chosen, members, who, mean)
        members = who[fit.is_close & (fit.along >= FITS)]
    return members


def _grow(begin: Ints, adjacency: sparse.csr_matrix, chosen: Candidates, free: Bools, *, smallest: int) -> Ints:
    """Move to the common mean of some linked accounts, and keep who fits it and is linked, until nothing changes."""
    members = np.unique(begin)
    seen: set[bytes] = set()
    for _ in range(ROUNDS):
        if len(members) < smallest or members.tobytes() in seen:
            break
        seen.add(members.tobytes())
        linked = _linked_with(members, adjacency)
        near = np.flatnonzero((linked >= 2.0) & free)
        fitting = near[fit_of(chosen, members, near).is_close]
        inside = np.intersect1d(members, fitting, assume_unique=True)
        linked = _linked_with(inside, adjacency)
        members = fitting[linked[fitting] >= max(2.0, LINKED_SHARE * len(inside))]
    return members


def _linked_with(members: Ints, adjacency: sparse.csr_matrix) -> Ints:
    """With how many of the members each candidate is linked. Shape (C,)."""
    links = adjacency.indices[runs(adjacency.indptr[members], adjacency.indptr[members + 1])]
    return np.bincount(links, minlength=adjacency.shape[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How some accounts agree in content with a group's common mean. Shapes (T,)."""

    along: Doubles
    """Length of each account's mean along the group's, as a share of the group's own."""
    error: Doubles
    """Its standard error: of the account's own few exchanges, and of the two means' noise against each other."""
    is_close: Bools
    """Whether the two means agree, up to the account's own sampling noise."""

    @property
    def least(self) -> Doubles:
        """What the fit still is one standard error below."""
        return self.along - self.error


def fit_of(chosen: Candidates, members: Ints, tried: Ints, mean: Floats | None = None) -> Fit:
    """Measure some accounts against a group's common mean.

    Args:
        chosen: The candidates.
        members: Positions of the group's members.
        tried: Positions of those in question, members or not. Shape (T,).
        mean: Their means, where they are at hand. Shape (T, D).
    """
    count = chosen.count[tried]
    product, rest = _along(chosen, members, tried, chosen.mean[tried] if mean is None else mean)
    found = common_length(chosen, members)
    length = max(found, chosen.floor / 4)
    own_noise = chosen.noise**2 / max(chosen.rarity, 1e-9)
    error: Doubles = np.sqrt(own_noise / count / length + chosen.noise**2 / (count * rest) / length**2)
    along: Doubles = product / length
    distance = (chosen.self_similarity[tried] - 2.0 * product + length) / length
    distance_error = np.sqrt(2.0 * chosen.noise**2 / (count * (count - 1.0)) / length**2 + 4.0 * error**2)
    # Little traffic blurs everything; beyond a point it fits nothing rather than anything.
    is_close: Bools = (
        (np.abs(along - 1.0) < OFF_BY + 2.0 * error)
        & (distance < OFF_BY + 2.0 * distance_error)
        & (along > 2.0 * error)
        & (found > chosen.floor / 4)
    )
    return Fit(along=along, error=error, is_close=is_close)


def is_narrow(chosen: Candidates, group: Group) -> bool:
    """True where a group's source is narrower than what most established accounts talk about by themselves."""
    established = chosen.is_regular & ~chosen.is_guest
    if not established.any():
        return False
    usual = float(np.quantile(chosen.self_similarity[established], NARROWER_THAN))
    return common_length(chosen, group.members) > usual


def _along(chosen: Candidates, members: Ints, tried: Ints, mean: Floats) -> tuple[Doubles, Doubles]:
    """Give the product of each account's mean with the group's, and the exchanges that this mean is made of.

    Each member is measured against the mean of the others; an outsider against the mean of all.
    """
    weight = chosen.weight[members]
    total = weight.astype(np.float32) @ chosen.mean[members]
    is_member = np.zeros(len(chosen.rows), np.bool_)
    is_member[members] = True
    own = np.where(is_member[tried], chosen.weight[tried], 0.0)
    rest = np.maximum(float(weight.sum()) - own, 1e-9)
    product: Doubles = (mean @ total - own * chosen.length[tried]) / rest
    return product, rest


def common_length(chosen: Candidates, members: Ints) -> float:
    """Squared length of the members' common mean, estimated from pairs of different organisations."""
    order = members[np.argsort(chosen.org[members], kind="stable")]
    org, weight, weighted = chosen.org[order], chosen.weight[order], chosen.weighted[order]
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = org[1:] != org[:-1]
    if not is_first.all():
        others, weight_of = np.flatnonzero(~is_first), np.add.reduceat(weight, np.flatnonzero(is_first))
        own, weighted = weighted[others], weighted[is_first]
        np.add.at(weighted, np.cumsum(is_first)[others] - 1, own)
        weight = weight_of
    total = weighted.sum(axis=0)
    pairs = float(weight.sum() ** 2 - (weight * weight).sum())
    if pairs <= 0.0:
        return 0.0
    return float((total @ total) - np.einsum("od,od->", weighted, weighted)) / pairs


def cohesion(chosen: Candidates, members: Ints) -> float:
    """Share of the members' self-similarity that their common mean explains; by chance it may exceed 1."""
    count = chosen.weight[members]
    own = float((chosen.self_similarity[members] * count).sum() / count.sum())
    return common_length(chosen, members) / max(own, chosen.floor)


def _finished(members: Ints, scores: Doubles, near: Ints, chosen: Candidates, *, by_content: bool) -> Group:
    """Make the group, with those of the accounts near it, and of the newcomers that share its infrastructure, that fit.

    Args:
        members: The members.
        scores: Their scores.
        near: Further candidates that coincide with some of the members.
        chosen: The candidates.
        by_content: Whether content alone chose the members.
    """
    places = np.unique(chosen.rare[members])
    shares = np.isin(chosen.rare, places[places != 0]).any(axis=1) & ~chosen.is_regular
    near = np.setdiff1d(np.union1d(near, np.flatnonzero(shares)), members)
    near = near[~np.isin(chosen.rows[near], chosen.rows[members])]
    fit = fit_of(chosen, members, near)
    joins = fit.is_close & (fit.along >= FITS)
    joined, least = near[joins], fit.least[joins]
    joined, least = _one_each(joined, least, chosen)
    own = fit_of(chosen, members, members)
    return Group(
        members=members,
        scores=scores,
        joined=joined,
        least_fit=np.concatenate((own.least, least)),
        is_found_by_content=by_content,
        cohesion=cohesion(chosen, members),
    )
