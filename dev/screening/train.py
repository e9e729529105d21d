# SPDX-License-Identifier: Apache-2.0
"""Makes ``src/stillwatch/access/screening/scorer.json``, the same to the last bit wherever it runs.

    STILLWATCH_SHARED=... bench/.work/venv-screening/bin/python dev/screening/companies.py > companies.json
    STILLWATCH_SHARED=... python -m dev.screening.train companies.json [--check]

``same`` is learnt from pairs made of the UN's and OFAC's persons and of every list's organisations, and from the
labelled
cases of name_bench (MIT). ``family`` is learnt from six tenths of the lists' organisations, against names that nobody
listed; the other four tenths, and names composed of other words, are what the bench measures on. The bounds are set on
names that neither was learnt from nor is measured on.
"""

import csv
import hashlib
import json
import math
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from dev.screening import innocents, perturb
from dev.screening.boosting import Plan, grow
from dev.screening.lists import FILES, entries, folder
from dev.screening.organisations import SLICES, Change, cases, chinese, halves
from dev.screening.pairs import Pair, alike_pairs, keys_of

from stillwatch.access.screening.blocking import Blocks
from stillwatch.access.screening.entry import Kind
from stillwatch.access.screening.features import COUNT, NAMES, Rarity, compare
from stillwatch.access.screening.normalise import normal
from stillwatch.access.screening.scorer import ForestFile, Provenance, ScorerFile
from stillwatch.access.screening.trees import Doubles, Forest

TARGET = Path(__file__).resolve().parents[2] / "src" / "stillwatch" / "access" / "screening" / "scorer.json"
ORGANISATION = Kind.ORGANISATION
WORDS, GRAMS = 5_000, 8_000
SAME_PLAN = Plan(trees=120, depth=4)
FAMILY_PLAN = Plan(trees=350, depth=5, rate=0.08)
BENCH_WEIGHT = 0.5
"""Weight of all labelled cases together, against that of all composed pairs."""
MOST, LEAST = 30, 0.3
REGISTERED_LEARNT, REGISTERED_BOUNDED = 0.25, 0.4
"""Of the registered companies, the share that is learnt from, and that or bounds are set on."""
ALARMS = 0.0005
"""Alarms an unlisted name that the bound is set for: half of what is promised, since other names will come."""


class Names(NamedTuple):
    """Names that nobody listed, by what they are for."""

    learnt: list[str]
    bounded: list[str]
    """For setting bounds."""
    measured: list[str]


