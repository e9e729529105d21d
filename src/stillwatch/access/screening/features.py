# SPDX-License-Identifier: Apache-2.0
"""What two names have in common, as numbers: the scorer's input. Every one is documented in ``NAMES``.

Words are aligned one to one, best pair first; how much a word counts is its rarity, since "Technology" in common says
nothing and "Zhejiang Dahua" nearly all.
"""

from collections.abc import Mapping
from math import fsum
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler, Levenshtein

from stillwatch.access.screening.entry import Kind
from stillwatch.access.screening.normalise import Normal

Doubles = npt.NDArray[np.float64]

NAMES = MappingProxyType(
    {
        "ratio": "edit similarity of the whole names",
        "sorted_ratio": "the same, words in alphabetical order",
        "set_ratio": "the same, of what is common against each name",
        "partial_ratio": "best edit similarity of the shorter one within the longer",
        "compact_ratio": "edit similarity without spaces",
        "jaro_winkler": "Jaro-Winkler similarity without spaces",
        "skeleton_ratio": "edit similarity of the consonants, words in order of the alphabet",
        "same_order": "edit similarity of the aligned words in their own order",
        "cover_query": "share of the query's rarity that is aligned",
        "cover_listed": "share of the listed name's rarity that is aligned",
        "cover_low": "the smaller of the two",
        "exact_query": "share of the query's rarity in words that are the same",
        "exact_listed": "share of the listed name's rarity in words that are the same",
        "worst_aligned": "similarity of the worst aligned pair",
        "mean_aligned": "mean similarity of the aligned pairs, by rarity",
        "worst_distance": "edits of the worst aligned pair",
        "worst_length": "letters of its shorter word",
        "worst_skeleton": "similarity of its consonants",
        "worst_first": "its first letters are the same",
        "worst_last": "its last letters are the same",
        "worst_jaro": "Jaro-Winkler similarity of its words",
        "alone_query": "words of the query that nothing is aligned with",
        "alone_listed": "words of the listed name that nothing is aligned with",
        "alone_low": "the smaller of the two",
        "rarest_alone_query": "rarity of the rarest of them in the query",
        "rarest_alone_listed": "and in the listed name",
        "told_alone_query": "rarity of the query's words that nothing is aligned with, without places and trades",
        "told_alone_listed": "and of the listed name's",
        "rarest_common": "rarity of the rarest aligned word",
        "common_rarity": "rarity of all aligned words together, less for those that only look alike",
        "rarest_query": "similarity of the query's rarest word to what it is aligned with, 0 where with nothing",
        "rarest_listed": "and of the listed name's rarest word",
        "grams_query": "share of the query's groups of three letters, by rarity, that the listed name has too",
        "grams_listed": "and of the listed name's",
        "grams_common": "rarity of the groups in common",
        "common_length": "letters in aligned words",
        "words_low": "words of the shorter name",
        "words_high": "words of the longer name",
        "letters_low": "letters of the shorter name",
        "first_words": "similarity of the first words",
        "last_words": "similarity of the last words",
        "initials": "aligned pairs of an initial and a word",
        "meanings": "aligned pairs that differ in letters and share a meaning",
        "legal": "legal forms: 1 share one, -1 both have others, 0 else",
        "places": "places: 1 share one, -1 both have others, 0 else",
        "numbers": "numbers: 1 the same, -1 others on both sides, -0.5 on one side only, 0 none",
        "acronym": "the one is the initials of the other",
        "is_person": "both are names of persons",
        "is_foreign": "one of them came in another script than Latin",
    }
)
"""Every feature, in order, and what it is."""
COUNT = len(NAMES)

ALIKE = 0.55
"""Similarity from which two words may be aligned: "Sisi" and "Sirri" are, "Ali" and "Omar" are not."""


JOINED, MOST_JOINED = 5, 4
"""Letters of a word that neighbours may be joined to make, and how many of them."""


class Rarity:
    """How much a word tells apart: 1 for one that is on no list of common words, near 0 for the commonest.

    Args:
        words: Rarity of the common words.
        grams: Rarity of the common groups of letters.
    """

    __slots__ = ("grams", "words")

    def __init__(self, words: Mapping[str, float], grams: Mapping[str, float]) -> None:
        self.words = words
        self.grams = grams

    def of(self, token: str) -> float:
        """Give a word's rarity; a single letter or digit counts little whatever it is."""
        return self.words.get(token, 1.0 if len(token) > 2 else 0.35)


