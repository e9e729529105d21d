# SPDX-License-Identifier: Apache-2.0
"""The sample that the census keeps has power: see also ``stats.dealing`` for the test itself."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from fakes.groups import case_of
from fakes.traffic import DAY_US, START_US, World
from stillwatch.detection.census import NO_PROMPT, PROMPTS_KEPT
from stillwatch.detection.corpora import Corpus, Ints, hashes_of
from stillwatch.detection.facets.coverage import Coverage, dealt_among
from stillwatch.detection.interface import Case

PILE = 5_000


def _corpus(draw: np.random.Generator, size: int = PILE) -> Corpus:
    return Corpus("list", np.unique(draw.integers(-(2**63), 2**63 - 1, size)))


def _kept(draw: np.random.Generator, shares: Sequence[Ints], *, diluted: float) -> Ints:
    """What the census keeps of accounts that send their shares among prompts of their own."""
    kept = np.full((len(shares), PROMPTS_KEPT), NO_PROMPT)
    for row, share in enumerate(shares):
        own = draw.integers(-(2**63), 2**63 - 1, round(len(share) * diluted / (1.0 - diluted)))
        smallest = np.unique(np.concatenate((share, own)))[:PROMPTS_KEPT]
        kept[row, : len(smallest)] = smallest
    return kept


@pytest.mark.parametrize("each", [10, 25, 100, 400])
def test_the_smallest_hashes_tell_how_much_of_a_list_is_covered(each: int) -> None:
    draw = np.random.default_rng(3)
    found = []
    for _ in range(40):
        corpus = _corpus(draw)
        shares = [draw.choice(corpus.hashes, each, replace=False) for _ in range(12)]
        dealt = dealt_among(_kept(draw, shares, diluted=0.5), np.arange(12), corpus)
        assert dealt is not None
        found.append(dealt.covered / (len(np.unique(np.concatenate(shares))) / len(corpus.hashes)))
    # The share of the list under the bound differs from draw to draw; its mean does not.
    assert np.mean(found) == pytest.approx(1.0, abs=4.0 * np.std(found) / np.sqrt(len(found)) + 0.02)


@pytest.mark.parametrize(
    ("accounts", "each", "diluted"),
    [(20, 25, 0.0), (20, 50, 0.5), (40, 50, 0.75), (100, 30, 0.8), (10, 400, 0.0)],
)
def test_shards_of_a_list_are_told_from_independent_use_by_what_the_census_keeps(
    accounts: int, each: int, diluted: float
) -> None:
    draw = np.random.default_rng(4)
    refuted = {"dealt": 0, "drawn": 0}
    for _ in range(50):
        corpus = _corpus(draw)
        size = min(each, len(corpus.hashes) // accounts)
        shards = np.split(draw.permutation(corpus.hashes)[: accounts * size], accounts)
        alone = [draw.choice(corpus.hashes, size, replace=False) for _ in range(accounts)]
        for how, shares in (("dealt", shards), ("drawn", alone)):
            dealt = dealt_among(_kept(draw, shares, diluted=diluted), np.arange(accounts), corpus)
            assert dealt is not None
            refuted[how] += dealt.log10_p <= -2.0
    assert refuted["dealt"] >= 48
    # 1 % of 50 and three standard errors.
    assert refuted["drawn"] <= 2


def test_evaluation_runs_are_set_aside() -> None:
    draw = np.random.default_rng(5)
    corpus = _corpus(draw)
    runs = _kept(draw, [corpus.hashes] * 9, diluted=0.0)
    assert dealt_among(runs, np.arange(9), corpus) is None


def test_one_organisation_s_job_over_many_keys_is_one_hand() -> None:
    draw = np.random.default_rng(6)
    corpus = _corpus(draw)
    shards = np.split(draw.permutation(corpus.hashes)[:1_000], 20)
    assert dealt_among(_kept(draw, shards, diluted=0.0), np.zeros(20, np.int64), corpus) is None


@cache
def _case(how: str) -> Case:
    """Twenty strangers who send 30 prompts each of a list of 2,000: their shards of it, or what each of them likes."""
    world = World(seed=46)
    world.people(110)
    pile = [world.prompt([3, 9, 14, 21]) for _ in range(2_000)]
    order = world.draw.permutation(2_000)
    for number in range(20):
        name = f"member-{number}"
        liked = world.draw.choice(2_000, 30, replace=False)
        for at, item in enumerate(order[30 * number : 30 * number + 30] if how == "dealt" else liked):
            world.send(name, START_US + (number % 3 + at / 6) * DAY_US, pile[item])
    corpus = Corpus("stories", np.unique(hashes_of(pile)))
    other = Corpus("other", np.unique(hashes_of([world.prompt([5, 6]) for _ in range(100)])))
    return replace(case_of(world, "member-"), corpora=(other, corpus))


def test_a_list_dealt_to_strangers_is_evidence_and_is_named() -> None:
    evidence = Coverage().weigh(_case("dealt"))
    assert evidence is not None
    assert evidence.p_value < 1e-6
    assert '"stories"' in evidence.why
    assert "once" in evidence.why


def test_a_list_that_strangers_like_is_none() -> None:
    evidence = Coverage().weigh(_case("liked"))
    assert evidence is not None
    assert evidence.p_value > 0.05


def test_it_abstains_without_an_index_and_where_nobody_draws_on_it() -> None:
    case = _case("dealt")
    assert Coverage().weigh(replace(case, corpora=())) is None
    assert Coverage().weigh(replace(case, corpora=case.corpora[:1])) is None