def share_of(text: str) -> float:
    """A number in [0, 1) that a text always has."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 2**32


def names_of(companies: Path) -> Names:
    """Read what ``companies.py`` printed, and add what is composed."""
    told = json.loads(companies.read_text())
    learnt: list[str] = []
    bounded: list[str] = []
    measured: list[str] = []
    for name in told["registered"]:
        share = share_of(name)
        (learnt if share < REGISTERED_LEARNT else bounded if share < REGISTERED_BOUNDED else measured).append(name)
    for locale, names in told["invented"].items():
        if locale not in told["learnt"]:
            measured += names
            continue
        bounded += [name for name in names if share_of(name) < 0.5]
        learnt += [name for name in names if share_of(name) >= 0.5]
    listed = [entry.names[0] for entry in halves().train]
    return Names(
        learnt + innocents.composed(2_500, half=0, seed=5) + innocents.recombined(listed, 2_500, seed=6),
        bounded + innocents.composed(3_000, half=0, seed=8),
        measured + innocents.composed(9_500, half=1, seed=7),
    )


def rarity_of(listed: Sequence[str], unlisted: Sequence[str]) -> Rarity:
    """Count words and groups of letters.

    Args:
        listed: Organisations that are learnt from. They count a quarter: a word that many listed companies bear and
        hardly
            anybody else ("Gazprom") tells much.
        unlisted: Names that nobody listed, and that are not measured on.
    """
    words: Counter[str] = Counter()
    grams: Counter[str] = Counter()
    persons = [entry.names[0] for name in ("un", "ofac") for entry in entries()[name] if entry.kind is Kind.PERSON]
    for names, kind, times in ((listed, ORGANISATION, 1), (unlisted, ORGANISATION, 4), (persons, Kind.PERSON, 4)):
        for name in names:
            folded = normal(name, kind)
            words.update(dict.fromkeys(folded.tokens, times))
            grams.update(dict.fromkeys(folded.grams, times))
    whole = math.log(1 + len(listed) / 4 + len(unlisted) + len(persons))
    return Rarity(
        {word: round(max(0.05, 1 - 1.3 * math.log(1 + count / 4) / whole), 3) for word, count in _most(words, WORDS)},
        {gram: round(max(0.02, 1 - math.log(1 + count / 4) / whole), 3) for gram, count in _most(grams, GRAMS)},
    )


def _most(counted: Counter[str], most: int) -> list[tuple[str, int]]:
    """The commonest, ties in the order of the alphabet."""
    return sorted(counted.items(), key=lambda one: (-one[1], one[0]))[:most]


class Index:
    """Every name that an organisation is looked for among, as training and measuring see it."""

    def __init__(self, rarity: Rarity) -> None:
        every = [entry for found in entries().values() for entry in found if entry.kind in {ORGANISATION, Kind.UNKNOWN}]
        self.owners = [entry for entry in every for _ in entry.names]
        self.names = [normal(name, ORGANISATION) for entry in every for name in entry.names]
        self.blocks = Blocks(self.names)
        self.known = {name.ordered for name in self.names}
        self.rarity = rarity

    def unlisted(self, names: Sequence[str]) -> list[str]:
        """The names that are not, folded, a listed name themselves."""
        return [name for name in names if normal(name, ORGANISATION).ordered not in self.known]

    def rows(self, name: str, *, most: int, without: frozenset[str]) -> list[list[float]]:
        """The features of a name against its candidates, those of some entries left out."""
        query = normal(name, ORGANISATION)
        (found,) = self.blocks.find([query], most=MOST, least=LEAST)
        at = [int(i) for i in found.at if self.owners[i].entry_id not in without][:most]
        return [compare(query, self.names[i], kind=ORGANISATION, rarity=self.rarity) for i in at]


def rows_of(pairs: Sequence[Pair], rarity: Rarity) -> Doubles:
    """The features of pairs, (N, F)."""
    rows = [
        compare(normal(pair.query, pair.kind), normal(pair.listed, pair.kind), kind=pair.kind, rarity=rarity)
        for pair in pairs
    ]
    return np.array(rows).reshape(-1, COUNT)


def bench_pairs() -> tuple[list[Pair], list[str]]:
    """The labelled cases of name_bench, and each one's group."""
    kinds = {"Person": Kind.PERSON, "Vessel": Kind.THING}
    with (folder() / "name_bench_cases.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    pairs = [
        Pair(row["name1"], row["name2"], kinds.get(row["schema"], ORGANISATION), row["is_match"] == "true")
        for row in rows
    ]
    return pairs, [row["case_group"] for row in rows]


def composed_pairs() -> list[Pair]:
    """Pairs made of public lists; no entry that bears a name of the labelled cases is among them."""
    labelled, _ = bench_pairs()
    tested = [name for pair in labelled for name in (pair.query, pair.listed)]
    avoid = keys_of(tested, Kind.PERSON) | keys_of(tested, ORGANISATION)
    persons = [entry for name in ("un", "ofac") for entry in entries()[name]]
    organisations = halves().train
    return [
        *alike_pairs(persons, kind=Kind.PERSON, count=6_000, seed=1, avoid=avoid),
        *alike_pairs(organisations, kind=ORGANISATION, count=4_000, seed=2, avoid=avoid),
    ]


def same_forest(labelled: Doubles, labels: Doubles, composed: Doubles, composed_labels: Doubles) -> Forest:
    """Learn ``same``."""
    weight = BENCH_WEIGHT * len(composed) / max(1, len(labelled))
    return grow(
        np.vstack([labelled, composed]),
        np.concatenate([labels, composed_labels]),
        np.concatenate([np.full(len(labelled), weight), np.ones(len(composed))]),
        SAME_PLAN,
    )


