# SPDX-License-Identifier: Apache-2.0
"""A campaign's heads: accounts, each from one instant to another, at its quota, with its part of the corpus.

Symbols: N exchanges of one head.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stillwatch.arena.prompts.interface import Text
from stillwatch.arena.prompts.topics import topics
from stillwatch.arena.schedule import DAY_US, HOUR_US, START_US
from stillwatch.arena.worlds.description import Operator
from stillwatch.arena.worlds.draft import Draft, Instants
from stillwatch.arena.worlds.fronts import Fronts

NEVER_US = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One account's term."""

    account: int
    begin_us: float
    end_us: float
    at_us: Instants
    """When it means to harvest, in order; shape (N,)."""
    items: NDArray[np.int64]
    """Which text of the corpus each time; shape (N,)."""
    banned_us: int = NEVER_US
    """From when on nothing that it means to send is sent."""


def planned_heads(draft: Draft, operator: Operator, fronts: Fronts, texts: Sequence[Text]) -> list[Head]:
    """Everybody's plan as it was before any ban; accounts that would send nothing are not opened."""
    chance = draft.chance(f"quotas of {operator.name}")
    terms = _terms(operator, chance)
    lengths = np.array([end - begin for begin, end in terms])
    weight = _quotas(operator, len(terms), chance) * lengths
    counts = chance.multinomial(operator.exchanges, weight / weight.sum())
    zone = chance.uniform(-8, 9)
    heads = [
        Head(
            account=fronts.account(before_us=begin),
            begin_us=begin,
            end_us=end,
            at_us=_paced(chance, operator.pacing, (begin, end), int(count), zone),
            items=np.zeros(count, np.int64),
        )
        for (begin, end), count in zip(terms, counts, strict=True)
        if count
    ]
    return _dealt(heads, texts, operator.shards, draft.chance(f"deal of {operator.name}"))


def _terms(operator: Operator, chance: np.random.Generator) -> list[tuple[float, float]]:
    """When each account begins and ends, one after the other where accounts are given up by themselves."""
    first = START_US + operator.first_day * DAY_US
    last = first + operator.days * DAY_US
    found = []
    for _ in range(operator.accounts):
        begin = first + chance.random() * operator.stagger * 0.95 * (last - first)
        while begin < last:
            is_given_up = operator.replacement == "churn"
            life = operator.life_days * chance.uniform(0.5, 1.5) * DAY_US if is_given_up else last - first
            found.append((begin, min(last, begin + life)))
            begin = begin + life if is_given_up else last
    return found


def _quotas(operator: Operator, count: int, chance: np.random.Generator) -> NDArray[np.float64]:
    if operator.quota_tail == "pareto" and operator.quota_skew:
        return 1.0 + chance.pareto(1 / operator.quota_skew, count)
    return chance.lognormal(0.0, operator.quota_skew, count)


def _paced(chance: np.random.Generator, pacing: str, term: tuple[float, float], count: int, zone: float) -> Instants:
    """``count`` instants in a term: evenly, by chance, or by chance in the waking hours of one time zone."""
    begin, length = term[0], term[1] - term[0]
    if pacing == "even":
        place = (np.arange(count) + 0.5 + 0.2 * chance.standard_normal(count)) / count
    elif pacing == "poisson":
        place = chance.random(count)
    else:
        place = np.zeros(0)
        while len(place) < count:
            drawn = chance.random(4 * count + 64)
            hour = ((begin + drawn * length) / HOUR_US + zone) % 24
            # Never nought, so that a term of a few night hours can be filled too.
            wakes = chance.random(len(drawn)) < np.maximum(0.02, np.exp(-(((hour - 14.5) / 4.5) ** 2)))
            place = np.concatenate([place, drawn[wakes]])
        place = place[:count]
    return np.sort((begin + np.clip(place, 0.0, 1.0) * length).astype(np.int64))


def _dealt(heads: list[Head], texts: Sequence[Text], shards: int, chance: np.random.Generator) -> list[Head]:
    """Deal the corpus: within each shard in order of time, so that no two accounts ask for the same thing."""
    shards = min(shards, len(heads))
    if shards > 1:
        groups = topics([text.prompt for text in texts], count=shards, seed=1)
        order = np.concatenate([np.array(group) for group in groups])
    else:
        order = chance.permutation(len(texts))
    dealt: list[Head] = []
    first = 0
    for shard in range(shards):
        own = [head for number, head in enumerate(heads) if number * shards // len(heads) == shard]
        who = np.concatenate([np.full(len(head.at_us), place) for place, head in enumerate(own)])
        in_time = np.argsort(np.concatenate([head.at_us for head in own]), kind="stable")
        items = np.empty(len(who), np.int64)
        items[in_time] = order[first : first + len(who)]
        first += len(who)
        dealt += [replace(head, items=items[who == place]) for place, head in enumerate(own)]
    return dealt
