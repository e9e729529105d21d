# SPDX-License-Identifier: Apache-2.0
"""Which strangers resemble each other in content and keep the same time, and how surprising that is.

For each account: how many *organisations* match it in content and also in time, against the number expected if the two
had nothing to do with each other? How often accounts keep the same time is taken from
accounts that do *not* match it in content, over their total traffic: a campaign would otherwise be its own background.
Two accounts of one organisation are never a coincidence; nor are two that send the same prompts, which is what users
of a public benchmark do.

The score is a Poisson tail and serves to rank. It is not a p-value: in benign traffic, too, content and time depend on
each other (an event, a launch day), which is why groups are judged again, and by other families.

Symbols: C candidates, P pairs, S sampled accounts.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from stillwatch.detection.census import Census
from stillwatch.detection.content import Floats
from stillwatch.detection.settings import DetectionSettings
from stillwatch.detection.tempo import RELATIONS, Life, relations
from stillwatch.stats.tails import poisson_log10_tail

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

CLOSE = 0.8
"""Similarity, corrected for the number of exchanges, from which two accounts talk alike: 1 means drawn from one
source."""
SAME_PROMPTS = 0.5
"""Share of the smaller account's distinct prompts from which two accounts run the same list."""
SAMPLE = 600
"""Accounts the marginals of time are estimated from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """The accounts that have enough of an open stream to be compared. All arrays have C rows."""

    rows: Ints
    """Their rows in the census."""
    org: Ints
    mean: Floats
    """Mean content vector, the population's mean taken off. Shape (C, D)."""
    count: Doubles
    self_similarity: Doubles
    """Squared length of the true mean, without the bias that few exchanges bring. May be negative by chance."""
    life: Life
    noise: float
    """Standard deviation of the product of two unrelated prompts' vectors; of two means, over the root of their
    counts."""
    rarity: float
    """Mean squared distance of a single prompt's vector from the population's mean."""

    @property
    def floor(self) -> float:
        """The self-similarity below which an account's content cannot be told from chance."""
        return max(self.noise / 20.0, 1e-6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Pairs of candidates, both ways round, and each candidate's surprise."""

    first: Ints
    second: Ints
    """Positions among the candidates. Shape (P,)."""
    relation: dict[str, Bools]
    """For each relation in time, whether the pair stands in it. Shape (P,)."""
    score: Doubles
    """Minus the decimal logarithm of the chance of the candidate's coincidences, the best of the relations. Shape
    (C,)."""
    expected: Doubles
    """Organisations expected to coincide with the candidate, for each relation. Shape (R, C)."""

    def kept(self) -> Bools:
        """The pairs that stand in some relation in time."""
        some: Bools = np.logical_or.reduce([self.relation[name] for name in RELATIONS])
        return some

    def among(self, some: Bools) -> "Links":
        """The links among some of the candidates, in time as well as in content."""
        at = some[self.first] & some[self.second] & self.kept()
        return Links(
            first=self.first[at],
            second=self.second[at],
            relation={name: stands[at] for name, stands in self.relation.items()},
            score=self.score,
            expected=self.expected,
        )


def candidates(census: Census, settings: DetectionSettings) -> Candidates | None:
    """Pick the accounts to compare; None where there are too few of them or of organisations."""
    size = len(census)
    if len(census.orgs) < settings.minimum_organisations:
        return None
    rows = np.flatnonzero(census.count[:size] >= settings.minimum_exchanges)
    if len(rows) < settings.minimum_campaign:
        return None
    count = census.count[rows]
    mean: Floats = (census.content[rows] / count[:, None]).astype(np.float32)
    centre = census.space.centre()
    mean -= centre
    square = census.square[rows] - 2.0 * (census.content[rows] @ centre) + count * float(centre @ centre)
    lengths = np.einsum("cd,cd->c", mean, mean, dtype=np.float64)
    self_similarity = (lengths * count * count - square) / (count * (count - 1.0))
    return Candidates(
        rows=rows,
        org=census.org[rows],
        mean=mean,
        count=count,
        self_similarity=self_similarity,
        life=Life(first=census.first[rows], last=census.last[rows], count=count),
        noise=census.space.chance_likeness(),
        rarity=float(np.mean(square / count)),
    )


def link(census: Census, chosen: Candidates, settings: DetectionSettings, *, now_s: float) -> Links:
    """Find the pairs that talk alike, and score every candidate.

    Cost:
        C squared times D up to ``dense_limit`` candidates; above it, the pairs of the buckets.
    """
    first, second = _alike(chosen, settings.dense_limit)
    keep = chosen.org[first] != chosen.org[second]
    first, second = first[keep], second[keep]
    keep = ~_same_prompts(census, chosen, first, second)
    first, second = first[keep], second[keep]
    relation = relations(chosen.life.take(first), chosen.life.take(second), started_s=census.started_s, now_s=now_s)

    size = len(chosen.rows)
    organisations = float(len(census.orgs))
    share = 1.0 / np.bincount(chosen.org)[chosen.org]
    alike = np.bincount(first, share[second], minlength=size) / organisations
    sample = _sample(census)
    sample_share = 1.0 / np.bincount(census.org[sample])[census.org[sample]]
    sample_share /= sample_share.sum()
    everyone = Life(first=census.total_first[sample], last=census.total_last[sample], count=census.total_count[sample])
    position = np.full(len(census), -1)
    position[sample] = np.arange(len(sample))
    seconds_in_sample = position[chosen.rows[second]]
    drawn = seconds_in_sample >= 0
    unlike = np.ones((size, len(sample)), np.float32)
    unlike[first[drawn], seconds_in_sample[drawn]] = 0.0
    unlike *= sample_share.astype(np.float32)
    unlike_share = np.maximum(unlike.sum(axis=1), 1e-9)
    in_time = relations(chosen.life.column(), everyone, started_s=census.started_s, now_s=now_s)

    rarest = 0.5 / len(sample)
    scores, expectations = [], []
    for name in RELATIONS:
        degree = np.floor(np.bincount(first, share[second] * relation[name], minlength=size) + 1e-9)
        expected = alike * organisations * np.maximum((in_time[name] * unlike).sum(axis=1) / unlike_share, rarest) + 0.1
        scores.append(-poisson_log10_tail(degree, expected))
        expectations.append(expected)
    return Links(
        first=first,
        second=second,
        relation=relation,
        score=best_of(np.array(scores)),
        expected=np.array(expectations),
    )


def best_of(scores: Doubles) -> Doubles:
    """The best of the relations: several were tried, so the chance of the best is that many times as large."""
    best: Doubles = np.maximum(scores.max(axis=0) - np.log10(len(scores)), 0.0)
    return best


def score_within(chosen: Candidates, links: Links, inside: Bools) -> Doubles:
    """Score candidates by their links into one group only, so that nobody lives on another group's coincidences."""
    at = inside[links.first] & inside[links.second]
    first, second = links.first[at], links.second[at]
    weights = np.bincount(chosen.org[inside], minlength=int(chosen.org.max()) + 1)
    share = 1.0 / np.maximum(weights[chosen.org], 1)
    scores = []
    for number, name in enumerate(RELATIONS):
        degree = np.floor(np.bincount(first, share[second] * links.relation[name][at], minlength=len(inside)) + 1e-9)
        scores.append(-poisson_log10_tail(degree, links.expected[number]))
    return best_of(np.array(scores))


def _sample(census: Census) -> Ints:
    """The accounts whose names hash smallest: the same in every run, whatever the order of arrival."""
    rank = census.rank[: len(census)]
    if len(rank) <= SAMPLE:
        return np.arange(len(rank))
    picked: Ints = np.sort(np.argpartition(rank, SAMPLE)[:SAMPLE])
    return picked


def _alike(chosen: Candidates, dense_limit: int) -> tuple[Ints, Ints]:
    """The pairs whose means agree as well as two samples of one source would."""
    scale = (1.0 / np.sqrt(np.maximum(chosen.self_similarity, chosen.floor))).astype(np.float32)
    unit = chosen.mean * scale[:, None]
    size = len(unit)
    if size > dense_limit:
        return _alike_in_buckets(unit, dense_limit)
    firsts, seconds = [], []
    for start in range(0, size, 1_024):
        at = np.flatnonzero((unit[start : start + 1_024] @ unit.T).ravel() > CLOSE)
        firsts.append(at // size + start)
        seconds.append(at % size)
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    other = first != second
    return first[other], second[other]


def _alike_in_buckets(unit: Floats, dense_limit: int) -> tuple[Ints, Ints]:
    """Compare only within buckets of the signs along principal directions, several times over."""
    size = len(unit)
    bits = max(1, int(np.ceil(np.log2(size / dense_limit))) + 1)
    pairs: list[Ints] = []
    _, _, axes = np.linalg.svd(unit[:: max(1, size // 4_096)], full_matrices=False)
    for turn in range(4):
        signs = unit @ axes[turn * bits : (turn + 1) * bits].T > 0
        bucket = signs @ (1 << np.arange(signs.shape[1]))
        for value in np.unique(bucket):
            rows = np.flatnonzero(bucket == value)
            for start in range(0, len(rows), 1_024):
                at = np.flatnonzero((unit[rows[start : start + 1_024]] @ unit[rows].T).ravel() > CLOSE)
                pairs.append(rows[at // len(rows) + start] * size + rows[at % len(rows)])
    found = np.unique(np.concatenate(pairs))
    first, second = found // size, found % size
    other = first != second
    return first[other], second[other]


def _same_prompts(census: Census, chosen: Candidates, first: Ints, second: Ints) -> Bools:
    """True for pairs that send the same prompts: what an evaluation run, a class or a shared list explains."""
    owners: list[int] = []
    hashes: list[int] = []
    for at, row in enumerate(chosen.rows):
        kept = census.sets[row].prompts
        owners += [at] * len(kept)
        hashes += kept
    if not hashes:
        return np.zeros(len(first), np.bool_)
    owner = np.array(owners)
    _, column = np.unique(np.array(hashes, np.uint64), return_inverse=True)
    shape = (len(chosen.rows), int(column.max()) + 1)
    has = sparse.csr_matrix((np.ones(len(owner), np.float32), (owner, column)), shape=shape)
    # A hash held by one account cannot be shared: leave it out and the product stays small.
    shared = np.asarray(has.sum(axis=0)).ravel() > 1
    sizes = np.maximum(np.asarray(has.sum(axis=1)).ravel(), 1.0)
    has = has[:, shared]
    common = (has @ has.T).tocoo()
    same = common.data >= SAME_PROMPTS * np.minimum(sizes[common.row], sizes[common.col])
    codes = common.row[same].astype(np.int64) * len(sizes) + common.col[same]
    answer: Bools = np.isin(first * len(sizes) + second, codes)
    return answer