def best_bound(logits: Doubles, labels: Doubles) -> float:
    """The bound at which F1 is best."""
    bounds = np.unique(logits)
    return float(bounds[int(np.argmax([f1(logits >= bound, labels) for bound in bounds]))])


def f1(told: npt.NDArray[np.bool_], labels: Doubles) -> float:
    """The harmonic mean of precision and recall."""
    hits = float((told & (labels > 0)).sum())
    return 2 * hits / max(1.0, float(told.sum()) + float((labels > 0).sum()))


def family_forest(index: Index, names: Sequence[str], say: Callable[[str], None]) -> tuple[Forest, dict[str, int]]:
    """Learn ``family``."""
    draw = random.Random(11)  # noqa: S311 - a seeded draw, not a secret
    both = halves()
    learnt = [entry for entry in both.train if len(normal(entry.names[0], ORGANISATION).compact) >= 4]
    positives = [
        compare(
            normal(case.query, ORGANISATION),
            normal(case.entry.names[0], ORGANISATION),
            kind=ORGANISATION,
            rarity=index.rarity,
        )
        for case in cases(learnt, each=2_000, seed=21)
    ]
    say(f"{len(positives):,} names that are to be found")
    tested = frozenset(entry.entry_id for entry in both.test)
    negatives: list[list[float]] = []
    owners: list[int] = []
    clean = index.unlisted(names)
    varied = [_varied(draw, name) for _ in range(2) for name in clean]
    for number, name in enumerate([*clean, *index.unlisted(varied)]):
        candidates = index.rows(name, most=10, without=tested)
        negatives += candidates
        owners += [number] * len(candidates)
    say(f"{len(negatives):,} candidates of names that nobody listed")
    others = [
        pair
        for pair in alike_pairs(learnt, kind=ORGANISATION, count=6_000, seed=31)
        if not pair.is_same and not _bears(pair.query, pair.listed)
    ]
    extra = rows_of(others, index.rarity)
    rows = np.vstack([np.array(positives), np.array(negatives), extra])
    labels = np.concatenate([np.ones(len(positives)), np.zeros(len(negatives) + len(extra))])
    first = grow(rows, labels, np.ones(len(rows)), Plan(trees=40, depth=4))
    weights = np.concatenate(
        [np.ones(len(positives)), _weights(first.logits(np.array(negatives)), np.array(owners)), np.ones(len(extra))]
    )
    # The many candidates that are nothing like the name teach little: every fifth stands for all.
    kept = (weights > 0.5) | (np.arange(len(weights)) % 5 == 0)
    counts = {"family_found": len(positives), "family_unlisted": len(negatives), "family_others": len(extra)}
    return grow(rows[kept], labels[kept], weights[kept], FAMILY_PLAN), counts


def _weights(logits: Doubles, owners: npt.NDArray[np.int64]) -> Doubles:
    """The candidate most like each name weighs most: it decides whether there is an alarm."""
    order = np.lexsort((-logits, owners))
    starts = np.concatenate([[True], owners[order][1:] != owners[order][:-1]])
    rank = np.arange(len(order)) - np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))
    weights = np.zeros(len(logits))
    weights[order] = np.where(rank == 0, 2.0, np.where(rank < 4, 1.0, 0.1))
    return weights


def _varied(draw: random.Random, name: str) -> str:
    changes: list[Change] = [*SLICES.values(), perturb.cyrillic, lambda _, name: chinese(name) or name]
    for _ in range(1 + (draw.random() < 0.3)):
        name = draw.choice(changes)(draw, name)
    return name


def _bears(query: str, listed: str) -> bool:
    return set(normal(listed, ORGANISATION).tokens) <= set(normal(query, ORGANISATION).tokens)


