# SPDX-License-Identifier: Apache-2.0
"""A name in the form in which names are compared: folded to small Latin letters, legal form and filler set apart.

``rigour`` knows legal forms, honorifics, ordinals and the many spellings of personal names; what it leaves in another
script is transliterated, and what Chinese, Russian and Arabic company names are made of is translated first, since
``科技`` on one side is "technology" on the other and not "ke ji".
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from rigour.names import analyze_names
from rigour.names.name import Name
from rigour.names.tag import NamePartTag, NameTypeTag
from rigour.text.translit import ascii_text

from stillwatch.access.screening.entry import Kind
from stillwatch.access.screening.words import ABBREVIATIONS, FILLER, FOREIGN, FORMS

CACHED = 120_000
"""Names whose form is kept: those of every list, and those that are screened again and again."""

_TAGS = {
    Kind.PERSON: NameTypeTag.PER,
    Kind.ORGANISATION: NameTypeTag.ORG,
    Kind.THING: NameTypeTag.OBJ,
    Kind.UNKNOWN: NameTypeTag.ENT,
}
_FOREIGN = re.compile("|".join(sorted(map(re.escape, FOREIGN), key=len, reverse=True)))
_NOT_LATIN = re.compile(r"[^\x00-\u024f\u1e00-\u1eff\u2000-\u206f]")
_DOTTED = re.compile(r"\b(?:\w\.){2,}")
_WORD = re.compile(r"[a-z0-9]+")
_CLASSES = str.maketrans(
    {"q": "k", "g": "k", "c": "k", "x": "k", "z": "s", "j": "s", "v": "b", "w": "b", "p": "b", "f": "b", "d": "t"}
)
_SOUNDS = (("sch", "s"), ("tch", "s"), ("ch", "s"), ("sh", "s"), ("zh", "s"), ("kh", "k"), ("gh", "k"), ("ph", "f"))
_SILENT = re.compile(r"[aeiouyh']+")
_REPEATED = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True)
class Normal:
    """A name, ready to be compared. Two names that fold to the same tokens are the same for every purpose here."""

    tokens: tuple[str, ...]
    """Its words in order, small Latin letters and digits, without legal form, honorific and filler. Never empty, unless
    the name holds no letter or digit at all."""
    legal: frozenset[str]
    """Its legal forms in their most general spelling: ``llc``, ``jsc``, ..."""
    symbols: tuple[frozenset[str], ...]
    """For each token, what it is known to mean: spellings of one personal name share one."""
    places: frozenset[str]
    """Countries and regions in it."""
    numbers: frozenset[str]
    """Ordinals and numbers in it."""
    is_foreign: bool
    """It came in another script than Latin."""
    text: str = field(init=False)
    """The tokens with spaces between."""
    ordered: str = field(init=False)
    """The tokens in alphabetical order, with spaces between."""
    compact: str = field(init=False)
    """The tokens without spaces."""
    skeletons: tuple[str, ...] = field(init=False)
    """Each token's consonants, those that transliterations confuse made equal; the token itself where none is left."""
    skeleton: str = field(init=False)
    """All of them, in alphabetical order."""
    grams: frozenset[str] = field(init=False)
    """Groups of three letters: within the name without spaces, and at both ends of each word; and each skeleton."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", " ".join(self.tokens))
        object.__setattr__(self, "ordered", " ".join(sorted(self.tokens)))
        object.__setattr__(self, "compact", "".join(self.tokens))
        object.__setattr__(self, "skeletons", tuple(map(_skeleton, self.tokens)))
        object.__setattr__(self, "skeleton", " ".join(sorted(self.skeletons)))
        object.__setattr__(self, "grams", _grams(self))


@lru_cache(maxsize=CACHED)
def normal(name: str, kind: Kind) -> Normal:
    """Give the form in which a name of this kind is compared.

    Args:
        name: In any script.
        kind: An organisation's legal form and a person's honorifics are set apart; of an unknown one, legal forms.
    """
    is_foreign = _NOT_LATIN.search(name) is not None
    prepared = _DOTTED.sub(lambda found: found[0].replace(".", ""), name)
    if is_foreign and kind is not Kind.PERSON:
        prepared = _FOREIGN.sub(lambda found: f" {FOREIGN[found[0]]} ", prepared.casefold())
    if is_foreign:
        prepared = ascii_text(prepared)
    found = sorted(analyze_names(_TAGS[kind], [prepared], phonetics=False), key=lambda one: one.form)
    if not found:
        words = tuple(_WORD.findall(ascii_text(name).lower()))
        return Normal(words, frozenset(), (frozenset(),) * len(words), frozenset(), frozenset(), is_foreign)
    return _of(found[0], kind, is_foreign=is_foreign)


def _of(name: Name, kind: Kind, *, is_foreign: bool) -> Normal:
    known: dict[int, set[str]] = {}
    legal: set[str] = set()
    places: set[str] = set()
    numbers: set[str] = set()
    for span in name.spans:
        category, meaning = span.symbol.category.value, span.symbol.id
        if category == "ORGCLS":
            legal.add(meaning.lower())
        elif category == "LOC":
            places.add(meaning)
        elif category == "NUM":
            numbers.add(meaning)
        for part in span.parts:
            known.setdefault(part.index, set()).add(f"{category}:{meaning}")
    whole: list[tuple[str, frozenset[str]]] = []
    kept: list[tuple[str, frozenset[str]]] = []
    for part in name.parts:
        symbols = frozenset(known.get(part.index, ()))
        folded = _WORD.findall((part.ascii or ascii_text(part.form)).lower())
        for word in folded:
            one = (ABBREVIATIONS.get(word, word) if kind is not Kind.PERSON else word, symbols)
            whole.append(one)
            if part.tag is NamePartTag.LEGAL:
                continue
            # A person's "A." is an initial and his "van" a part of the name; a syllable read off a character is
            # no filler.
            if kind is not Kind.PERSON and (word in FORMS or (word in FILLER and not is_foreign)):
                continue
            kept.append(one)
    # A name of nothing but filler ("The Limited Company") is compared by its filler.
    used = kept or whole
    return Normal(
        tuple(word for word, _ in used),
        frozenset(legal),
        tuple(symbols for _, symbols in used),
        frozenset(places),
        frozenset(numbers),
        is_foreign,
    )


def _grams(name: Normal) -> frozenset[str]:
    compact = name.compact
    found = {compact[i : i + 3] for i in range(len(compact) - 2)}
    for token, skeleton in zip(name.tokens, name.skeletons, strict=True):
        found |= {f" {token[:2]}", f"{token[-2:]} "}
        if len(skeleton) > 1:
            found.add(f"#{skeleton}")
    return frozenset(found)


@lru_cache(maxsize=CACHED)
def _skeleton(token: str) -> str:
    folded = token
    for sound, sign in _SOUNDS:
        folded = folded.replace(sound, sign)
    folded = _REPEATED.sub(r"\1", _SILENT.sub("", folded.translate(_CLASSES)))
    return folded or token
