# SPDX-License-Identifier: Apache-2.0
"""Organisations: how many of those that are listed are found however their names are written, at how many false alarms.

Measured with the scorer that ships, on the four tenths of the lists' organisations that it never saw, and on names
that nobody listed and that it was not learnt from: companies registered with the US SEC, companies invented by Faker
in other languages, and companies composed of other words.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from dev.screening import perturb
from dev.screening.lists import entries
from dev.screening.organisations import cases, halves, wanted
from dev.screening.train import LEAST, MOST, ORGANISATION, Index, names_of
from rapidfuzz import fuzz

from stillwatch.access.screening.entry import Entry
from stillwatch.access.screening.features import compare
from stillwatch.access.screening.normalise import normal
from stillwatch.access.screening.scorer import Scorer
from stillwatch.access.screening.screen import is_equal
from stillwatch.access.screening.trees import Doubles

EACH = 400
"""Cases of each way of writing."""
ALARMS = 0.001
EQUAL = 50.0
"""What stands for the certainty of names that fold to the same: they are hits whatever the scorer says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyResults:
    """What was found."""

    unlisted: int
    """Names that nobody listed."""
    excluded: list[str]
    """Names that are, folded, a listed name: no alarm about them would be false."""
    alarms: float
    """Share of unlisted names that the shipped bound finds."""
    recall: dict[str, float]
    """By slice, at the bound that one in a thousand unlisted names exceeds."""
    shipped_recall: dict[str, float]
    """By slice, at the bound that ships."""
    plain_recall: dict[str, float]
    """By slice, of rapidfuzz's token_sort_ratio over the same candidates, at one in a thousand."""
    counts: dict[str, int]

    def overall(self, recall: dict[str, float]) -> float:
        """Over all cases."""
        return sum(recall[name] * count for name, count in self.counts.items()) / sum(self.counts.values())


def measure(scorer: Scorer, companies: Path, say: Callable[[str], None]) -> PartyResults:
    """Measure it."""
    index = Index(scorer.rarity)
    measured = names_of(companies).measured
    compact = {name.compact for name in index.names}
    innocent = [name for name in index.unlisted(measured) if normal(name, ORGANISATION).compact not in compact]
    kept = set(innocent)
    say(f"{len(innocent):,} names that nobody listed")
    alarms, plain_alarms = _best(innocent, index, scorer)
    bound, plain_bound = (float(np.sort(one)[::-1][int(len(one) * ALARMS)]) for one in (alarms, plain_alarms))
    found = cases(wanted(halves().test), each=EACH, seed=41)
    chains = _chains(innocent, seed=43)
    say(f"{len(found) + len(chains):,} names of listed organisations")
    ours: dict[str, list[tuple[bool, bool, bool]]] = defaultdict(list)
    hits, plain_hits = _best([case.query for case in found], index, scorer)
    for case, logit, plain in zip(found, hits, plain_hits, strict=True):
        ours[case.slice].append((logit > bound, logit >= scorer.family_search, plain > plain_bound))
    # Of a chain everybody is screened; one hit among them is enough, and each is a chance of a false alarm.
    links = [name for chain in chains for name in chain]
    hits, plain_hits = _best(links, index, scorer)
    size = len(chains[0])
    for at in range(len(chains)):
        part, plain_part = (float(one[at * size : (at + 1) * size].max()) for one in (hits, plain_hits))
        ours["chain of owners"].append((part > bound, part >= scorer.family_search, plain_part > plain_bound))
    for title, logit, plain in _parents(index, scorer):
        ours[title].append((logit > bound, logit >= scorer.family_search, plain > plain_bound))
    recall, shipped, plain_recall = (
        {name: float(np.mean([one[at] for one in told])) for name, told in ours.items()} for at in range(3)
    )
    return PartyResults(
        unlisted=len(innocent),
        excluded=[name for name in measured if name not in kept],
        alarms=float((alarms >= scorer.family_search).mean()),
        recall=recall,
        shipped_recall=shipped,
        plain_recall=plain_recall,
        counts={name: len(told) for name, told in ours.items()},
    )


def _best(
    names: Sequence[str], index: Index, scorer: Scorer, *, without: Sequence[str] = ()
) -> tuple[Doubles, Doubles]:
    """The best score of each name among all lists, by the scorer and by rapidfuzz."""
    found, plain = np.full(len(names), -99.0), np.zeros(len(names))
    queries = [normal(name, ORGANISATION) for name in names]
    for number, (query, candidates) in enumerate(
        zip(queries, index.blocks.find(queries, most=MOST, least=LEAST), strict=True)
    ):
        at = [int(i) for i in candidates.at if not without or index.owners[i].entry_id != without[number]]
        if at:
            rows = [compare(query, index.names[i], kind=ORGANISATION, rarity=scorer.rarity) for i in at]
            found[number] = scorer.family.logits(np.array(rows)).max()
            if any(is_equal(query, index.names[i]) for i in at):
                found[number] = max(found[number], EQUAL)
            plain[number] = max(fuzz.token_sort_ratio(query.text, index.names[i].text) for i in at)
    return found, plain


def _chains(innocent: Sequence[str], *, seed: int) -> list[tuple[str, ...]]:
    """Companies whose owner's owner is listed, written in another way: the company, its owner, and his."""
    draw = random.Random(seed)
    tested = wanted(halves().test)
    fit = [entry for entry in tested if len(normal(entry.names[0], ORGANISATION).compact) >= 6]
    found: list[tuple[str, ...]] = []
    for entry in draw.sample(fit, min(EACH, len(fit))):
        written = draw.choice((perturb.reform, perturb.recase, perturb.respell_words, perturb.dots, perturb.edit))
        found.append((draw.choice(innocent), draw.choice(innocent), written(draw, entry.names[0])))
    return found


def _parents(index: Index, scorer: Scorer) -> list[tuple[str, float, float]]:
    """Real parents: as the 1260H list writes the parent of a company, looked for without that company's own entry."""
    known = {name.ordered for name in index.names}
    listed: list[Entry] = []
    parents: list[str] = []
    for entry in entries()["1260h"]:
        _, is_owned, parent = entry.programme.partition(", parent ")
        if is_owned and normal(parent, ORGANISATION).ordered in known:
            listed.append(entry)
            parents.append(parent)
    ours, plain = _best(parents, index, scorer, without=[entry.entry_id for entry in listed])
    return [("real parents", float(one), float(other)) for one, other in zip(ours, plain, strict=True)]