def alarm_bound(forest: Forest, index: Index, names: Sequence[str]) -> float:
    """The bound that only so many of these names exceed."""
    best = [
        float(forest.logits(np.array(rows)).max())
        if (rows := index.rows(name, most=MOST, without=frozenset()))
        else -99.0
        for name in index.unlisted(names)
    ]
    return float(np.quantile(np.array(best), 1 - ALARMS, method="higher"))


def person_bound(forest: Forest, rarity: Rarity) -> float:
    """The bound that one in a hundred invented persons exceeds whose names are words of listed persons' names."""
    persons = [entry for name in ("un", "ofac") for entry in entries()[name] if entry.kind is Kind.PERSON]
    listed = [normal(name, Kind.PERSON) for entry in persons for name in entry.names]
    known = {name.ordered for name in listed}
    plain = [_given_first(entry.names[0]) for entry in persons]
    invented = [normal(name, Kind.PERSON) for name in innocents.recombined(plain, 2_000, seed=9)]
    invented = [name for name in invented if name.ordered not in known]
    best = []
    for query, found in zip(invented, Blocks(listed).find(invented, most=MOST, least=LEAST), strict=True):
        rows = [compare(query, listed[i], kind=Kind.PERSON, rarity=rarity) for i in found.at]
        best.append(float(forest.logits(np.array(rows)).max()) if rows else -99.0)
    return float(np.quantile(np.array(best), 0.99, method="higher"))


def _given_first(name: str) -> str:
    family, _, given = name.partition(",")
    return f"{given.strip()} {family.strip()}".strip()


def rounded(forest: Forest) -> ForestFile:
    """The forest as it is stored, six digits after the point."""
    return ForestFile(
        features=forest.features.tolist(),
        bounds=[[None if math.isinf(bound) else round(bound, 6) for bound in tree] for tree in forest.bounds.tolist()],
        leaves=[[round(leaf, 6) for leaf in tree] for tree in forest.leaves.tolist()],
        bias=round(forest.bias, 6),
    )


def trained(companies: Path, say: Callable[[str], None]) -> bytes:
    """The file's bytes."""
    names = names_of(companies)
    rarity = rarity_of([entry.names[0] for entry in halves().train], [*names.learnt, *names.bounded])
    say("rarity counted")
    labelled, _ = bench_pairs()
    composed = composed_pairs()
    ours, theirs = rows_of(labelled, rarity), rows_of(composed, rarity)
    labels, composed_labels = (np.array([pair.is_same for pair in pairs], float) for pairs in (labelled, composed))
    same = rounded(same_forest(ours, labels, theirs, composed_labels))
    say("same is learnt")
    index = Index(rarity)
    forest, counts = family_forest(index, names.learnt, say)
    family = rounded(forest)
    say("family is learnt")
    sources = [folder() / file for _, files in FILES.values() for file in files]
    sources += [folder() / "name_bench_cases.csv", companies]
    file = ScorerFile(
        provenance=Provenance(
            made_by="python -m dev.screening.train",
            lists={path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sources},
            pairs={"same_labelled": len(labelled), "same_composed": len(composed), **counts},
            rigour=version("rigour"),
            rapidfuzz=version("rapidfuzz"),
        ),
        features=list(NAMES),
        words=dict(rarity.words),
        grams=dict(rarity.grams),
        same=same,
        family=family,
        same_pair=round(best_bound(same.forest().logits(ours), labels), 4),
        same_search=round(person_bound(same.forest(), rarity), 4),
        family_search=round(alarm_bound(family.forest(), index, names.bounded), 4),
    )
    return msgspec.json.encode(file) + b"\n"


def main() -> int:
    """Write the file, or with ``--check`` compare it."""
    data = trained(Path(sys.argv[1]), lambda what: print(what, flush=True))
    if "--check" in sys.argv:
        is_same = TARGET.read_bytes() == data
        print("the same to the last bit" if is_same else "another: something that it is made of has changed")
        return 0 if is_same else 1
    TARGET.write_bytes(data)
    print(f"{TARGET.name}: {len(data):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
