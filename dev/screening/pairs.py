# SPDX-License-Identifier: Apache-2.0
"""Pairs of names to learn from: the same party written in two ways, and two parties whose names look alike."""

import random
from collections.abc import Collection, Sequence
from typing import NamedTuple

from dev.screening import perturb
from rapidfuzz import fuzz

from stillwatch.access.screening.entry import Entry, Kind
from stillwatch.access.screening.normalise import normal


class Pair(NamedTuple):
    """Two names, and whether they are one party's."""

    query: str
    listed: str
    kind: Kind
    is_same: bool


def alike_pairs(
    entries: Sequence[Entry], *, kind: Kind, count: int, seed: int, avoid: Collection[str] = ()
) -> list[Pair]:
    """Half pairs of one party, half of two.

    Args:
        entries: Of public lists.
        kind: PERSON or ORGANISATION.
        count: Pairs, about.
        seed: Of the draws.
        avoid: Folded names of a test set: an entry that bears one of them, or nearly, is left out.
    """
    draw = random.Random(seed)  # noqa: S311 - a seeded draw, not a secret
    fit = [entry for entry in entries if entry.kind is kind]
    fit = [entry for entry in fit if not any(_key(name, kind) in avoid for name in entry.names)]
    draw.shuffle(fit)
    words = [word for entry in fit for word in perturb.words_of(entry.names[0].replace(",", "")) if len(word) > 2]
    pairs: list[Pair] = []
    while len(pairs) < count:
        entry = draw.choice(fit)
        name = _plain(draw.choice(entry.names), kind)
        if len(name) < 4 or len(name) > 120:
            continue
        pairs.append(Pair(_same(draw, name, entry, words, kind), name, kind, is_same=True))
        other = _other(draw, name, words, kind)
        if other is not None:
            pairs.append(Pair(other, name, kind, is_same=False))
    return pairs


def _same(draw: random.Random, name: str, entry: Entry, words: Sequence[str], kind: Kind) -> str:
    if len(entry.names) > 1 and draw.random() < 0.25:
        other = _plain(draw.choice(entry.names), kind)
        # An alias may be another name altogether (a nom de guerre): that is the list's to know, and no pair to learn.
        if other != name and fuzz.token_sort_ratio(other.lower(), name.lower()) >= 62:
            return other
    changes = perturb.PERSON_CHANGES if kind is Kind.PERSON else perturb.ORGANISATION_CHANGES
    if kind is Kind.PERSON and draw.random() < 0.15:
        return perturb.add_middle(draw, name, words)
    for _ in range(1 + (draw.random() < 0.25)):
        name = draw.choice(changes)(draw, name)
    return name


def _other(draw: random.Random, name: str, words: Sequence[str], kind: Kind) -> str | None:
    chance = draw.random()
    if kind is Kind.PERSON and chance < 0.12:
        return perturb.retail(draw, name)
    if kind is Kind.ORGANISATION and chance < 0.2:
        return perturb.subsidiary(draw, name)
    near = _nearest(draw, name, words) if chance < 0.6 else words
    changed = perturb.replace_word(draw, name, near)
    if changed is not None and draw.random() < 0.2:
        changed = draw.choice((perturb.respell, perturb.recase, perturb.edit))(draw, changed)
    return changed


def _nearest(draw: random.Random, name: str, words: Sequence[str]) -> Sequence[str]:
    """Words that begin or end like one of the name's: the mistakes that are hardest to tell from a slip."""
    own = draw.choice(perturb.words_of(name)).lower()
    sample = draw.sample(words, min(len(words), 400))
    near = [word for word in sample if word[:1].lower() == own[:1] or word[-3:].lower() == own[-3:]]
    return near or words


def _plain(name: str, kind: Kind) -> str:
    """Of a person, the given names first, as people write them, where the list puts the family name first."""
    if kind is Kind.PERSON and name.count(",") == 1:
        family, given = name.split(",")
        return f"{given.strip()} {family.strip()}"
    return name


def _key(name: str, kind: Kind) -> str:
    return normal(name, kind).ordered


def keys_of(names: Collection[str], kind: Kind) -> set[str]:
    """What ``avoid`` wants of names."""
    return {_key(name, kind) for name in names}
