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
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse, stats

from stillwatch.detection.census import NO_PROMPT, TOKENS_KEPT, Census
from stillwatch.detection.content import Floats
from stillwatch.detection.settings import DetectionSettings
from stillwatch.detection.streams import NEWCOMER_EXCHANGES, open_streams
from stillwatch.detection.tempo import DAY_S, RELATIONS, Life, relations, relations_of
from stillwatch.detection.tokens import largest_hub
from stillwatch.stats.tails import poisson_log10_tail

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

CLOSE = 0.8
"""Similarity, corrected for the number of exchanges, from which two accounts talk alike: 1 means drawn from one
source."""
SAME_PROMPTS = 0.5
"""Share of the smaller account's distinct prompts from which two accounts run the same list."""
AT_ONCE_DAYS = 2.0
GUEST_DAYS = 3.0
"""An account that begins within the one of signing up, and has lived less than the other, may be an event's guest."""
LN10 = float(np.log(10.0))
SHARING = "sharing"
ALL_RELATIONS = (*RELATIONS, SHARING)
PUBLIC_PLACE = 30
"""Organisations beyond which a shared token links nobody."""
LEAST_SHARED = 2
"""Prompts that two accounts must have in common before their lists are compared."""
FLOOR, SHARING_FLOOR = 0.1, 0.03
"""Coincidences in time, and in cards and networks, that are expected at the least: records have errors of their own."""
LOUDEST = 100.0
"""Exchanges of one account that count towards a group's mean."""
SAMPLE = 600
"""Accounts the marginals of time are estimated from."""


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """The open streams that are long enough to be compared, one or two an account. All arrays have C rows.

    What every group asks for anew is worked out once, when it is first asked for.
    """

    rows: Ints
    """Their accounts' rows in the census."""
    org: Ints
    mean: Floats
    """Mean content vector, the population's mean taken off. Shape (C, D)."""
    count: Doubles
    self_similarity: Doubles
    """Squared length of the true mean, without the bias that few exchanges bring. May be negative by chance."""
    life: Life
    prompts: Ints
    """The smallest prompt hashes of each account, ascending, as in the census. Shape (C, kept)."""
    is_regular: Bools
    """True for accounts with enough exchanges to be compared with each other; the others can only join a group."""
    rare: Ints
    """Cards and networks that an account shares with few other organisations; 0 where there is none. Shape (C, K)."""
    holders: Ints
    """How many organisations hold each of them. Shape (C, K)."""
    is_guest: Bools
    """True for accounts that signed up, began at once and have not lived longer than an event: they are waited for."""
    noise: float
    """Standard deviation of the product of two unrelated prompts' vectors; of two means, over the root of their
    counts."""
    rarity: float
    """Mean squared distance of a single prompt's vector from the population's mean."""

    @property
    def floor(self) -> float:
        """The self-similarity below which an account's content cannot be told from chance."""
        return max(self.noise / 20.0, 1e-6)

    @cached_property
    def weight(self) -> Doubles:
        """Exchanges of each that count towards a group's mean."""
        return np.minimum(self.count, LOUDEST)

    @cached_property
    def weighted(self) -> Floats:
        """Each mean times its weight. Shape (C, D)."""
        return self.mean * self.weight[:, None].astype(np.float32)

    @cached_property
    def length(self) -> Floats:
        """Squared length of each mean, with the bias that few exchanges bring."""
        squared: Floats = np.einsum("cd,cd->c", self.mean, self.mean)
        return squared

    @cached_property
    def common(self) -> Ints:
        """A number for each kept prompt that several candidates have, from 0; -1 for all others. Shape (C, kept)."""
        is_kept = self.prompts != NO_PROMPT
        _, column, holders = np.unique(self.prompts[is_kept], return_inverse=True, return_counts=True)
        number = np.where(holders > 1, np.cumsum(holders > 1) - 1, -1)
        common = np.full(self.prompts.shape, -1)
        common[is_kept] = number[column]
        return common