def compare(query: Normal, listed: Normal, *, kind: Kind, rarity: Rarity) -> list[float]:
    """Give the features of a pair, in the order of ``NAMES``.

    Args:
        query: The name that is screened.
        listed: The name on a list.
        kind: Of whom; PERSON where both are, or may be, persons.
        rarity: What words weigh.
    """
    ours, theirs = _joined(query, listed)
    if not ours or not theirs:
        return [0.0] * COUNT
    a, b = [word.token for word in ours], [word.token for word in theirs]
    weights_a, weights_b = [rarity.of(token) for token in a], [rarity.of(token) for token in b]
    pairs = _aligned(ours, theirs)
    common_a = sum(weights_a[i] for i, _, _, _ in pairs)
    common_b = sum(weights_b[j] for _, j, _, _ in pairs)
    total_a, total_b = sum(weights_a), sum(weights_b)
    same_a = sum(weights_a[i] for i, _, similarity, _ in pairs if similarity >= 1.0)
    same_b = sum(weights_b[j] for _, j, similarity, _ in pairs if similarity >= 1.0)
    used_a, used_b = {i for i, _, _, _ in pairs}, {j for _, j, _, _ in pairs}
    alone_a = [weight for i, weight in enumerate(weights_a) if i not in used_a]
    alone_b = [weight for j, weight in enumerate(weights_b) if j not in used_b]
    rarest_a, rarest_b = weights_a.index(max(weights_a)), weights_b.index(max(weights_b))
    gram = rarity.grams.get
    # fsum: a set has no order, and a sum in another order would differ in its last bits.
    grams_a, grams_b = (fsum(gram(one, 1.0) for one in name.grams) for name in (query, listed))
    grams_common = fsum(gram(one, 1.0) for one in query.grams & listed.grams)
    weight = sum(max(weights_a[i], weights_b[j]) for i, j, _, _ in pairs)
    mean = (
        sum(max(weights_a[i], weights_b[j]) * similarity for i, j, similarity, _ in pairs) / weight if weight else 0.0
    )
    worst = min(pairs, key=lambda one: one[2], default=None)
    word_a, word_b = (a[worst[0]], b[worst[1]]) if worst else ("", "")
    letters_a, letters_b = len(query.compact), len(listed.compact)
    return [
        fuzz.ratio(query.text, listed.text) / 100,
        fuzz.ratio(query.ordered, listed.ordered) / 100,
        fuzz.token_set_ratio(query.text, listed.text) / 100,
        fuzz.partial_ratio(query.text, listed.text) / 100,
        fuzz.ratio(query.compact, listed.compact) / 100,
        JaroWinkler.similarity(query.compact, listed.compact),
        fuzz.ratio(query.skeleton, listed.skeleton) / 100,
        _in_order(a, b, pairs),
        common_a / total_a,
        common_b / total_b,
        min(common_a / total_a, common_b / total_b),
        same_a / total_a,
        same_b / total_b,
        worst[2] if worst else 0.0,
        mean,
        float(Levenshtein.distance(word_a, word_b)),
        float(min(len(word_a), len(word_b))),
        Levenshtein.normalized_similarity(ours[worst[0]].skeleton, theirs[worst[1]].skeleton) if worst else 0.0,
        float(word_a[:1] == word_b[:1]),
        float(word_a[-1:] == word_b[-1:]),
        JaroWinkler.similarity(word_a, word_b),
        float(len(alone_a)),
        float(len(alone_b)),
        float(min(len(alone_a), len(alone_b))),
        max(alone_a, default=0.0),
        max(alone_b, default=0.0),
        sum(weight for i, weight in enumerate(weights_a) if i not in used_a and not _is_setting(ours[i].symbols)),
        sum(weight for j, weight in enumerate(weights_b) if j not in used_b and not _is_setting(theirs[j].symbols)),
        max((min(weights_a[i], weights_b[j]) for i, j, _, _ in pairs), default=0.0),
        sum(min(weights_a[i], weights_b[j]) * similarity**3 for i, j, similarity, _ in pairs),
        max((similarity for i, _, similarity, _ in pairs if i == rarest_a), default=0.0),
        max((similarity for _, j, similarity, _ in pairs if j == rarest_b), default=0.0),
        grams_common / grams_a,
        grams_common / grams_b,
        grams_common,
        float(sum(min(len(a[i]), len(b[j])) for i, j, _, _ in pairs)),
        float(min(len(a), len(b))),
        float(max(len(a), len(b))),
        float(min(letters_a, letters_b)),
        Levenshtein.normalized_similarity(a[0], b[0]),
        Levenshtein.normalized_similarity(a[-1], b[-1]),
        float(sum(how == "initial" for *_, how in pairs)),
        float(sum(how == "meaning" for *_, how in pairs)),
        _agreement(query.legal, listed.legal),
        _agreement(query.places, listed.places),
        _numbers(query.numbers, listed.numbers),
        _acronym(query, listed),
        float(kind is Kind.PERSON),
        float(query.is_foreign or listed.is_foreign),
    ]