@dataclass(frozen=True, kw_only=True)
class Links:
    """Pairs of candidates, both ways round, and each candidate's surprise."""

    first: Ints
    second: Ints
    """Positions among the candidates, ``first`` ascending. Shape (P,)."""
    relation: dict[str, Bools]
    """For each relation in time, whether the pair stands in it. Shape (P,)."""
    score: Doubles
    """Minus the decimal logarithm of the chance of the candidate's coincidences, the best of the relations. Shape
    (C,)."""
    expected: Doubles
    """Organisations expected to coincide with the candidate, for each relation. Shape (R, C)."""

    @cached_property
    def begins(self) -> Ints:
        """Where the pairs of each candidate begin, and where the last one's end. Shape (C + 1,)."""
        return np.searchsorted(self.first, np.arange(len(self.score) + 1))

    def kept(self) -> Bools:
        """The pairs that stand in some relation in time."""
        some: Bools = np.logical_or.reduce([self.relation[name] for name in ALL_RELATIONS])
        return some

    def of(self, candidate: int) -> Ints:
        """Give the candidates that talk like one of them."""
        return self.second[self.begins[candidate] : self.begins[candidate + 1]]

    def among(self, members: Ints) -> Ints:
        """Give the positions of the pairs whose both sides are among some candidates."""
        begins, ends = self.begins[members], self.begins[members + 1]
        at = runs(begins, ends)
        inside = np.zeros(len(self.score), np.bool_)
        inside[members] = True
        chosen: Ints = at[inside[self.second[at]]]
        return chosen


def runs(begins: Ints, ends: Ints) -> Ints:
    """Give all integers from each begin to before its end, run after run."""
    sizes = ends - begins
    found: Ints = np.repeat(begins - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
    return found


def candidates(census: Census, settings: DetectionSettings, among: Ints | None = None) -> Candidates | None:
    """Pick the streams to compare; None where there are too few of them or of organisations.

    Args:
        census: Everybody.
        settings: Detection's.
        among: Keys of the streams whose turn it is; None for all of them.
    """
    if len(census.orgs) < settings.minimum_organisations:
        return None
    streams = open_streams(census, settings.minimum_exchanges, fewest=NEWCOMER_EXCHANGES, among=among)
    rows, count = streams.rows, streams.count
    is_regular = count >= settings.minimum_exchanges
    if is_regular.sum() < settings.minimum_campaign:
        return None
    rare, holders = _rare_tokens(census, rows)
    mean: Floats = (streams.content / count[:, None]).astype(np.float32)
    centre = census.space.centre()
    mean -= centre
    square = streams.square - 2.0 * (streams.content @ centre) + count * float(centre @ centre)
    lengths = np.einsum("cd,cd->c", mean, mean, dtype=np.float64)
    self_similarity = (lengths * count * count - square) / (count * (count - 1.0))
    return Candidates(
        rows=rows,
        org=census.org[rows],
        mean=mean,
        count=count,
        self_similarity=self_similarity,
        life=Life(first=streams.first, last=streams.last, count=count),
        prompts=census.prompts[rows],
        is_regular=is_regular,
        rare=rare,
        holders=holders,
        is_guest=_is_guest(census, rows),
        noise=census.space.chance_likeness(),
        rarity=float(np.mean(square / count)),
    )


def _is_guest(census: Census, rows: Ints) -> Bools:
    waited = census.total_first[rows] - census.signup[rows]
    lived = census.total_last[rows] - census.total_first[rows]
    guest: Bools = (waited < AT_ONCE_DAYS * DAY_S) & (lived < GUEST_DAYS * DAY_S)
    return guest


def link(census: Census, chosen: Candidates, *, now_s: float) -> Links:
    """Find the pairs that talk alike, and score every candidate.

    Cost:
        C squared times D.
    """
    first, second = _alike(chosen)
    keep = chosen.org[first] != chosen.org[second]
    keep[_same_list(chosen, first, second)] = False
    first, second = first[keep], second[keep]
    relation = relations_of(chosen.life, first, second, started_s=census.started_s, now_s=now_s)
    relation[SHARING] = _share(chosen.rare, first, second)

    size = len(chosen.rows)
    organisations = float(len(census.orgs))
    accounts = np.unique(chosen.rows, return_index=True)[1]
    share = 1.0 / np.bincount(chosen.org[accounts])[chosen.org]
    alike = np.bincount(first, share[second], minlength=size)
    degrees = np.array(
        [np.floor(np.bincount(first, share[second] * relation[name], minlength=size) + 1e-9) for name in ALL_RELATIONS]
    )
    # Who coincides with nobody needs no expectation: the score is zero.
    asked = np.flatnonzero((degrees >= 1.0).any(axis=0))
    expected = np.full(degrees.shape, FLOOR)
    expected[-1] = SHARING_FLOOR
    expected[:-1, asked] += alike[asked] * _in_time_by_chance(census, chosen, asked, first, second, now_s=now_s)
    expected[-1] += alike * (chosen.holders - (chosen.rare != 0)).sum(axis=1) / organisations
    return Links(
        first=first,
        second=second,
        relation=relation,
        score=best_of(-poisson_log10_tail(degrees, expected)),
        expected=expected,
    )


def _in_time_by_chance(
    census: Census, chosen: Candidates, asked: Ints, first: Ints, second: Ints, *, now_s: float
) -> Doubles:
    """Give the share of organisations that keep the same time as each candidate asked about, for each relation.

    Estimated from a sample of accounts that do not talk like it. Shape (R, number asked).
    """
    sample = census.drawn(SAMPLE)
    position = np.full(len(census), -1)
    position[sample] = np.arange(len(sample))
    place = np.full(len(chosen.rows), -1)
    place[asked] = np.arange(len(asked))
    at, drawn = place[first], position[chosen.rows[second]]
    both = (at >= 0) & (drawn >= 0)
    weights = np.repeat((1.0 / np.bincount(census.org[sample])[census.org[sample]])[None, :], len(asked), axis=0)
    weights[at[both], drawn[both]] = 0.0
    whole = np.maximum(weights.sum(axis=1), 1e-9)
    everyone = census.life(sample)
    in_time = relations(chosen.life.take(asked).column(), everyone, started_s=census.started_s, now_s=now_s)
    rarest = 0.5 / len(sample)
    return np.array([np.maximum(np.einsum("as,as->a", in_time[name], weights) / whole, rarest) for name in RELATIONS])


def best_of(scores: Doubles) -> Doubles:
    """Combine the scores of the relations, the last of them ``sharing``, into one.

    Coincidence in time is the best of three tries. It and coincidence in infrastructure are weighed alone and together
    (Fisher's method: whom an account shares a card with tells nothing about when it began), and the best of these three
    is taken.
    """
    time = np.maximum(scores[:-1].max(axis=0) - np.log10(len(scores) - 1), 0.0)
    sharing = np.maximum(scores[-1], 0.0)
    both = LN10 * (time + sharing)
    together = (both - np.log1p(both)) / LN10
    best: Doubles = np.maximum(np.maximum(np.maximum(time, sharing), together) - np.log10(3.0), 0.0)
    return best


def keeps_time(census: Census, rows: Ints, *, now_s: float) -> Doubles:
    """Give, for each account of a group, the chance of keeping time with so many of the others if it were anybody.

    How often it would by chance is taken from a sample of accounts outside the group. Best of the relations, times
    their number. Shape (M,).
    """
    rest = np.setdiff1d(census.drawn(SAMPLE), rows)
    others = rows[np.argsort(census.rank[rows])[:SAMPLE]]
    own, anybody, members = (census.life(at) for at in (rows, rest, others))
    chance = relations(own.column(), anybody, started_s=census.started_s, now_s=now_s)
    seen = relations(own.column(), members, started_s=census.started_s, now_s=now_s)
    strangers = census.org[rows][:, None] != census.org[others][None, :]
    tried = strangers.sum(axis=1)
    tails = [
        stats.binom.sf(
            (seen[name] & strangers).sum(axis=1) - 1, tried, (chance[name].sum(axis=1) + 1.0) / (len(rest) + 2.0)
        )
        for name in RELATIONS
    ]
    p_values: Doubles = np.minimum(len(RELATIONS) * np.min(tails, axis=0), 1.0)
    return p_values


def score_within(chosen: Candidates, links: Links, members: Ints) -> Doubles:
    """Score a group's members by their links with each other only. Shape of ``members``.

    So nobody lives on another group's coincidences.
    """
    at = links.among(members)
    place = np.zeros(len(chosen.rows), np.int64)
    place[members] = np.arange(len(members))
    first, second = place[links.first[at]], links.second[at]
    _, inverse, sizes = np.unique(chosen.org[members], return_inverse=True, return_counts=True)
    share = (1.0 / sizes)[inverse][place[second]]
    degrees = np.array(
        [
            np.floor(np.bincount(first, share * links.relation[name][at], minlength=len(members)) + 1e-9)
            for name in ALL_RELATIONS
        ]
    )
    return best_of(-poisson_log10_tail(degrees, links.expected[:, members]))


def _rare_tokens(census: Census, rows: Ints) -> tuple[Ints, Ints]:
    """Give the cards and networks of some accounts that few organisations hold, and how many do.

    Returns:
        Tokens and numbers of holders, each 0 where there is no such token. Shapes (rows, K).
    """
    hub = largest_hub(PUBLIC_PLACE, len(census.orgs))
    tokens = census.tokens[rows][:, :2].reshape(len(rows), -1)
    holders = np.zeros_like(tokens)
    for at, kind in ((slice(0, TOKENS_KEPT), 0), (slice(TOKENS_KEPT, None), 1)):
        part = tokens[:, at]
        counts = [census.holders.count(kind, one) if one else 0 for one in part.ravel().tolist()]
        holders[:, at] = np.array(counts).reshape(part.shape)
    rare = (holders > 1) & (holders <= hub)
    return np.where(rare, tokens, 0), np.where(rare, holders, 0)


def _share(rare: Ints, first: Ints, second: Ints) -> Bools:
    """Say of each pair whether they share a rare token."""
    # One bit for each token, of sixty-four: who has none in common shares nothing.
    bits = np.bitwise_or.reduce(np.where(rare != 0, np.int64(1) << (rare % 64), 0), axis=1)
    share = np.zeros(len(first), np.bool_)
    at = np.flatnonzero(bits[first] & bits[second])
    one, other = rare[first[at]], rare[second[at]]
    share[at] = ((one[:, :, None] == other[:, None, :]) & (one[:, :, None] != 0)).any(axis=(1, 2))
    return share


def _alike(chosen: Candidates) -> tuple[Ints, Ints]:
    """The pairs whose means agree as well as two samples of one source would."""
    regular = np.flatnonzero(chosen.is_regular)
    scale = (1.0 / np.sqrt(np.maximum(chosen.self_similarity[regular], chosen.floor))).astype(np.float32)
    unit = chosen.mean[regular] * scale[:, None]
    size = len(unit)
    firsts, seconds = [], []
    for start in range(0, size, 1_024):
        at = np.flatnonzero((unit[start : start + 1_024] @ unit.T).ravel() > CLOSE)
        firsts.append(at // size + start)
        seconds.append(at % size)
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    other = first != second
    return regular[first[other]], regular[second[other]]


def shared_prompts(chosen: Candidates, members: Ints) -> Doubles:
    """Give the share of each member's distinct prompts that members of other organisations send too.

    Estimated on the hashes kept of both: those up to the lesser of the two accounts' greatest. Shape (M,).
    """
    common, is_kept = chosen.common[members], chosen.prompts[members] != NO_PROMPT
    owner, place = np.nonzero(common >= 0)
    prompt = common[owner, place]
    organisations = int(chosen.org.max()) + 1
    held = np.unique(prompt * organisations + chosen.org[members][owner]) // organisations
    several = np.bincount(held, minlength=1)[prompt] > 1 if len(prompt) else np.zeros(0, np.bool_)
    elsewhere = np.bincount(owner[several], minlength=len(members))
    share: Doubles = elsewhere / np.maximum(is_kept.sum(axis=1), 1)
    return share


def _same_list(chosen: Candidates, first: Ints, second: Ints) -> Ints:
    """Give the places of the pairs that send the same prompts: what an evaluation run, a class or a list explains.

    The smallest hashes of two lists can be compared up to the lesser of their greatest only.

    Args:
        chosen: The candidates.
        first: One side of each pair. Shape (P,).
        second: The other. Pairs ascend by ``first``, then by ``second``. Shape (P,).
    """
    owner, place = np.nonzero(chosen.common >= 0)
    column = chosen.common[owner, place]
    if not len(owner):
        return np.zeros(0, np.int64)
    size = len(chosen.rows)
    has = sparse.csr_matrix((np.ones(len(owner), np.float32), (owner, column)), shape=(size, int(column.max()) + 1))
    common = (has @ has.T).tocoo()
    several = common.data >= LEAST_SHARED
    one, other, count = common.row[several], common.col[several], common.data[several]
    greatest = chosen.prompts[:, -1]
    reach = np.minimum(greatest[one], greatest[other])[:, None]
    comparable = np.minimum(
        ((chosen.prompts[one] <= reach) & (chosen.prompts[one] != NO_PROMPT)).sum(axis=1),
        ((chosen.prompts[other] <= reach) & (chosen.prompts[other] != NO_PROMPT)).sum(axis=1),
    )
    same = count >= SAME_PROMPTS * comparable
    codes = one[same].astype(np.int64) * size + other[same]
    pairs = first * size + second
    at = np.searchsorted(pairs, codes)
    found: Ints = at[(at < len(pairs)) & (pairs[np.minimum(at, len(pairs) - 1)] == codes)] if len(pairs) else codes[:0]
    return found