def aligned_words(query: Normal, listed: Normal) -> list[tuple[str, str]]:
    """The pairs of words that were taken for each other, in the query's order: what a hit shows."""
    ours, theirs = _joined(query, listed)
    return [(ours[i].token, theirs[j].token) for i, j, _, _ in sorted(_aligned(ours, theirs))]


class _Word(NamedTuple):
    token: str
    symbols: frozenset[str]
    skeleton: str


def _joined(query: Normal, listed: Normal) -> tuple[list[_Word], list[_Word]]:
    """The words of both; neighbours that the other name writes as one word are one here too."""
    ours = list(map(_Word, query.tokens, query.symbols, query.skeletons))
    theirs = list(map(_Word, listed.tokens, listed.symbols, listed.skeletons))
    if query.tokens == listed.tokens:
        return ours, theirs
    return _joined_as(ours, query.tokens, listed.tokens), _joined_as(theirs, listed.tokens, query.tokens)


def _joined_as(words: list[_Word], tokens: tuple[str, ...], wanted: tuple[str, ...]) -> list[_Word]:
    if len(tokens) < 2:
        return words
    present = set(tokens)
    for target in wanted:
        if len(target) < JOINED or target in present:
            continue
        for start in range(len(words) - 1):
            whole = words[start].token
            for end in range(start + 1, min(start + MOST_JOINED, len(words))):
                whole += words[end].token
                if len(whole) > len(target) + 1:
                    break
                if whole == target or (
                    len(whole) >= len(target) - 1 and Levenshtein.distance(whole, target, score_cutoff=1) <= 1
                ):
                    skeleton = "".join(word.skeleton for word in words[start : end + 1])
                    return _joined_as(
                        [*words[:start], _Word(whole, frozenset(), skeleton), *words[end + 1 :]],
                        (*tokens[:start], whole, *tokens[end + 1 :]),
                        tuple(one for one in wanted if one != target),
                    )
    return words


def _aligned(ours: list[_Word], theirs: list[_Word]) -> list[tuple[int, int, float, str]]:
    """Pairs of words, each word in one pair at most: positions, similarity, and how they were found alike."""
    found = []
    for i, one in enumerate(ours):
        for j, other in enumerate(theirs):
            similarity, how = _likeness(one, other)
            if similarity >= ALIKE:
                found.append((similarity, -abs(i - j), i, j, how))
    found.sort(reverse=True)
    used_a: set[int] = set()
    used_b: set[int] = set()
    pairs = []
    for similarity, _, i, j, how in found:
        if i not in used_a and j not in used_b:
            used_a.add(i)
            used_b.add(j)
            pairs.append((i, j, similarity, how))
    return pairs


def _likeness(one: _Word, other: _Word) -> tuple[float, str]:
    """How alike two words are, and by what."""
    if one.token == other.token:
        return 1.0, "same"
    if len(one.token) == 1 or len(other.token) == 1:
        is_initial = one.token[0] == other.token[0] and not (one.token.isdigit() or other.token.isdigit())
        return (0.8, "initial") if is_initial else (0.0, "")
    if one.symbols and not one.symbols.isdisjoint(other.symbols):
        return 0.95, "meaning"
    similarity = Levenshtein.normalized_similarity(one.token, other.token, score_cutoff=0.4)
    if similarity and one.skeleton == other.skeleton:
        similarity = max(similarity, 0.85)
    return similarity, "spelling"


def _in_order(ours: list[str], theirs: list[str], pairs: list[tuple[int, int, float, str]]) -> float:
    if not pairs:
        return 0.0
    mine = "".join(ours[i] for i, _, _, _ in sorted(pairs))
    other = "".join(theirs[j] for _, j, _, _ in sorted(pairs, key=lambda one: one[1]))
    return fuzz.ratio(mine, other) / 100


def _is_setting(symbols: frozenset[str]) -> bool:
    """The word says where or in which trade, not who."""
    return any(symbol.startswith(("LOC:", "DOMAIN:")) for symbol in symbols)


def _agreement(ours: frozenset[str], theirs: frozenset[str]) -> float:
    if not ours or not theirs:
        return 0.0
    return -1.0 if ours.isdisjoint(theirs) else 1.0


def _numbers(ours: frozenset[str], theirs: frozenset[str]) -> float:
    if ours == theirs:
        return 1.0 if ours else 0.0
    return -1.0 if ours and theirs else -0.5


def _acronym(query: Normal, listed: Normal) -> float:
    short, long = sorted((query, listed), key=lambda one: len(one.tokens))
    if len(short.tokens) != 1 or len(long.tokens) < 3 or not 3 <= len(short.compact) <= 8:
        return 0.0
    return float("".join(token[0] for token in long.tokens).startswith(short.compact))
